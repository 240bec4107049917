import { StorageError } from '../../domain/errors.ts';
import { formatHttpDate } from '../../domain/http-date.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { headRecordType } from '../../records/head-record.ts';
import { keyspace, type ObjectAddress } from '../../records/keyspace.ts';
import { type RecordReader, readRecord } from '../../records/record-type.ts';
import { isToken } from '../../records/tokens.ts';
import {
  type ObjectVersion,
  type VersionRecord,
  versionIdOf,
  versionRecordType,
} from '../../records/version-record.ts';

/** Which version of which object a request is about; without a version id, the newest. */
export interface VersionAddress {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly versionId: string | undefined;
}

/** Reads one object version for a client. Throws NoSuchKey, NoSuchVersion, or VersionIsDeleteMarker. */
export async function findVersion(reader: RecordReader, target: VersionAddress): Promise<ObjectVersion> {
  const address = { bucketId: target.bucket.id, key: target.key };
  if (target.versionId !== undefined) return findNamedVersion(reader, address, target.versionId);
  const current = await readRecord(reader, versionRecordType, keyspace.current(address));
  if (current) return current as ObjectVersion;
  throw await missingCurrent(reader, target);
}

/** Why there is no current version: a delete marker (S3 names it in headers), or nothing at all. */
export async function missingCurrent(reader: RecordReader, { bucket, key }: VersionAddress): Promise<StorageError> {
  const address = { bucketId: bucket.id, key };
  const head =
    bucket.versioning === 'unversioned' ? undefined : await readRecord(reader, headRecordType, keyspace.head(address));
  const marker = head && (await readRecord(reader, versionRecordType, keyspace.noncurrent(address, head.newest)));
  return new StorageError('NoSuchKey', {
    fields: { Key: key },
    headers: marker ? { 'x-amz-delete-marker': 'true', 'x-amz-version-id': versionIdOf(marker) } : undefined,
  });
}

async function findNamedVersion(
  reader: RecordReader,
  address: ObjectAddress,
  versionId: string,
): Promise<ObjectVersion> {
  const version = await readNamedVersion(reader, address, versionId);
  if (!version) {
    throw new StorageError('NoSuchVersion', { fields: { Key: address.key, VersionId: versionId } });
  }
  if (version.kind === 'object') return version;
  throw new StorageError('VersionIsDeleteMarker', {
    fields: { Method: 'GET', ResourceType: 'DeleteMarker' },
    headers: {
      Allow: 'DELETE',
      'x-amz-delete-marker': 'true',
      'x-amz-version-id': versionIdOf(version),
      'Last-Modified': formatHttpDate(version.lastModified),
    },
  });
}

/**
 * The version or delete marker with this id, as S3 shows ids: `null` or a token. Outside of a transaction the places are
 * read one after the other, and deleting the newest version moves the next one from the second place to the first, while
 * one null version may replace another: so what names the newest version is looked at until it stays as it is.
 */
export async function readNamedVersion(
  reader: RecordReader,
  address: ObjectAddress,
  versionId: string,
): Promise<VersionRecord | undefined> {
  const readHead = () => readRecord(reader, headRecordType, keyspace.head(address));
  const readCurrent = () => readRecord(reader, versionRecordType, keyspace.current(address));
  let current = await readCurrent();
  if (current && versionIdOf(current) === versionId) return current;
  let head = await readHead();
  for (;;) {
    const version = await readNoncurrent(reader, address, versionId === 'null' ? head?.nullToken : versionId);
    if (version && versionIdOf(version) === versionId) return version;
    const now = await readCurrent();
    if (now && versionIdOf(now) === versionId) return now;
    const headNow = await readHead();
    if (now?.token === current?.token && headNow?.newest === head?.newest) return undefined;
    current = now;
    head = headNow;
  }
}

async function readNoncurrent(
  reader: RecordReader,
  address: ObjectAddress,
  token: string | undefined,
): Promise<VersionRecord | undefined> {
  if (token === undefined || !isToken(token)) return undefined;
  return readRecord(reader, versionRecordType, keyspace.noncurrent(address, token));
}
