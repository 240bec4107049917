import { isShared } from '../../domain/acl.ts';
import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { accountBehind } from '../object-ownership.ts';
import { defineOperation } from '../operation.ts';
import { ownershipControls } from '../ownership-controls-document.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketOwnershipControls.html */
export const putBucketOwnershipControls = defineOperation({
  name: 'PutBucketOwnershipControls',
  route: { method: 'PUT', target: 'bucket', query: { ownershipControls: true } },
  input: { bucket: bucketName },
  body: { kind: 'xml', ...ownershipControls },
  requires: ({ bucket }) => [onBucket('s3:PutBucketOwnershipControls', bucket)],
  async handle({ input, access, document }, services) {
    const bucket = access.bucket(input.bucket);
    const owner = await accountBehind(bucket.ownerAccountId, services);
    const objectOwnership = document.Rule[0]?.ObjectOwnership;
    await services.bucketSettings.change(bucket, (record) => {
      // Whom the bucket's ACL serves would be shut out without anybody having said so.
      if (objectOwnership === 'BucketOwnerEnforced' && isShared(record.acl, owner.canonicalId)) {
        throw new StorageError('InvalidBucketAclWithObjectOwnership');
      }
      return { ...record, objectOwnership };
    });
    return emptyReply(200);
  },
});
