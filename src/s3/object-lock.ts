import { StorageError } from '../domain/errors.ts';
import { type Grant, onNewObject, onObject, onVersion } from '../domain/grant.ts';
import type { VersionLock } from '../domain/object-lock.ts';
import { requireObjectLock } from '../domain/object-lock.ts';
import type { MaybePromise } from '../foundation/bytes.ts';
import type { BucketRecord } from '../records/bucket-record.ts';
import type { ObjectVersion } from '../records/version-record.ts';
import type { Access } from '../services/authorization/access.ts';
import type { ReplyHeaders } from '../wire/reply.ts';
import type { BodyDigests } from './fields/body-digests.ts';

type Address = Parameters<typeof onVersion>[1];

const none: readonly Grant[] = [];

/** What a write needs beside the right to write, where it locks what it makes. */
export function lockGrants(bucket: string, key: string, lock: VersionLock): readonly Grant[] {
  if (lock.retention === undefined && lock.legalHold === undefined) return none;
  return [
    ...(lock.retention ? [onNewObject('s3:PutObjectRetention', bucket, key)] : []),
    ...(lock.legalHold === undefined ? [] : [onNewObject('s3:PutObjectLegalHold', bucket, key)]),
  ];
}

/** The retention of a version has one action, whether the version is named or not. */
export function retentionGrant(action: 'Get' | 'Put', address: Address): Grant {
  return onVersion({ current: `s3:${action}ObjectRetention`, named: `s3:${action}ObjectRetention` }, address);
}

export function legalHoldGrant(action: 'Get' | 'Put', address: Address): Grant {
  return onVersion({ current: `s3:${action}ObjectLegalHold`, named: `s3:${action}ObjectLegalHold` }, address);
}

/** Whether GOVERNANCE does not bind this request: it says so, and its sender may. An explicit Deny counts. */
export function mayBypassGovernance(
  wanted: boolean,
  access: Access,
  { bucket, key }: { readonly bucket: string; readonly key: string },
): MaybePromise<boolean> {
  return wanted && access.allows(onObject('s3:BypassGovernanceRetention', bucket, key));
}

/**
 * Refuses, before a body is read, what the commit would refuse. S3 wants to be sure of the bytes that it is to keep:
 * "The Content-MD5 or x-amz-sdk-checksum-algorithm header is required for any request to upload an object with a
 * retention period configured using Object Lock." Throws InvalidRequest.
 */
export function checkLockedUpload(lock: VersionLock, bucket: BucketRecord, digests: BodyDigests): void {
  if (lock.retention === undefined && lock.legalHold === undefined) return;
  requireObjectLock(bucket);
  if (digests.contentMd5 !== undefined || digests.checksum !== undefined) return;
  throw new StorageError('InvalidRequest', {
    message:
      'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
  });
}

/** The lock of a version, as headers for those who may read it. Ask first whether there is one: `isLocked`. */
export async function lockHeaders(version: ObjectVersion, access: Access, address: Address): Promise<ReplyHeaders> {
  const { retention, legalHold } = version;
  const headers: ReplyHeaders = {};
  if (retention && (await access.allows(retentionGrant('Get', address)))) {
    headers['x-amz-object-lock-mode'] = retention.mode;
    headers['x-amz-object-lock-retain-until-date'] = new Date(retention.until).toISOString();
  }
  if (legalHold !== undefined && (await access.allows(legalHoldGrant('Get', address)))) {
    headers['x-amz-object-lock-legal-hold'] = legalHold ? 'ON' : 'OFF';
  }
  return headers;
}

export function hasLock({ retention, legalHold }: VersionLock): boolean {
  return retention !== undefined || legalHold !== undefined;
}
