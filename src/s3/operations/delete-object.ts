import { StorageError } from '../../domain/errors.ts';
import { onNewObject, onVersion } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { writerOf } from '../account-of.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { deleteConditions } from '../fields/conditions.ts';
import { bypassGovernance } from '../fields/lock-fields.ts';
import { originOf, replica } from '../fields/replica-field.ts';
import { mayBypassGovernance } from '../object-lock.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html */
export const deleteObject = defineOperation({
  name: 'DeleteObject',
  route: { method: 'DELETE', target: 'object' },
  input: {
    bucket: bucketName,
    key: objectKey,
    versionId,
    conditions: deleteConditions,
    replica,
    bypass: bypassGovernance,
  },
  requires(address) {
    const deletion = onVersion({ current: 's3:DeleteObject', named: 's3:DeleteObjectVersion' }, address);
    if (!address.replica) return [deletion];
    return [deletion, onNewObject('s3:ReplicateDelete', address.bucket, address.key)];
  },
  missing: 'MFA delete',
  async handle({ input, access, principal, origin }, { objects }) {
    const bucket = access.bucket(input.bucket);
    const { replica, versionId } = input;
    if (replica && versionId !== undefined) {
      throw new StorageError('InvalidRequest', { message: 'Removals of versions are not replicated.' });
    }
    const ownerAccountId = writerOf(principal).accountId;
    const bypassing = input.bypass && (await mayBypassGovernance(input.bypass, access, input));
    const target = { ...input, mayBypassGovernance: bypassing };
    const deletion = await objects.delete(
      { bucket, ownerAccountId, origin: originOf(origin, replica), replica },
      target,
    );
    return emptyReply(204, {
      'x-amz-version-id': deletion.versionId,
      'x-amz-delete-marker': deletion.deleteMarker ? 'true' : undefined,
    });
  },
});
