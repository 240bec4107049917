import type { Account } from './principal.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions */
export const aclPermissions = ['READ', 'WRITE', 'READ_ACP', 'WRITE_ACP', 'FULL_CONTROL'] as const;
export type AclPermission = (typeof aclPermissions)[number];

/** Everyone, everyone who has signed, and whoever delivers access logs. */
export type AclGroup = 'AllUsers' | 'AuthenticatedUsers' | 'LogDelivery';

export const groupUris: Readonly<Record<AclGroup, string>> = {
  AllUsers: 'http://acs.amazonaws.com/groups/global/AllUsers',
  AuthenticatedUsers: 'http://acs.amazonaws.com/groups/global/AuthenticatedUsers',
  LogDelivery: 'http://acs.amazonaws.com/groups/s3/LogDelivery',
};

export type Grantee =
  /** `id` is canonical; the account may be gone by now. */
  { readonly kind: 'account'; readonly id: string } | { readonly kind: 'group'; readonly group: AclGroup };

/** One line of an access control list; AWS calls it a grant. */
export interface AclEntry {
  readonly grantee: Grantee;
  readonly permission: AclPermission;
}

/**
 * An access control list. Undefined, where one is stored, is the usual one: full control for the owner. The owner may
 * read and write the list itself, whatever it says.
 */
export type Acl = readonly AclEntry[];

/** AWS's limit. */
export const maxAclEntries = 100;

export const cannedAcls = [
  'private',
  'public-read',
  'public-read-write',
  'authenticated-read',
  'aws-exec-read',
  'bucket-owner-read',
  'bucket-owner-full-control',
  'log-delivery-write',
] as const;
export type CannedAcl = (typeof cannedAcls)[number];

/** Who owns objects, and whether ACLs count. https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html */
export const objectOwnerships = ['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter'] as const;
export type ObjectOwnership = (typeof objectOwnerships)[number];

type Owner = Pick<Account, 'canonicalId'>;

/**
 * The list that a canned name stands for. `bucketOwner` is undefined for the ACL of a bucket. Names that
 * say nothing about this kind of resource add nothing, as in S3.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
 */
export function expandCannedAcl(canned: CannedAcl, owner: Owner, bucketOwner: Owner | undefined): Acl {
  const full: AclEntry = { grantee: { kind: 'account', id: owner.canonicalId }, permission: 'FULL_CONTROL' };
  const everyone = (permission: AclPermission): AclEntry => ({
    grantee: { kind: 'group', group: 'AllUsers' },
    permission,
  });
  const toBucketOwner = (permission: AclPermission): Acl =>
    bucketOwner === undefined || bucketOwner.canonicalId === owner.canonicalId
      ? [full]
      : [full, { grantee: { kind: 'account', id: bucketOwner.canonicalId }, permission }];
  const logDelivery = { kind: 'group', group: 'LogDelivery' } as const;
  switch (canned) {
    case 'private':
    case 'aws-exec-read':
      return [full];
    case 'public-read':
      return [full, everyone('READ')];
    case 'public-read-write':
      return [full, everyone('READ'), everyone('WRITE')];
    case 'authenticated-read':
      return [full, { grantee: { kind: 'group', group: 'AuthenticatedUsers' }, permission: 'READ' }];
    case 'bucket-owner-read':
      return toBucketOwner('READ');
    case 'bucket-owner-full-control':
      return toBucketOwner('FULL_CONTROL');
    case 'log-delivery-write':
      if (bucketOwner !== undefined) return [full];
      return [full, { grantee: logDelivery, permission: 'WRITE' }, { grantee: logDelivery, permission: 'READ_ACP' }];
  }
}

/** Whether a list is the usual one, which is not stored: full control for the owner, and nothing for others. */
export function isUsualAcl(acl: Acl, { canonicalId }: Owner): boolean {
  return acl.length === 1 && acl.every((entry) => entry.permission === 'FULL_CONTROL' && isAccount(entry, canonicalId));
}

/** Whether a list gives anything to anybody but the account with this canonical id. */
export function isShared(acl: Acl | undefined, canonicalId: string): boolean {
  return acl?.some((entry) => !isAccount(entry, canonicalId)) ?? false;
}

function isAccount({ grantee }: AclEntry, canonicalId: string): boolean {
  return grantee.kind === 'account' && grantee.id === canonicalId;
}

/** Whether a list names everyone, or everyone with an account: what Block Public Access calls public. */
export function isPublicAcl(acl: Acl | undefined): boolean {
  return acl?.some(({ grantee }) => isPublicGrantee(grantee)) ?? false;
}

function isPublicGrantee(grantee: Grantee): boolean {
  return grantee.kind === 'group' && grantee.group !== 'LogDelivery';
}

export interface AclQuestion {
  readonly acl: Acl | undefined;
  readonly ownerId: string;
  /** The asker's canonical id; undefined for anonymous ones. */
  readonly askerId: string | undefined;
  readonly permission: AclPermission;
  /** Block Public Access's switch: entries for everyone do not count. */
  readonly ignorePublic: boolean;
}

/** Whether the list gives the permission to who asks. */
export function aclAllows({ acl, ownerId, askerId, permission, ignorePublic }: AclQuestion): boolean {
  if (askerId === ownerId && (acl === undefined || permission === 'READ_ACP' || permission === 'WRITE_ACP'))
    return true;
  if (acl === undefined) return false;
  return acl.some(
    (entry) =>
      (entry.permission === permission || entry.permission === 'FULL_CONTROL') &&
      !(ignorePublic && isPublicGrantee(entry.grantee)) &&
      isMember(entry.grantee, askerId),
  );
}

function isMember(grantee: Grantee, askerId: string | undefined): boolean {
  if (grantee.kind === 'account') return grantee.id === askerId;
  return grantee.group === 'AllUsers' || (grantee.group === 'AuthenticatedUsers' && askerId !== undefined);
}
