import { StorageError } from '../../domain/errors.ts';
import { formatHttpDate } from '../../domain/http-date.ts';
import type { Snapshot, Transaction } from '../../engines/metadata/metadata-engine.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { type HeadRecord, headRecordType } from '../../records/head-record.ts';
import { keyspace, type ObjectAddress } from '../../records/keyspace.ts';
import type { RecordReader } from '../../records/record-type.ts';
import { isToken } from '../../records/tokens.ts';
import { type ObjectVersion, readVersion, type VersionRecord, versionIdOf } from '../../records/version-record.ts';

/** Which version of which object a request is about; without a version id, the newest. */
export interface VersionAddress {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly versionId: string | undefined;
}

/** Reads one object version for a client. Throws NoSuchKey, NoSuchVersion, or VersionIsDeleteMarker. */
export function findVersion(snapshot: Snapshot, target: VersionAddress): MaybePromise<ObjectVersion> {
  const address = { bucketId: target.bucket.id, key: target.key };
  const { versionId } = target;
  if (versionId !== undefined) {
    return whenReady(readNamedVersion(snapshot, address, versionId), (version) =>
      requireObject(version, { Key: target.key, VersionId: versionId }),
    );
  }
  return whenReady(readVersion(snapshot, keyspace.current(address)), (current) => {
    if (current) return current as ObjectVersion;
    return whenReady(readNewestMarker(snapshot, target), (marker) => {
      throw noSuchKey(target.key, marker);
    });
  });
}

/** The delete marker that hides the older versions of a key without a current one. */
export function readNewestMarker(
  snapshot: Snapshot | Transaction,
  { bucket, key }: VersionAddress,
): MaybePromise<VersionRecord | undefined> {
  if (bucket.versioning === 'unversioned') return undefined;
  const address = { bucketId: bucket.id, key };
  return whenReady(readHead(snapshot, address), (head) => head && readNoncurrent(snapshot, address, head.newest));
}

/** S3 names the delete marker in headers. */
export function noSuchKey(key: string, marker: VersionRecord | undefined): StorageError {
  return new StorageError('NoSuchKey', {
    fields: { Key: key },
    headers: marker ? { 'x-amz-delete-marker': 'true', 'x-amz-version-id': versionIdOf(marker) } : undefined,
  });
}

function requireObject(
  version: VersionRecord | undefined,
  fields: { readonly Key: string; readonly VersionId: string },
): ObjectVersion {
  if (!version) throw new StorageError('NoSuchVersion', { fields });
  if (version.kind === 'object') return version;
  throw versionIsDeleteMarker(version, 'GET');
}

/** A delete marker can be deleted, and nothing else. */
export function versionIsDeleteMarker(version: VersionRecord, method: 'GET' | 'PUT'): StorageError {
  return new StorageError('VersionIsDeleteMarker', {
    fields: { Method: method, ResourceType: 'DeleteMarker' },
    headers: {
      Allow: 'DELETE',
      'x-amz-delete-marker': 'true',
      'x-amz-version-id': versionIdOf(version),
      'Last-Modified': formatHttpDate(version.lastModified),
    },
  });
}

/**
 * The version or delete marker with this id, as S3 shows ids: `null` or a token. It may be in two places, and changes
 * move it from one to the other, so `reader` is a snapshot or a transaction.
 */
export function readNamedVersion(
  reader: Snapshot | Transaction,
  address: ObjectAddress,
  versionId: string,
): MaybePromise<VersionRecord | undefined> {
  return whenReady(readVersion(reader, keyspace.current(address)), (current) => {
    if (current && versionIdOf(current) === versionId) return current;
    return whenReady(tokenOfNoncurrent(reader, address, versionId), (token) =>
      whenReady(readNoncurrent(reader, address, token), (version) =>
        version && versionIdOf(version) === versionId ? version : undefined,
      ),
    );
  });
}

function tokenOfNoncurrent(
  reader: RecordReader,
  address: ObjectAddress,
  versionId: string,
): MaybePromise<string | undefined> {
  if (versionId !== 'null') return versionId;
  return whenReady(readHead(reader, address), (head) => head?.nullToken);
}

/** What stands beside the current version of a key, where there is anything. */
export function readHead(reader: RecordReader, address: ObjectAddress): MaybePromise<HeadRecord | undefined> {
  return whenReady(reader.get(keyspace.head(address)), (bytes) => bytes && headRecordType.decode(bytes));
}

function readNoncurrent(
  reader: RecordReader,
  address: ObjectAddress,
  token: string | undefined,
): MaybePromise<VersionRecord | undefined> {
  if (token === undefined || !isToken(token)) return undefined;
  return readVersion(reader, keyspace.noncurrent(address, token));
}
