import type { BucketRecord } from '../records/bucket-record.ts';
import { type VersionIdentity, versionIdOf } from '../records/version-record.ts';

/** `x-amz-version-id` of a write: told only where versioning is on. */
export function writtenVersionHeader(version: VersionIdentity): { 'x-amz-version-id'?: string } {
  return version.isNull ? {} : { 'x-amz-version-id': version.token };
}

/** `x-amz-version-id` of a read: not there as long as versioning was never on, `null` for what was written without it. */
export function versionHeader(bucket: BucketRecord, version: VersionIdentity): { 'x-amz-version-id'?: string } {
  return bucket.versioning === 'unversioned' && version.isNull ? {} : { 'x-amz-version-id': versionIdOf(version) };
}
