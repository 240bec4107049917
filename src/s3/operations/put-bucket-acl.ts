import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { accessControlPolicy, chooseAcl } from '../acl-document.ts';
import { requestedAcl } from '../fields/acl-fields.ts';
import { bucketName } from '../fields/address-fields.ts';
import { accountBehind, resolveAcl } from '../object-ownership.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html */
export const putBucketAcl = defineOperation({
  name: 'PutBucketAcl',
  route: { method: 'PUT', target: 'bucket', query: { acl: true } },
  input: { bucket: bucketName, acl: requestedAcl },
  body: { kind: 'xml', ...accessControlPolicy, optional: true, malformed: 'MalformedAcl' },
  requires: ({ bucket }) => [onBucket('s3:PutBucketAcl', bucket)],
  async handle({ input, access, document }, services) {
    const bucket = access.bucket(input.bucket);
    const owner = await accountBehind(bucket.ownerAccountId, services);
    const requested = chooseAcl({ header: input.acl, document, owner });
    if (bucket.objectOwnership === 'BucketOwnerEnforced') throw new StorageError('AccessControlListNotSupported');
    const acl = await resolveAcl(requested, { owner, bucketOwner: undefined, bucket }, services);
    await services.bucketSettings.change(bucket, (record) => {
      if (record.objectOwnership === 'BucketOwnerEnforced') throw new StorageError('AccessControlListNotSupported');
      return { ...record, acl };
    });
    return emptyReply(200);
  },
});
