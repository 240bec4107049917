import { onBucket } from '../../domain/grant.ts';
import { websiteSetting } from '../../records/website-setting.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketWebsite.html */
export const deleteBucketWebsite = defineOperation({
  name: 'DeleteBucketWebsite',
  route: { method: 'DELETE', target: 'bucket', query: { website: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:DeleteBucketWebsite', bucket)],
  async handle({ input, access }, { bucketSettings }) {
    await bucketSettings.remove(access.bucket(input.bucket), websiteSetting);
    return emptyReply(204);
  },
});
