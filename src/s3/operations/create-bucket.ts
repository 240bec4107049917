import { type Acl, isShared, type ObjectOwnership, objectOwnerships } from '../../domain/acl.ts';
import { bucketNamespaces, checkBucketNamespace } from '../../domain/bucket-name.ts';
import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import type { Account } from '../../domain/principal.ts';
import { everythingBlocked } from '../../domain/public-access-block.ts';
import { checkTags } from '../../domain/tagging.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { emptyReply } from '../../wire/reply.ts';
import { element, list, optional, text } from '../../wire/xml/schema.ts';
import { accountOf } from '../account-of.ts';
import { type RequestedAcl, requestedAcl } from '../fields/acl-fields.ts';
import { bucketName } from '../fields/address-fields.ts';
import { headerChoice } from '../fields/field.ts';
import { objectLockEnabled } from '../fields/lock-fields.ts';
import { namedAcl, resolveAcl } from '../object-ownership.ts';
import { defineOperation } from '../operation.ts';
import type { S3Services } from '../s3-services.ts';

const tag = element({ Key: text(), Value: text() });

const createBucketConfiguration = element({
  LocationConstraint: optional(text()),
  Location: optional(element({ Name: optional(text()), Type: optional(text()) })),
  Bucket: optional(element({ DataRedundancy: optional(text()), Type: optional(text()) })),
  Tags: optional(element({ Tag: list(tag) })),
});

/** As S3 made buckets before April 2023: ACLs count, and nothing is blocked beforehand. */
const classic = { objectOwnership: undefined, publicAccessBlock: undefined } as const;
/** As S3 makes them since. */
const strict = { objectOwnership: 'BucketOwnerEnforced', publicAccessBlock: everythingBlocked } as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html */
export const createBucket = defineOperation({
  name: 'CreateBucket',
  route: { method: 'PUT', target: 'bucket' },
  input: {
    bucket: bucketName,
    acl: requestedAcl,
    objectOwnership: headerChoice('x-amz-object-ownership', objectOwnerships),
    hasObjectLock: objectLockEnabled,
    namespace: headerChoice('x-amz-bucket-namespace', bucketNamespaces),
  },
  body: { kind: 'xml', root: 'CreateBucketConfiguration', schema: createBucketConfiguration, optional: true },
  requires: ({ bucket }) => [onBucket('s3:CreateBucket', bucket)],
  missing: 'directory buckets',
  async handle({ input, principal, document }, services) {
    const { buckets, region } = services;
    if (document?.Location || document?.Bucket) {
      throw new StorageError('NotImplemented', {
        message: 'Cairn makes general purpose buckets only: leave out Location and Bucket.',
      });
    }
    const tags = document?.Tags?.Tag.map(({ Key, Value }) => ({ key: Key, value: Value }));
    if (tags) checkTags(tags, 'bucket');
    checkLocation(document?.LocationConstraint, region);
    const owner = accountOf(principal);
    checkBucketNamespace(input.bucket, input.namespace, { accountId: owner.accountId, region });
    const wanted = { ...input, owner };
    try {
      await buckets.create(input.bucket, {
        accountId: owner.accountId,
        region,
        locationConstraint: document?.LocationConstraint ?? '',
        tags,
        ...(input.hasObjectLock && { objectLock: {} }),
        ...(services.defaultEncryption && { encryption: services.defaultEncryption }),
        ...(await accessOfNew(wanted, services)),
      });
    } catch (error) {
      // The one region where making one's own bucket again has always been a success.
      const isRepeat = error instanceof StorageError && error.kind === 'BucketAlreadyOwnedByYou';
      if (!isRepeat || region !== 'us-east-1') throw error;
      await resetAcl(wanted, error, services);
    }
    return emptyReply(200, { Location: `/${input.bucket}` });
  },
});

interface WantedAccess {
  readonly bucket: string;
  readonly owner: Account;
  readonly acl: RequestedAcl | undefined;
  readonly objectOwnership: ObjectOwnership | undefined;
  readonly hasObjectLock: boolean;
}

/** Throws InvalidBucketAclWithObjectOwnership; AccessDenied where public ACLs are blocked. */
async function accessOfNew(wanted: WantedAccess, services: S3Services) {
  const usual = services.newBuckets === 'strict' ? strict : classic;
  const access = { ...usual, objectOwnership: wanted.objectOwnership ?? usual.objectOwnership };
  return { ...access, acl: await aclOf(wanted, access, services) };
}

/** The ACL of a bucket with such an ownership and such switches. */
async function aclOf(
  { acl: requested, owner }: WantedAccess,
  { objectOwnership, publicAccessBlock }: Pick<BucketRecord, 'objectOwnership' | 'publicAccessBlock'>,
  services: S3Services,
): Promise<Acl | undefined> {
  if (requested === undefined) return undefined;
  const bucket = { ownerAccountId: owner.accountId, publicAccessBlock };
  if (objectOwnership !== 'BucketOwnerEnforced') {
    return resolveAcl(requested, { owner, bucketOwner: undefined, bucket }, services);
  }
  const acl = await namedAcl(requested, { owner, bucketOwner: undefined }, services);
  if (isShared(acl, owner.canonicalId)) throw new StorageError('InvalidBucketAclWithObjectOwnership');
  return undefined;
}

/**
 * Making one's own bucket again sets its ACL anew, as S3 documents for this region. Its ownership is not changed: one
 * that differs is refused as the bucket is in other regions, and so is object lock that it has not.
 */
async function resetAcl(wanted: WantedAccess, repeat: StorageError, services: S3Services): Promise<void> {
  const bucket = await services.buckets.get(wanted.bucket);
  const isOwn = bucket.ownerAccountId === wanted.owner.accountId;
  if (wanted.hasObjectLock && !bucket.objectLock) throw repeat;
  if (!isOwn || (wanted.objectOwnership ?? bucket.objectOwnership) !== bucket.objectOwnership) throw repeat;
  const acl = await aclOf(wanted, bucket, services);
  await services.bucketSettings.change(bucket, (record) => {
    if (record.objectOwnership === 'BucketOwnerEnforced' && isShared(acl, wanted.owner.canonicalId)) throw repeat;
    return { ...record, acl };
  });
}

/** There is one region here, which may also be left out. */
function checkLocation(constraint: string | undefined, region: string): void {
  if (constraint === undefined || constraint === '' || constraint === region) return;
  if (!/^(EU|[a-z]{2}(-[a-z]+)+-\d)$/.test(constraint)) {
    throw new StorageError('InvalidLocationConstraint', { fields: { LocationConstraint: constraint } });
  }
  throw new StorageError('IllegalLocationConstraint', {
    message: `The ${constraint} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  });
}
