import { onBucket } from '../../domain/grant.ts';
import { xmlReply } from '../../wire/reply.ts';
import { accessControlPolicy, aclDocument } from '../acl-document.ts';
import { bucketName } from '../fields/address-fields.ts';
import { accountBehind } from '../object-ownership.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html */
export const getBucketAcl = defineOperation({
  name: 'GetBucketAcl',
  route: { method: 'GET', target: 'bucket', query: { acl: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:GetBucketAcl', bucket)],
  async handle({ input, access }, services) {
    const bucket = access.bucket(input.bucket);
    const owner = await accountBehind(bucket.ownerAccountId, services);
    // One that was set before ACLs were switched off counts no more, but is kept for when they are on again.
    const acl = bucket.objectOwnership === 'BucketOwnerEnforced' ? undefined : bucket.acl;
    return xmlReply(accessControlPolicy, await aclDocument(acl, owner, services.identity));
  },
});
