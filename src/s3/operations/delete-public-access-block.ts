import { onBucket } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeletePublicAccessBlock.html */
export const deletePublicAccessBlock = defineOperation({
  name: 'DeletePublicAccessBlock',
  route: { method: 'DELETE', target: 'bucket', query: { publicAccessBlock: true } },
  input: { bucket: bucketName },
  // There is no action for deleting it.
  requires: ({ bucket }) => [onBucket('s3:PutBucketPublicAccessBlock', bucket)],
  async handle({ input, access }, { bucketSettings }) {
    await bucketSettings.change(access.bucket(input.bucket), (record) => ({ ...record, publicAccessBlock: undefined }));
    return emptyReply(204);
  },
});
