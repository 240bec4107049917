import { StorageError } from '../../domain/errors.ts';
import { requireObjectLock } from '../../domain/object-lock.ts';
import { xmlReply } from '../../wire/reply.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { legalHoldGrant } from '../object-lock.ts';
import { legalHold } from '../object-lock-document.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLegalHold.html */
export const getObjectLegalHold = defineOperation({
  name: 'GetObjectLegalHold',
  route: { method: 'GET', target: 'object', query: { 'legal-hold': true } },
  input: { bucket: bucketName, key: objectKey, versionId },
  requires: (address) => [legalHoldGrant('Get', address)],
  async handle({ input, access }, { objects }) {
    const bucket = access.bucket(input.bucket);
    requireObjectLock(bucket);
    const version = await objects.head({ bucket, key: input.key, versionId: input.versionId });
    await access.confirm(legalHoldGrant('Get', input), version);
    if (version.legalHold === undefined) {
      throw new StorageError('NoSuchObjectLockConfiguration', { fields: { Key: input.key } });
    }
    return xmlReply(legalHold, { Status: version.legalHold ? 'ON' : 'OFF' });
  },
});
