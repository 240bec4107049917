import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { policySizeLimit } from '../../domain/policy/parse-policy.ts';
import { policySetting } from '../../records/bucket-setting.ts';
import { preparePolicy } from '../../services/authorization/bucket-policies.ts';
import { checkPrincipals } from '../../services/authorization/known-principals.ts';
import { emptyReply } from '../../wire/reply.ts';
import { requireBucketOwner } from '../bucket-policy-access.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** White space does not count towards the limit; so much of everything is read at all. */
const maximumBytes = 8 * policySizeLimit;

/**
 * `x-amz-confirm-remove-self-bucket-access` needs no answer: whatever a policy says, the bucket owner's root user can
 * replace it.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
 */
export const putBucketPolicy = defineOperation({
  name: 'PutBucketPolicy',
  route: { method: 'PUT', target: 'bucket', query: { policy: true } },
  input: { bucket: bucketName },
  body: { kind: 'text', limit: maximumBytes },
  requires: ({ bucket }) => [onBucket('s3:PutBucketPolicy', bucket)],
  async handle({ input, access, principal, document }, { authorization, bucketSettings, identity }) {
    const bucket = access.bucket(input.bucket);
    requireBucketOwner(bucket, principal);
    const policy = preparePolicy(document, bucket.name);
    await checkPrincipals(policy.document, identity);
    if (policy.isPublic && (await authorization.blockOf(bucket)).blockPublicPolicy)
      throw new StorageError('AccessDenied');
    await bucketSettings.write(bucket, { setting: policySetting, value: document }, (record) => {
      // Switched on since the bucket was read.
      if (policy.isPublic && record.publicAccessBlock?.blockPublicPolicy) throw new StorageError('AccessDenied');
    });
    return emptyReply(204);
  },
});
