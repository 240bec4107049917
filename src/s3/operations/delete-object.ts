import { onVersion } from '../../domain/grant.ts';
import { writerOf } from '../account-of.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { deleteConditions } from '../fields/conditions.ts';
import { defineOperation } from '../operation.ts';
import { emptyReply } from '../reply.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html */
export const deleteObject = defineOperation({
  name: 'DeleteObject',
  route: { method: 'DELETE', target: 'object' },
  input: { bucket: bucketName, key: objectKey, versionId, conditions: deleteConditions },
  requires: (address) => [onVersion({ current: 's3:DeleteObject', named: 's3:DeleteObjectVersion' }, address)],
  missing: 'object lock and MFA delete',
  async handle({ input, access, principal, origin }, { objects }) {
    const bucket = access.bucket(input.bucket);
    const deletion = await objects.delete({ bucket, ownerAccountId: writerOf(principal).accountId, origin }, input);
    return emptyReply(204, {
      'x-amz-version-id': deletion.versionId,
      'x-amz-delete-marker': deletion.deleteMarker ? 'true' : undefined,
    });
  },
});
