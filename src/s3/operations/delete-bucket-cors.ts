import { onBucket } from '../../domain/grant.ts';
import { corsSetting } from '../../records/cors-setting.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketCors.html */
export const deleteBucketCors = defineOperation({
  name: 'DeleteBucketCors',
  route: { method: 'DELETE', target: 'bucket', query: { cors: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:PutBucketCORS', bucket)],
  async handle({ input, access }, { bucketSettings }) {
    await bucketSettings.remove(access.bucket(input.bucket), corsSetting);
    return emptyReply(204);
  },
});
