import { onBucket } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html */
export const deleteBucket = defineOperation({
  name: 'DeleteBucket',
  route: { method: 'DELETE', target: 'bucket' },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:DeleteBucket', bucket)],
  async handle({ input, access }, { buckets }) {
    await buckets.delete(access.bucket(input.bucket));
    return emptyReply(204);
  },
});
