import { onBucket } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** No bucket has one to delete. https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketMetadataConfiguration.html */
export const deleteBucketMetadataConfiguration = defineOperation({
  name: 'DeleteBucketMetadataConfiguration',
  route: { method: 'DELETE', target: 'bucket', query: { metadataConfiguration: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:DeleteBucketMetadataTableConfiguration', bucket)],
  async handle() {
    return emptyReply(204);
  },
});
