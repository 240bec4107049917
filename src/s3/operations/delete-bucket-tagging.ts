import { onBucket } from '../../domain/grant.ts';
import { taggingSetting } from '../../records/tagging-setting.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketTagging.html */
export const deleteBucketTagging = defineOperation({
  name: 'DeleteBucketTagging',
  route: { method: 'DELETE', target: 'bucket', query: { tagging: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:PutBucketTagging', bucket)],
  async handle({ input, access }, { bucketSettings }) {
    await bucketSettings.remove(access.bucket(input.bucket), taggingSetting);
    return emptyReply(204);
  },
});
