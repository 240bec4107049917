import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { xmlReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';
import { ownershipControls } from '../ownership-controls-document.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketOwnershipControls.html */
export const getBucketOwnershipControls = defineOperation({
  name: 'GetBucketOwnershipControls',
  route: { method: 'GET', target: 'bucket', query: { ownershipControls: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:GetBucketOwnershipControls', bucket)],
  async handle({ input, access }) {
    const { name, objectOwnership } = access.bucket(input.bucket);
    if (objectOwnership === undefined) {
      throw new StorageError('OwnershipControlsNotFound', { fields: { BucketName: name } });
    }
    return xmlReply(ownershipControls, { Rule: [{ ObjectOwnership: objectOwnership }] });
  },
});
