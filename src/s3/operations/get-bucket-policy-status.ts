import { onBucket } from '../../domain/grant.ts';
import { xmlReply } from '../../wire/reply.ts';
import { boolean, element } from '../../wire/xml/schema.ts';
import { noSuchBucketPolicy } from '../bucket-policy-access.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

const policyStatus = { root: 'PolicyStatus', schema: element({ IsPublic: boolean() }) };

/**
 * Whether the policy is public; ACLs have no say, and without a policy there is no status.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicyStatus.html
 */
export const getBucketPolicyStatus = defineOperation({
  name: 'GetBucketPolicyStatus',
  route: { method: 'GET', target: 'bucket', query: { policyStatus: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:GetBucketPolicyStatus', bucket)],
  async handle({ input, access }, { policies }) {
    const bucket = access.bucket(input.bucket);
    const policy = await policies.of(bucket);
    if (!policy) throw noSuchBucketPolicy(bucket);
    return xmlReply(policyStatus, { IsPublic: policy.isPublic });
  },
});
