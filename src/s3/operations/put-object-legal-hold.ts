import { onObjectsToCome } from '../../domain/grant.ts';
import { requireObjectLock } from '../../domain/object-lock.ts';
import { emptyReply } from '../../wire/reply.ts';
import { changeWeighedVersion } from '../change-weighed-version.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { legalHoldGrant } from '../object-lock.ts';
import { legalHold } from '../object-lock-document.ts';
import { defineOperation } from '../operation.ts';
import { withLock } from '../request-conditions.ts';
import { versionHeader } from '../version-header.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLegalHold.html */
export const putObjectLegalHold = defineOperation({
  name: 'PutObjectLegalHold',
  route: { method: 'PUT', target: 'object', query: { 'legal-hold': true } },
  input: { bucket: bucketName, key: objectKey, versionId },
  body: { kind: 'xml', ...legalHold },
  // As with PutObjectRetention: what a policy may ask for is in the body.
  requires: ({ bucket }) => [onObjectsToCome('s3:PutObjectLegalHold', bucket)],
  async handle({ input, access, origin, document }, { objects, clock }) {
    const isHeld = document.Status === 'ON';
    const grant = legalHoldGrant('Put', input);
    const conditions = withLock(access.request.conditions, { legalHold: isHeld }, clock.now());
    await access.require(grant, conditions);
    const bucket = access.bucket(input.bucket);
    requireObjectLock(bucket);
    const target = { bucket, key: input.key, versionId: input.versionId, aspect: 'legal-hold', origin } as const;
    const version = await changeWeighedVersion(objects, target, async (found) => {
      await access.confirm(grant, found, conditions);
      return (stored) => ({ ...stored, legalHold: isHeld });
    });
    return emptyReply(200, versionHeader(bucket, version));
  },
});
