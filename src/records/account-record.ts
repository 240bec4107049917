import type { Account } from '../domain/principal.ts';
import type { PublicAccessBlock } from '../domain/public-access-block.ts';
import type { Quota } from '../domain/quota.ts';
import type { RateLimits } from '../domain/rate-limits.ts';
import { packPublicAccessBlock, unpackPublicAccessBlock } from './public-access-fields.ts';
import { recordType } from './record-type.ts';
import { asIs, sparseFields } from './sparse-fields.ts';

/** Part of stored records. */
const uncountedCode = 2;

export interface AccountRecord extends Account, AccountAttributes {
  readonly createdAt: number;
  /** The switches of the account: they count for all its buckets. */
  readonly publicAccessBlock: PublicAccessBlock | undefined;
}

/** What most accounts lack. */
export interface AccountAttributes {
  /** What all buckets of the account may hold together; each bucket's record has a copy. */
  readonly quota?: Quota | undefined;
  readonly rateLimits?: RateLimits | undefined;
  /** The counters of its usage are not complete: it is older than they are. */
  readonly usageUncounted?: true | undefined;
  /** None of its keys works, and nobody reaches its buckets. */
  readonly disabled?: true | undefined;
  /** By which people sign in, in place of its number. */
  readonly alias?: string | undefined;
}

const attributes = sparseFields<AccountAttributes>({
  quota: asIs<Quota>(0),
  rateLimits: asIs<RateLimits>(1),
  usageUncounted: asIs<true>(uncountedCode),
  disabled: asIs<true>(3),
  alias: asIs<string>(4),
});

export const accountRecordType = recordType<AccountRecord>({
  name: 'account',
  version: 4,
  // Before 3 there was no usage of accounts; 4 has attributes that programs of before would not know.
  migrations: [(fields) => [...fields, null], (fields) => [...fields, [uncountedCode, true]], (fields) => fields],
  toFields: (a) => [
    a.accountId,
    a.canonicalId,
    a.displayName,
    a.email,
    a.createdAt,
    packPublicAccessBlock(a.publicAccessBlock),
    attributes.pack(a),
  ],
  fromFields: (f) => ({
    accountId: f[0] as string,
    canonicalId: f[1] as string,
    displayName: f[2] as string,
    email: f[3] as string,
    createdAt: f[4] as number,
    publicAccessBlock: unpackPublicAccessBlock(f[5]),
    ...attributes.unpack(f[6]),
  }),
});

export interface AccessKeyRecord {
  readonly accessKeyId: string;
  readonly accountId: string;
  /** The secret, sealed under the master key with the access key id as associated data. */
  readonly sealedSecret: Buffer;
  readonly status: 'active' | 'inactive';
  readonly createdAt: number;
  readonly rateLimits?: RateLimits | undefined;
  /** The user whom it speaks for; left out for the root of the account. */
  readonly userId?: string | undefined;
  /** Present for service accounts. */
  readonly serviceAccount?: ServiceAccountFields | undefined;
}

/** What a key has that is one program's alone. */
export interface ServiceAccountFields {
  readonly name: string;
  readonly description: string;
  /** The text of the policy that narrows what its user, or the root, may do; left out: all of it. */
  readonly policy?: string | undefined;
  /** In milliseconds since the epoch; left out: never. */
  readonly expiresAt?: number | undefined;
}

const keyAttributes = sparseFields<Pick<AccessKeyRecord, 'rateLimits' | 'userId' | 'serviceAccount'>>({
  rateLimits: asIs<RateLimits>(0),
  userId: asIs<string>(1),
  serviceAccount: {
    code: 2,
    pack: (s) => [s.name, s.description, s.policy ?? null, s.expiresAt ?? null],
    unpack(packed) {
      const [name, description, policy, expiresAt] = packed as [string, string, string | null, number | null];
      return {
        name,
        description,
        ...(policy === null ? {} : { policy }),
        ...(expiresAt === null ? {} : { expiresAt }),
      };
    },
  },
});

export const accessKeyRecordType = recordType<AccessKeyRecord>({
  name: 'access-key',
  version: 3,
  // Before 3 every key was the root's of its account.
  migrations: [(fields) => [...fields, null], (fields) => fields],
  toFields: (k) => [k.accessKeyId, k.accountId, k.sealedSecret, k.status, k.createdAt, keyAttributes.pack(k)],
  fromFields: (f) => ({
    accessKeyId: f[0] as string,
    accountId: f[1] as string,
    sealedSecret: f[2] as Buffer,
    status: f[3] as 'active' | 'inactive',
    createdAt: f[4] as number,
    ...keyAttributes.unpack(f[5]),
  }),
});
