import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { xmlReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { objectLockConfiguration, objectLockConfigurationOf } from '../object-lock-document.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLockConfiguration.html */
export const getObjectLockConfiguration = defineOperation({
  name: 'GetObjectLockConfiguration',
  route: { method: 'GET', target: 'bucket', query: { 'object-lock': true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:GetBucketObjectLockConfiguration', bucket)],
  async handle({ input, access }) {
    const { objectLock } = access.bucket(input.bucket);
    if (!objectLock) {
      throw new StorageError('ObjectLockConfigurationNotFound', { fields: { BucketName: input.bucket } });
    }
    return xmlReply(objectLockConfiguration, objectLockConfigurationOf(objectLock));
  },
});
