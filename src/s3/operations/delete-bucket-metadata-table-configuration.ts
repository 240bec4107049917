import { onBucket } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** No bucket has one to delete. https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketMetadataTableConfiguration.html */
export const deleteBucketMetadataTableConfiguration = defineOperation({
  name: 'DeleteBucketMetadataTableConfiguration',
  route: { method: 'DELETE', target: 'bucket', query: { metadataTable: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:DeleteBucketMetadataTableConfiguration', bucket)],
  async handle() {
    return emptyReply(204);
  },
});
