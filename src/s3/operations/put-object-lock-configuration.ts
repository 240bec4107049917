import { onBucket } from '../../domain/grant.ts';
import { checkDefaultRetention } from '../../domain/object-lock.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { objectLockConfiguration, objectLockIn } from '../object-lock-document.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html */
export const putObjectLockConfiguration = defineOperation({
  name: 'PutObjectLockConfiguration',
  route: { method: 'PUT', target: 'bucket', query: { 'object-lock': true } },
  input: { bucket: bucketName },
  body: { kind: 'xml', ...objectLockConfiguration },
  requires: ({ bucket }) => [onBucket('s3:PutBucketObjectLockConfiguration', bucket)],
  async handle({ input, access, document }, { buckets }) {
    const objectLock = objectLockIn(document);
    if (objectLock.defaultRetention) checkDefaultRetention(objectLock.defaultRetention);
    await buckets.setObjectLock(access.bucket(input.bucket), objectLock);
    return emptyReply(200);
  },
});
