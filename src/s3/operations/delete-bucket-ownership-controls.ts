import { onBucket } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketOwnershipControls.html */
export const deleteBucketOwnershipControls = defineOperation({
  name: 'DeleteBucketOwnershipControls',
  route: { method: 'DELETE', target: 'bucket', query: { ownershipControls: true } },
  input: { bucket: bucketName },
  // There is no action for deleting it.
  requires: ({ bucket }) => [onBucket('s3:PutBucketOwnershipControls', bucket)],
  async handle({ input, access }, { bucketSettings }) {
    await bucketSettings.change(access.bucket(input.bucket), (record) => ({ ...record, objectOwnership: undefined }));
    return emptyReply(204);
  },
});
