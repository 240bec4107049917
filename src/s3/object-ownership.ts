import { type Acl, type AclEntry, expandCannedAcl, isPublicAcl, isUsualAcl } from '../domain/acl.ts';
import { invalidArgument, StorageError } from '../domain/errors.ts';
import { type Account, anonymousAccount, type Principal } from '../domain/principal.ts';
import type { MaybePromise } from '../foundation/bytes.ts';
import type { BucketRecord } from '../records/bucket-record.ts';
import { writerOf } from './account-of.ts';
import type { NamedEntry, NamedGrantee, RequestedAcl } from './fields/acl-fields.ts';
import type { S3Services } from './s3-services.ts';

type OwnershipServices = Pick<S3Services, 'identity' | 'authorization'>;

interface NewObject {
  readonly bucket: BucketRecord;
  readonly principal: Principal;
  readonly acl: RequestedAcl | undefined;
}

/**
 * Who will own a new object, and with which ACL, by the bucket's object ownership
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html).
 */
export function ownedBy(newObject: NewObject, services: OwnershipServices): MaybePromise<Owned> {
  const { bucket, principal, acl } = newObject;
  if (acl !== undefined) return ownedWithAcl({ ...newObject, acl }, services);
  const isEnforced = bucket.objectOwnership === 'BucketOwnerEnforced';
  return { ownerAccountId: isEnforced ? bucket.ownerAccountId : writerOf(principal).accountId, acl: undefined };
}

export interface Owned {
  readonly ownerAccountId: string;
  readonly acl: Acl | undefined;
}

async function ownedWithAcl(
  { bucket, principal, acl }: NewObject & { readonly acl: RequestedAcl },
  services: OwnershipServices,
): Promise<Owned> {
  const writer = writerOf(principal);
  const bucketOwner = await accountBehind(bucket.ownerAccountId, services);
  if (bucket.objectOwnership === 'BucketOwnerEnforced') {
    checkAclsOff(acl, bucketOwner);
    return { ownerAccountId: bucketOwner.accountId, acl: undefined };
  }
  const givesAllToBucketOwner = acl.kind === 'canned' && acl.name === 'bucket-owner-full-control';
  const owner = bucket.objectOwnership === 'BucketOwnerPreferred' && givesAllToBucketOwner ? bucketOwner : writer;
  return { ownerAccountId: owner.accountId, acl: await resolveAcl(acl, { owner, bucketOwner, bucket }, services) };
}

/** Where ACLs are off, a new object may come with one only if that says what holds anyway. */
function checkAclsOff(acl: RequestedAcl, bucketOwner: Account): void {
  const isHarmless =
    acl.kind === 'canned'
      ? acl.name === 'bucket-owner-full-control'
      : acl.entries.every(
          ({ grantee, permission }) =>
            permission === 'FULL_CONTROL' && grantee.kind === 'id' && grantee.id === bucketOwner.canonicalId,
        );
  if (!isHarmless) throw new StorageError('AccessControlListNotSupported');
}

/** Of a bucket, what decides whether an ACL in it may be public. */
type GuardedBucket = Parameters<S3Services['authorization']['blockOf']>[0];

interface AclOwners {
  readonly owner: Account;
  /** Undefined for the ACL of the bucket itself. */
  readonly bucketOwner: Account | undefined;
  readonly bucket: GuardedBucket;
}

/**
 * The ACL that a request asks for. Undefined for the usual one, which is not stored. Throws InvalidArgument or
 * UnresolvableGrantByEmailAddress for grantees that do not exist, AccessDenied where public ACLs are blocked.
 */
export async function resolveAcl(
  requested: RequestedAcl,
  { owner, bucketOwner, bucket }: AclOwners,
  services: OwnershipServices,
): Promise<Acl | undefined> {
  const acl = await namedAcl(requested, { owner, bucketOwner }, services);
  await refuseBlockedAcl(acl, bucket, services);
  return isUsualAcl(acl, owner) ? undefined : acl;
}

/** The same, whether it is blocked or not, and the usual one too. */
export async function namedAcl(
  requested: RequestedAcl,
  { owner, bucketOwner }: Pick<AclOwners, 'owner' | 'bucketOwner'>,
  services: Pick<OwnershipServices, 'identity'>,
): Promise<Acl> {
  if (requested.kind === 'canned') return expandCannedAcl(requested.name, owner, bucketOwner);
  return resolveEntries(requested.entries, services);
}

/** BlockPublicAcls: an ACL for everyone is refused before it is stored. */
export async function refuseBlockedAcl(
  acl: Acl,
  bucket: GuardedBucket,
  { authorization }: Pick<OwnershipServices, 'authorization'>,
): Promise<void> {
  if (isPublicAcl(acl) && (await authorization.blockOf(bucket)).blockPublicAcls) throw new StorageError('AccessDenied');
}

export async function resolveEntries(
  entries: readonly NamedEntry[],
  { identity }: Pick<OwnershipServices, 'identity'>,
): Promise<Acl> {
  const acl: AclEntry[] = [];
  for (const { grantee, permission } of entries) {
    acl.push({ grantee: await resolveGrantee(grantee, identity), permission });
  }
  return acl;
}

async function resolveGrantee(grantee: NamedGrantee, identity: S3Services['identity']): Promise<AclEntry['grantee']> {
  if (grantee.kind === 'group') return grantee;
  if (grantee.kind === 'email') {
    const account = await identity.findGrantee({ email: grantee.email });
    if (!account)
      throw new StorageError('UnresolvableGrantByEmailAddress', { fields: { EmailAddress: grantee.email } });
    return { kind: 'account', id: account.canonicalId };
  }
  const isKnown =
    grantee.id === anonymousAccount.canonicalId ||
    (await identity.findGrantee({ canonicalId: grantee.id })) !== undefined;
  if (!isKnown) throw invalidArgument('Invalid id', 'CanonicalUser/ID', grantee.id);
  return { kind: 'account', id: grantee.id };
}

/** An account by its id; one that is gone owns what it owned, without a name. */
export async function accountBehind(
  accountId: string,
  { identity }: Pick<OwnershipServices, 'identity'>,
): Promise<Account> {
  if (accountId === anonymousAccount.accountId) return anonymousAccount;
  return (await identity.findAccount(accountId)) ?? { accountId, canonicalId: accountId, displayName: '', email: '' };
}

/** Whom S3 shows as the owner of what stands in a bucket: its owner, where that is enforced, whoever wrote it. */
export function shownOwnerId(bucket: BucketRecord, { ownerAccountId }: { readonly ownerAccountId: string }): string {
  return bucket.objectOwnership === 'BucketOwnerEnforced' ? bucket.ownerAccountId : ownerAccountId;
}
