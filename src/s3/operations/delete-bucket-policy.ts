import { onBucket } from '../../domain/grant.ts';
import { policySetting } from '../../records/bucket-setting.ts';
import { emptyReply } from '../../wire/reply.ts';
import { requireBucketOwner } from '../bucket-policy-access.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html */
export const deleteBucketPolicy = defineOperation({
  name: 'DeleteBucketPolicy',
  route: { method: 'DELETE', target: 'bucket', query: { policy: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:DeleteBucketPolicy', bucket)],
  async handle({ input, access, principal }, { bucketSettings }) {
    const bucket = access.bucket(input.bucket);
    requireBucketOwner(bucket, principal);
    await bucketSettings.remove(bucket, policySetting);
    return emptyReply(204);
  },
});
