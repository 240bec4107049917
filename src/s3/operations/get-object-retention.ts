import { StorageError } from '../../domain/errors.ts';
import { requireObjectLock } from '../../domain/object-lock.ts';
import { xmlReply } from '../../wire/reply.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { retentionGrant } from '../object-lock.ts';
import { retention, retentionDocument } from '../object-lock-document.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectRetention.html */
export const getObjectRetention = defineOperation({
  name: 'GetObjectRetention',
  route: { method: 'GET', target: 'object', query: { retention: true } },
  input: { bucket: bucketName, key: objectKey, versionId },
  requires: (address) => [retentionGrant('Get', address)],
  async handle({ input, access }, { objects }) {
    const bucket = access.bucket(input.bucket);
    requireObjectLock(bucket);
    const version = await objects.head({ bucket, key: input.key, versionId: input.versionId });
    await access.confirm(retentionGrant('Get', input), version);
    if (!version.retention) throw new StorageError('NoSuchObjectLockConfiguration', { fields: { Key: input.key } });
    return xmlReply(retention, retentionDocument(version.retention));
  },
});
