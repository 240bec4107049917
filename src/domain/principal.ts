import type { IdentityRights } from './policy/identity-rights.ts';
import type { AppliedLimits } from './rate-limits.ts';
import type { Tag } from './tagging.ts';

/** Who made a request. Anonymous requests are a principal of their own, which nothing is granted to by default. */
export type Principal = { readonly kind: 'anonymous' } | SignedPrincipal;

/** Somebody whom an access key speaks for. Whatever the kind, what they own belongs to the account. */
export type SignedPrincipal = RootPrincipal | UserPrincipal | RoleSessionPrincipal | FederatedUserPrincipal;

interface Signed {
  readonly account: Account;
  readonly accessKeyId: string;
  /** What its requests are held to; left out where that is nothing. */
  readonly rateLimits?: AppliedLimits;
  /**
   * What policies say that it may do. Left out for the root of an account, unless its key narrows it: then everything
   * that the account may do is its to do. Never left out for anybody else.
   */
  readonly rights?: IdentityRights;
  /** Of temporary credentials. */
  readonly session?: SessionFacts;
}

/** The root of an account. */
export interface RootPrincipal extends Signed {
  readonly kind: 'account';
}

export interface UserPrincipal extends Signed {
  readonly kind: 'user';
  readonly rights: IdentityRights;
  /** `AIDA…` */
  readonly userId: string;
  readonly userName: string;
  /** `arn:aws:iam::123456789012:user/path/name` */
  readonly arn: string;
  readonly tags: readonly Tag[];
}

export interface RoleSessionPrincipal extends Signed {
  readonly kind: 'role-session';
  readonly rights: IdentityRights;
  readonly session: SessionFacts;
  /** `AROA…` */
  readonly roleId: string;
  /** `arn:aws:iam::123456789012:role/path/name` */
  readonly roleArn: string;
  readonly sessionName: string;
  /** `arn:aws:sts::123456789012:assumed-role/name/session` */
  readonly arn: string;
  /** The role's, and over them those of the session. */
  readonly tags: readonly Tag[];
}

export interface FederatedUserPrincipal extends Signed {
  readonly kind: 'federated-user';
  readonly rights: IdentityRights;
  readonly session: SessionFacts;
  readonly sessionName: string;
  /** `arn:aws:sts::123456789012:federated-user/name` */
  readonly arn: string;
  /** Of the user whose key asked for it; left out where that was the root. */
  readonly userArn?: string;
  readonly tags: readonly Tag[];
}

/** What is known of temporary credentials, beside whose they are. */
export interface SessionFacts {
  /** In milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** `sts:SourceIdentity`, which stays through chains of roles. */
  readonly sourceIdentity?: string;
  /** Who vouched for it: the ARN or the host of an identity provider. */
  readonly provider?: string;
  /** Tags that the next role in a chain inherits. */
  readonly transitiveTagKeys?: readonly string[];
  /** Condition keys that the identity provider stands for, in lower case: `id.example.com:sub`. */
  readonly claims?: Readonly<Record<string, readonly string[]>>;
}

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

/** The account that the first start makes. Its name is taken for good: names are unique, and it cannot be deleted. */
export const systemAccountName = 'root';

/** Whether the administrators of this account may be given rights over other tenants. */
export function isSystemAccount({ displayName }: Account): boolean {
  return displayName === systemAccountName;
}

/** The ARN that policies and logs know a principal by. */
export function arnOfPrincipal(principal: SignedPrincipal): string {
  return principal.kind === 'account' ? `arn:aws:iam::${principal.account.accountId}:root` : principal.arn;
}

/** `aws:userid`: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable */
export function userIdOf(principal: SignedPrincipal): string {
  switch (principal.kind) {
    case 'account':
      return principal.account.accountId;
    case 'user':
      return principal.userId;
    case 'role-session':
      return `${principal.roleId}:${principal.sessionName}`;
    case 'federated-user':
      return `${principal.account.accountId}:${principal.sessionName}`;
  }
}
