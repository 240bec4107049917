import { quoteETag } from '../../domain/etag.ts';
import { onNewObject, onObject } from '../../domain/grant.ts';
import { checkSinglePutSize } from '../../domain/multipart.ts';
import { appendToObject } from '../append-object.ts';
import { storingOf, writtenEncryptionReply } from '../encryption.ts';
import { requestedAcl } from '../fields/acl-fields.ts';
import { bucketName, newVersionOnly, objectKey } from '../fields/address-fields.ts';
import { checksumHeaders, readBodyDigests } from '../fields/body-digests.ts';
import { writeConditions } from '../fields/conditions.ts';
import { encryptionHeaders } from '../fields/encryption-fields.ts';
import { headerInteger } from '../fields/field.ts';
import { objectDescription } from '../fields/object-description.ts';
import { originOf, replica } from '../fields/replica-field.ts';
import { expirationHeader, hasLifecycle } from '../lifecycle-headers.ts';
import { checkLockedUpload, lockGrants } from '../object-lock.ts';
import { ownedBy } from '../object-ownership.ts';
import { defineOperation } from '../operation.ts';
import { receiveBody } from '../receive-body.ts';
import { emptyReply } from '../reply.ts';
import { writtenVersionHeader } from '../version-header.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
export const putObject = defineOperation({
  name: 'PutObject',
  route: { method: 'PUT', target: 'object' },
  input: {
    bucket: bucketName,
    key: objectKey,
    target: newVersionOnly,
    description: objectDescription,
    encryption: encryptionHeaders,
    conditions: writeConditions,
    digests: readBodyDigests,
    acl: requestedAcl,
    offset: headerInteger('x-amz-write-offset-bytes', { min: 0, max: Number.MAX_SAFE_INTEGER }),
    replica,
  },
  body: { kind: 'stream' },
  requires: ({ bucket, key, description, acl, replica }) => [
    onObject('s3:PutObject', bucket, key),
    ...(replica ? [onNewObject('s3:ReplicateObject', bucket, key)] : []),
    ...(description.tags.length > 0 ? [onNewObject('s3:PutObjectTagging', bucket, key)] : []),
    ...(acl ? [onNewObject('s3:PutObjectAcl', bucket, key)] : []),
    ...lockGrants(bucket, key, description),
  ],
  async handle({ input, access, principal, origin, body }, services) {
    const bucket = access.bucket(input.bucket);
    if (input.offset !== undefined) {
      return appendToObject({ bucket, principal, origin, body, input, offset: input.offset }, services);
    }
    const owned = ownedBy({ bucket, principal, acl: input.acl }, services);
    const { ownerAccountId, acl } = owned instanceof Promise ? await owned : owned;
    checkSinglePutSize(body.length);
    checkLockedUpload(input.description, bucket, input.digests);
    const stored = storingOf(
      { bucket, principal, headers: input.encryption, described: input.description.headers },
      services,
    );
    const storing = stored instanceof Promise ? await stored : stored;
    const { staged, checksum } = await receiveBody(
      { body, digests: input.digests, also: [], storing },
      services.objects,
    );
    const version = await services.objects.commit(staged, {
      bucket,
      key: input.key,
      ownerAccountId,
      description: { ...input.description, acl },
      conditions: input.conditions,
      checksum,
      origin: originOf(origin, input.replica),
      replica: input.replica,
    });
    return emptyReply(200, {
      ...(hasLifecycle(bucket) && (await expirationHeader(bucket, { key: input.key, version }, services))),
      ETag: quoteETag(version.etag),
      ...writtenVersionHeader(version),
      ...writtenEncryptionReply(version.encryption),
      ...checksumHeaders(checksum),
    });
  },
});
