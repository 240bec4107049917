import { onBucket } from '../../domain/grant.ts';
import { noSuchBucketPolicy, requireBucketOwner } from '../bucket-policy-access.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html */
export const getBucketPolicy = defineOperation({
  name: 'GetBucketPolicy',
  route: { method: 'GET', target: 'bucket', query: { policy: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:GetBucketPolicy', bucket)],
  async handle({ input, access, principal }, { policies }) {
    const bucket = access.bucket(input.bucket);
    requireBucketOwner(bucket, principal);
    const policy = await policies.of(bucket);
    if (!policy) throw noSuchBucketPolicy(bucket);
    return { status: 200, headers: { 'Content-Type': 'application/json' }, body: policy.text };
  },
});
