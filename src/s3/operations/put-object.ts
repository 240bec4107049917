import { quoteETag } from '../../domain/etag.ts';
import { onNewObject, onObject } from '../../domain/grant.ts';
import { checkSinglePutSize } from '../../domain/multipart.ts';
import { requestedAcl } from '../fields/acl-fields.ts';
import { bucketName, newVersionOnly, objectKey } from '../fields/address-fields.ts';
import { checksumHeaders, readBodyDigests } from '../fields/body-digests.ts';
import { writeConditions } from '../fields/conditions.ts';
import { objectDescription } from '../fields/object-description.ts';
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
    conditions: writeConditions,
    digests: readBodyDigests,
    acl: requestedAcl,
  },
  body: { kind: 'stream' },
  requires: ({ bucket, key, description, acl }) => [
    onObject('s3:PutObject', bucket, key),
    ...(description.tags.length > 0 ? [onNewObject('s3:PutObjectTagging', bucket, key)] : []),
    ...(acl ? [onNewObject('s3:PutObjectAcl', bucket, key)] : []),
  ],
  missing: 'object lock, encryption and appending',
  async handle({ input, access, principal, origin, body }, services) {
    const bucket = access.bucket(input.bucket);
    const { ownerAccountId, acl } = await ownedBy({ bucket, principal, acl: input.acl }, services);
    checkSinglePutSize(body.length);
    const { staged, checksum } = await receiveBody({ body, digests: input.digests, also: [] }, services.objects);
    const version = await services.objects.commit(staged, {
      bucket,
      key: input.key,
      ownerAccountId,
      description: { ...input.description, acl },
      conditions: input.conditions,
      checksum,
      origin,
    });
    return emptyReply(200, {
      ETag: quoteETag(version.etag),
      ...writtenVersionHeader(version),
      ...checksumHeaders(version.checksum),
    });
  },
});
