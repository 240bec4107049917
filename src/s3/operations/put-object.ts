import { quoteETag } from '../../domain/etag.ts';
import { onObject } from '../../domain/grant.ts';
import { checkSinglePutSize } from '../../domain/multipart.ts';
import { accountOf } from '../account-of.ts';
import { bucketName, newVersionOnly, objectKey } from '../fields/address-fields.ts';
import { checksumHeaders, readBodyDigests } from '../fields/body-digests.ts';
import { writeConditions } from '../fields/conditions.ts';
import { objectDescription } from '../fields/object-description.ts';
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
  },
  body: { kind: 'stream' },
  requires: ({ bucket, key, description }) => [
    onObject('s3:PutObject', bucket, key),
    ...(description.tags.length > 0 ? [onObject('s3:PutObjectTagging', bucket, key)] : []),
  ],
  missing: 'ACLs, object lock, encryption and appending',
  async handle({ input, access, principal, body }, { objects }) {
    const account = accountOf(principal);
    const bucket = access.bucket(input.bucket);
    checkSinglePutSize(body.length);
    const { staged, checksum } = await receiveBody({ body, digests: input.digests, also: [] }, objects);
    const version = await objects.commit(staged, {
      bucket,
      key: input.key,
      ownerAccountId: account.accountId,
      description: input.description,
      conditions: input.conditions,
      checksum,
    });
    return emptyReply(200, {
      ETag: quoteETag(version.etag),
      ...writtenVersionHeader(version),
      ...checksumHeaders(version.checksum),
    });
  },
});
