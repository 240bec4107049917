import type { AppliedLimits } from './rate-limits.ts';

/** Who made a request. Anonymous requests are a principal of their own, which nothing is granted to by default. */
export type Principal =
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'account';
      readonly account: Account;
      readonly accessKeyId: string;
      /** What its requests are held to; left out where that is nothing. */
      readonly rateLimits?: AppliedLimits;
    };

/** An owner of buckets and objects, in S3's sense. */
export interface Account {
  /** 12 digits as on AWS, or 15 as other stores have it. */
  readonly accountId: string;
  /** 64 hexadecimal digits: what S3 shows as Owner ID. */
  readonly canonicalId: string;
  readonly displayName: string;
  readonly email: string;
}

export const anonymous: Principal = { kind: 'anonymous' };

/** Who owns what anonymous requests write: the id is the one that S3 shows. */
export const anonymousAccount: Account = {
  accountId: 'anonymous',
  canonicalId: '65a011a29cdf8ec533ec3d1ccaae921c',
  displayName: '',
  email: '',
};
