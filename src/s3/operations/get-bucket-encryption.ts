import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { xmlReply } from '../../wire/reply.ts';
import { encryptionConfiguration, encryptionConfigurationOf } from '../encryption-document.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html */
export const getBucketEncryption = defineOperation({
  name: 'GetBucketEncryption',
  route: { method: 'GET', target: 'bucket', query: { encryption: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:GetEncryptionConfiguration', bucket)],
  async handle({ input, access }) {
    const { encryption } = access.bucket(input.bucket);
    if (!encryption) {
      throw new StorageError('ServerSideEncryptionConfigurationNotFound', { fields: { BucketName: input.bucket } });
    }
    return xmlReply(encryptionConfiguration, encryptionConfigurationOf(encryption));
  },
});
