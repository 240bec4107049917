import { onBucket } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/**
 * Gives the bucket back the encryption that a new one has.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketEncryption.html
 */
export const deleteBucketEncryption = defineOperation({
  name: 'DeleteBucketEncryption',
  route: { method: 'DELETE', target: 'bucket', query: { encryption: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:PutEncryptionConfiguration', bucket)],
  async handle({ input, access }, { bucketSettings, defaultEncryption }) {
    await bucketSettings.change(access.bucket(input.bucket), (record) => ({
      ...record,
      encryption: defaultEncryption,
    }));
    return emptyReply(204);
  },
});
