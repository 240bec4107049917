import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { invariant } from '../../foundation/invariant.ts';
import { type BucketRecord, bucketRecordType } from '../../records/bucket-record.ts';
import { type HeadRecord, headRecordType } from '../../records/head-record.ts';
import { keyspace, type ObjectAddress, spans } from '../../records/keyspace.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import { nextVersionToken } from '../../records/tokens.ts';
import { addUsage } from '../../records/usage-record.ts';
import {
  type DeleteMarker,
  type ObjectVersion,
  type VersionIdentity,
  type VersionRecord,
  versionRecordType,
} from '../../records/version-record.ts';
import { byServer, type ChangeOrigin, type Creation, recordChange } from '../changes/object-change.ts';
import { unlinkContent } from '../content/link-content.ts';
import type { ServiceContext } from '../service-context.ts';

/**
 * The versions of one key inside one transaction. Each version stands in exactly one place: the newest, unless it is
 * a delete marker, in `current`; everything else in `noncurrent`. A head record exists as long as `noncurrent` holds
 * something of the key; every change reads `current` and `head` and writes one of them, so that two changes of one key
 * always conflict.
 */
export interface KeyVersions {
  readonly address: ObjectAddress;
  readonly current: ObjectVersion | undefined;
  readonly head: HeadRecord | undefined;
}

export async function readKeyVersions(tx: Transaction, bucket: BucketRecord, key: string): Promise<KeyVersions> {
  const address = { bucketId: bucket.id, key };
  const current = await readRecord(tx, versionRecordType, keyspace.current(address));
  invariant(current?.kind !== 'delete-marker', 'current never holds a delete marker');
  const head =
    bucket.versioning === 'unversioned' ? undefined : await readRecord(tx, headRecordType, keyspace.head(address));
  return { address, current, head };
}

/** A version before it knows its place among the others. */
export type NewVersion = Omit<ObjectVersion, keyof VersionIdentity> | Omit<DeleteMarker, keyof VersionIdentity>;

/** Makes `version` the newest of its key, as the bucket's versioning state says. */
export async function insertVersion(
  tx: Transaction,
  { bucket, versions, ownerAccountId, context, origin = byServer, creation }: Insertion,
  version: NewVersion,
): Promise<VersionRecord> {
  const { address, current, head } = versions;
  const now = context.clock.now();
  const identity: VersionIdentity = {
    token: nextVersionToken(now, head?.newest ?? current?.token, context.random),
    isNull: bucket.versioning !== 'enabled',
    lastModified: now,
    ownerAccountId,
  };
  const record = { ...version, ...identity } as VersionRecord;
  if (record.kind === 'object' && ownerAccountId !== bucket.ownerAccountId && !bucket.hasForeignObjects) {
    const shared = { ...bucket, hasForeignObjects: true };
    writeRecord(tx, { type: bucketRecordType, key: keyspace.bucket(bucket.name) }, shared);
  }
  let nullToken = head?.nullToken;
  let outsideCurrent = head !== undefined;
  if (record.isNull && nullToken !== undefined) {
    await dropNoncurrent(tx, { bucket, versions, context }, nullToken);
    nullToken = undefined;
    outsideCurrent = (await tx.range(spans.noncurrentOfKey(address, 1))).length > 0;
  }
  if (current && record.isNull && current.isNull) {
    await forget(tx, { bucket, versions, context }, current);
  } else if (current) {
    writeRecord(tx, { type: versionRecordType, key: keyspace.noncurrent(address, current.token) }, current);
    if (current.isNull) nullToken = current.token;
    outsideCurrent = true;
  }
  if (record.kind === 'object') {
    writeRecord(tx, { type: versionRecordType, key: keyspace.current(address) }, record);
  } else {
    if (current) tx.delete(keyspace.current(address));
    writeRecord(tx, { type: versionRecordType, key: keyspace.noncurrent(address, record.token) }, record);
    if (record.isNull) nullToken = record.token;
    outsideCurrent = true;
  }
  if (outsideCurrent) {
    writeRecord(tx, { type: headRecordType, key: keyspace.head(address) }, { newest: record.token, nullToken });
  } else if (head) {
    tx.delete(keyspace.head(address));
  }
  addUsage(tx, bucket.id, {
    objects: (record.kind === 'object' ? 1 : 0) - (current ? 1 : 0),
    versions: 1,
    bytes: record.kind === 'object' ? record.size : 0,
  });
  const change = { bucket, key: address.key, origin };
  await recordChange(
    tx,
    record.kind === 'object'
      ? { ...change, kind: 'created', creation, version: record }
      : { ...change, kind: 'marked', version: record },
    context,
  );
  return record;
}

interface Insertion extends VersionChange {
  readonly ownerAccountId: string;
  /** By which operation it comes to be; says nothing for delete markers. */
  readonly creation: Creation;
}

interface VersionChange {
  readonly bucket: BucketRecord;
  readonly versions: KeyVersions;
  readonly context: ServiceContext;
  /** Left out: the server itself. */
  readonly origin?: ChangeOrigin | undefined;
}

/** Removes one version (or, where versioning was never on, the object) for good and makes the next one the newest. */
export async function removeVersion(tx: Transaction, change: VersionChange, version: VersionRecord): Promise<void> {
  const { bucket, versions } = change;
  const { address, current, head } = versions;
  await forget(tx, change, version);
  const wasCurrent = current?.token === version.token;
  tx.delete(wasCurrent ? keyspace.current(address) : keyspace.noncurrent(address, version.token));
  if (wasCurrent) addUsage(tx, bucket.id, { objects: -1 });
  if (head) {
    const remaining = wasCurrent ? undefined : current;
    const nullToken = head.nullToken === version.token ? undefined : head.nullToken;
    await settleHead(tx, change, { current: remaining, nullToken });
  }
  const { origin = byServer, context } = change;
  await recordChange(tx, { kind: 'removed', bucket, key: address.key, origin, version }, context);
}

/** After a removal: moves the newest remaining version to `current` unless it is a marker, and rewrites the head. */
async function settleHead(
  tx: Transaction,
  { bucket, versions: { address } }: VersionChange,
  { current, nullToken }: { current: ObjectVersion | undefined; nullToken: string | undefined },
): Promise<void> {
  const rest = await tx.range(spans.noncurrentOfKey(address, 2));
  const newestEntry = rest[0];
  const newest = newestEntry && versionRecordType.decode(newestEntry.value);
  let outside = rest.length;
  let head: HeadRecord = { newest: current?.token ?? newest?.token ?? '', nullToken };
  if (!current && newestEntry && newest?.kind === 'object') {
    // A point read, so that a concurrent removal of this very version conflicts.
    await tx.get(newestEntry.key);
    tx.delete(newestEntry.key);
    tx.put(keyspace.current(address), newestEntry.value);
    addUsage(tx, bucket.id, { objects: 1 });
    outside--;
    if (newest.isNull) head = { ...head, nullToken: undefined };
  }
  if (outside === 0) tx.delete(keyspace.head(address));
  else writeRecord(tx, { type: headRecordType, key: keyspace.head(address) }, head);
}

async function dropNoncurrent(tx: Transaction, change: VersionChange, token: string): Promise<void> {
  const key = keyspace.noncurrent(change.versions.address, token);
  const version = await readRecord(tx, versionRecordType, key);
  if (!version) return;
  await forget(tx, change, version);
  tx.delete(key);
}

/** The bytes and the usage of a version that goes. */
async function forget(tx: Transaction, { bucket, context }: VersionChange, version: VersionRecord): Promise<void> {
  addUsage(tx, bucket.id, { versions: -1, bytes: version.kind === 'object' ? -version.size : 0 });
  if (version.kind === 'object') await unlinkContent(tx, version.content, context);
}
