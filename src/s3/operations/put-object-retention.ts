import { onObjectsToCome } from '../../domain/grant.ts';
import { checkRetainUntil, checkRetentionChange, requireObjectLock } from '../../domain/object-lock.ts';
import { emptyReply } from '../../wire/reply.ts';
import { changeWeighedVersion } from '../change-weighed-version.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { bypassGovernance } from '../fields/lock-fields.ts';
import { mayBypassGovernance, retentionGrant } from '../object-lock.ts';
import { retention, retentionIn } from '../object-lock-document.ts';
import { defineOperation } from '../operation.ts';
import { withLock } from '../request-conditions.ts';
import { versionHeader } from '../version-header.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectRetention.html */
export const putObjectRetention = defineOperation({
  name: 'PutObjectRetention',
  route: { method: 'PUT', target: 'object', query: { retention: true } },
  input: { bucket: bucketName, key: objectKey, versionId, bypass: bypassGovernance },
  body: { kind: 'xml', ...retention },
  // A policy may ask for the retention, which only the body names: the object is put before the gate when it is known.
  requires: ({ bucket }) => [onObjectsToCome('s3:PutObjectRetention', bucket)],
  async handle({ input, access, origin, document }, { objects, clock }) {
    const wanted = retentionIn(document);
    const grant = retentionGrant('Put', input);
    const conditions = withLock(access.request.conditions, { retention: wanted }, clock.now());
    await access.require(grant, conditions);
    const bucket = access.bucket(input.bucket);
    requireObjectLock(bucket);
    if (wanted) checkRetainUntil(wanted, clock.now());
    const bypasses = await mayBypassGovernance(input.bypass, access, input);
    const target = { bucket, key: input.key, versionId: input.versionId, aspect: 'retention', origin } as const;
    const version = await changeWeighedVersion(objects, target, async (found) => {
      await access.confirm(grant, found, conditions);
      return (stored) => {
        checkRetentionChange(stored.retention, wanted, { now: clock.now(), mayBypassGovernance: bypasses });
        return { ...stored, retention: wanted };
      };
    });
    return emptyReply(200, versionHeader(bucket, version));
  },
});
