import { StorageError } from '../domain/errors.ts';
import { quoteETag } from '../domain/etag.ts';
import { checkSinglePutSize } from '../domain/multipart.ts';
import type { Principal } from '../domain/principal.ts';
import type { BucketRecord } from '../records/bucket-record.ts';
import type { ObjectVersion } from '../records/version-record.ts';
import type { ChangeOrigin } from '../services/changes/object-change.ts';
import type { Storing } from '../services/content/storing.ts';
import { compresses } from '../services/content/storing-by-default.ts';
import { isSealedText } from '../services/encryption/data-key.ts';
import { requireNoVersions } from '../services/objects/append-object.ts';
import type { ObjectDescription } from '../services/objects/object-description.ts';
import type { RequestBody } from '../wire/authentication/request-body.ts';
import { emptyReply, type Reply } from '../wire/reply.ts';
import { bearerOf, storingOf, writtenEncryptionReply } from './encryption.ts';
import type { RequestedAcl } from './fields/acl-fields.ts';
import { type BodyDigests, checksumHeaders } from './fields/body-digests.ts';
import type { EncryptionHeaders } from './fields/encryption-fields.ts';
import { checkLockedUpload } from './object-lock.ts';
import { ownedBy } from './object-ownership.ts';
import { receiveBody } from './receive-body.ts';
import type { S3Services } from './s3-services.ts';

interface Append {
  readonly bucket: BucketRecord;
  readonly principal: Principal;
  readonly origin: ChangeOrigin;
  readonly body: RequestBody;
  readonly offset: number;
  readonly input: {
    readonly key: string;
    readonly description: ObjectDescription;
    readonly encryption: EncryptionHeaders | undefined;
    readonly conditions: Parameters<S3Services['objects']['append']>[1]['conditions'];
    readonly digests: BodyDigests;
    readonly acl: RequestedAcl | undefined;
  };
}

/** PutObject with `x-amz-write-offset-bytes`: adds the body to the end of the object, or makes the object. */
export async function appendToObject(
  { bucket, principal, origin, body, offset, input }: Append,
  services: S3Services,
): Promise<Reply> {
  const { objects } = services;
  requireNoVersions(bucket, 'Appending');
  // Such a bucket has no object lock: a lock that is asked for is refused, and not forgotten.
  checkLockedUpload(input.description, bucket, input.digests);
  if (body.length !== undefined) checkSinglePutSize(body.length);
  const { ownerAccountId, acl } = await ownedBy({ bucket, principal, acl: input.acl }, services);
  const found = await headOf(objects, bucket, input.key);
  // Before the body is taken in; the commit decides it for good.
  if ((found?.size ?? 0) !== offset) throw new StorageError('InvalidWriteOffset');
  if (found) {
    checkAppender(found, { ownerAccountId, input });
    // Not one that is restored for a while either: the archived one is the object.
    if (found.isArchived) {
      throw new StorageError('InvalidObjectState', { fields: { StorageClass: found.storageClass } });
    }
  }
  const also = found?.checksum ? [found.checksum.algorithm] : [];
  const storing = await storingOfAppend({ found, bucket, principal, input }, services);
  const { staged, checksum } = await receiveBody({ body, digests: input.digests, also, storing }, objects);
  const version = await objects.append(staged, {
    bucket,
    key: input.key,
    ownerAccountId,
    description: { ...input.description, acl },
    conditions: input.conditions,
    checksum,
    origin,
    offset,
    found,
  });
  return emptyReply(200, {
    ETag: quoteETag(version.etag),
    'x-amz-object-size': version.size,
    ...writtenEncryptionReply(version.encryption),
    ...(isSealed(version) ? {} : checksumHeaders(version.checksum)),
  });
}

function isSealed({ checksum }: ObjectVersion): boolean {
  return checksum !== undefined && isSealedText(checksum.value);
}

/** The object stays encrypted as it is, with the same key. */
async function storingOfAppend(
  {
    found,
    bucket,
    principal,
    input,
  }: Pick<Append, 'bucket' | 'principal' | 'input'> & { found: ObjectVersion | undefined },
  services: S3Services,
): Promise<Storing | undefined> {
  const { encryption: headers, description } = input;
  if (!found) return storingOf({ bucket, principal, headers, described: description.headers }, services);
  if (headers?.algorithm !== undefined) {
    throw new StorageError('InvalidRequest', { message: 'An append cannot change how the object is encrypted.' });
  }
  const bearer = bearerOf(principal, { customer: headers?.customer }, services);
  const dataKey = await services.encryption.open(found.encryption, bearer);
  const compress = compresses(bucket, found.headers);
  const key = dataKey && found.encryption && { dataKey, encryption: found.encryption };
  return key || compress ? { key, compress } : undefined;
}

async function headOf(
  objects: S3Services['objects'],
  bucket: BucketRecord,
  key: string,
): Promise<ObjectVersion | undefined> {
  try {
    return await objects.head({ bucket, key, versionId: undefined });
  } catch (error) {
    if (error instanceof StorageError && error.kind === 'NoSuchKey') return undefined;
    throw error;
  }
}

/** The object stays its owner's, with all that is said of it: an append that says something else would be ignored. */
function checkAppender(
  found: ObjectVersion,
  { ownerAccountId, input }: { ownerAccountId: string; input: Append['input'] },
): void {
  if (found.ownerAccountId !== ownerAccountId) throw new StorageError('AccessDenied');
  const { description, acl } = input;
  if (acl === undefined && description.tags.length === 0 && description.userMetadata.length === 0) return;
  throw new StorageError('InvalidRequest', {
    message: 'An append cannot change the ACL, the tags or the metadata of the object.',
  });
}
