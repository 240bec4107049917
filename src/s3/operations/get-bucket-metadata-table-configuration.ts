import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** No bucket has one: they are made for tables of AWS. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketMetadataTableConfiguration.html */
export const getBucketMetadataTableConfiguration = defineOperation({
  name: 'GetBucketMetadataTableConfiguration',
  route: { method: 'GET', target: 'bucket', query: { metadataTable: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:GetBucketMetadataTableConfiguration', bucket)],
  async handle({ input }) {
    throw new StorageError('MetadataConfigurationNotFound', { fields: { BucketName: input.bucket } });
  },
});
