import { StorageError } from '../../domain/errors.ts';
import { type Grant, onObjectsToCome, onVersion } from '../../domain/grant.ts';
import type { ObjectVersion } from '../../records/version-record.ts';
import { storedChecksum } from '../../services/content/storing.ts';
import { emptyReply } from '../../wire/reply.ts';
import { boolean, element, optional, text } from '../../wire/xml/schema.ts';
import { changeWeighedVersion } from '../change-weighed-version.ts';
import { bearerOf, userOf } from '../encryption.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';
import { withKmsKey } from '../request-conditions.ts';
import { versionHeader } from '../version-header.ts';

const objectEncryption = {
  root: 'ObjectEncryption',
  schema: element({
    'SSE-KMS': optional(
      element({ KMSKeyArn: optional(text({ maxLength: 2048 })), BucketKeyEnabled: optional(boolean()) }),
    ),
  }),
};

const arnPattern = /^arn:aws[a-zA-Z0-9-]*:kms:[a-z0-9-]+:(\d{12,15}):key\/[a-zA-Z0-9-]+$/;

/** One action, whether the version is named or not. */
function updateGrant(address: Parameters<typeof onVersion>[1]): Grant {
  return onVersion({ current: 's3:UpdateObjectEncryption', named: 's3:UpdateObjectEncryption' }, address);
}

/**
 * Seals the data key of an object with another key of the key management; its bytes, ETag and age stay.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_UpdateObjectEncryption.html
 */
export const updateObjectEncryption = defineOperation({
  name: 'UpdateObjectEncryption',
  route: { method: 'PUT', target: 'object', query: { encryption: true } },
  input: { bucket: bucketName, key: objectKey, versionId },
  body: { kind: 'xml', ...objectEncryption },
  // A policy may ask for the key, which only the body names: the object is put before the gate when it is known.
  requires: ({ bucket }) => [onObjectsToCome('s3:UpdateObjectEncryption', bucket)],
  async handle({ input, access, principal, origin, document }, services) {
    const { objects, encryption, clock, random } = services;
    const wanted = document['SSE-KMS'];
    const { KMSKeyArn: key = '', BucketKeyEnabled: bucketKeyEnabled = false } = wanted ?? {};
    const conditions = withKmsKey(access.request.conditions, key);
    const grant = updateGrant(input);
    await access.require(grant, conditions);
    const owner = ownerOfKey(wanted && key);
    const bucket = access.bucket(input.bucket);
    if (owner !== bucket.ownerAccountId) {
      throw new StorageError('AccessDenied', {
        message: 'The AWS KMS key in the request must be owned by the same account as the bucket.',
      });
    }
    const chosen = { kind: 'SSE-KMS', key, account: owner, context: undefined, bucketKeyEnabled } as const;
    const target = { bucket, key: input.key, versionId: input.versionId, aspect: 'encryption', origin } as const;
    const version = await changeWeighedVersion(objects, target, async (found) => {
      await access.confirm(grant, found, conditions);
      requireUpdatable(found, clock.now());
      const dataKey = await encryption.open(found.encryption, bearerOf(principal, { customer: undefined }, services));
      const sealed = await encryption.seal(chosen, { bucketId: bucket.id, user: userOf(principal) }, dataKey);
      return (stored) => {
        requireUpdatable(stored, clock.now());
        return {
          ...stored,
          encryption: sealed.encryption,
          checksum: storedChecksum(stored.checksum, sealed, random),
        };
      };
    });
    return emptyReply(200, versionHeader(bucket, version));
  },
});

/** The account in the ARN of a key. Throws InvalidRequest for what is none. */
function ownerOfKey(arn: string | undefined): string {
  if (arn === undefined) {
    throw invalid(
      'Requests that modify an object encryption configuration require a valid new encryption type. Valid values are SSEKMS.',
    );
  }
  const owner = arnPattern.exec(arn)?.[1];
  if (owner !== undefined) return owner;
  throw invalid("Requests that modify an object's encryption type to SSE-KMS require a valid AWS KMS key ARN.");
}

function requireUpdatable({ encryption, retention, legalHold }: ObjectVersion, now: number): void {
  if (encryption === undefined) {
    throw invalid(
      'The UpdateObjectEncryption operation does not support unencrypted source objects. Only source objects encrypted with SSE-S3 or SSE-KMS are supported.',
    );
  }
  if (encryption.kind === 'SSE-C') {
    throw invalid(
      'The UpdateObjectEncryption operation does not support source objects with the encryption type DSSE-KMS or SSE-C. Only source objects encrypted with SSE-S3 or SSE-KMS are supported.',
    );
  }
  if (!legalHold && (retention === undefined || retention.until <= now)) return;
  throw new StorageError('AccessDenied', {
    message:
      "The encryption type for the specified object can't be updated because that object is protected by S3 Object Lock.",
  });
}

function invalid(message: string): StorageError {
  return new StorageError('InvalidRequest', { message });
}
