import { onBucket } from '../../domain/grant.ts';
import { lifecycleSetting } from '../../records/lifecycle-setting.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketLifecycle.html */
export const deleteBucketLifecycle = defineOperation({
  name: 'DeleteBucketLifecycle',
  route: { method: 'DELETE', target: 'bucket', query: { lifecycle: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:PutLifecycleConfiguration', bucket)],
  async handle({ input, access }, { bucketSettings }) {
    await bucketSettings.remove(access.bucket(input.bucket), lifecycleSetting);
    return emptyReply(204);
  },
});
