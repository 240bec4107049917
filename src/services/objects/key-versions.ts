import { archiveMark } from '../../domain/archive.ts';
import { checkRemoval } from '../../domain/object-lock.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
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
  readVersion,
  storedBytes,
  type VersionIdentity,
  type VersionRecord,
  versionRecordType,
} from '../../records/version-record.ts';
import { leaveAnnotations } from '../annotations/leave-annotations.ts';
import { byServer, type ChangeOrigin, type Creation, recordChange } from '../changes/object-change.ts';
import { unlinkContent } from '../content/link-content.ts';
import { checkQuotas, hasQuota } from '../quotas/check-quotas.ts';
import type { ServiceContext } from '../service-context.ts';
import { withDefaultRetention } from './default-retention.ts';
import { readHead } from './find-version.ts';
import { type Replica, replicaMark, requireNewReplica } from './replica.ts';

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

export function readKeyVersions(tx: Transaction, bucket: BucketRecord, key: string): MaybePromise<KeyVersions> {
  const address = { bucketId: bucket.id, key };
  return whenReady(readVersion(tx, keyspace.current(address)), (current) => {
    invariant(current?.kind !== 'delete-marker', 'current never holds a delete marker');
    if (bucket.versioning === 'unversioned') return { address, current, head: undefined };
    return whenReady(readHead(tx, address), (head) => ({ address, current, head }));
  });
}

/** A version before it knows its place among the others. */
export type NewVersion = Omit<ObjectVersion, keyof VersionIdentity> | Omit<DeleteMarker, keyof VersionIdentity>;

/** Makes `version` the newest of its key, as the bucket's versioning state says. */
export async function insertVersion(
  tx: Transaction,
  insertion: Insertion,
  version: NewVersion,
): Promise<VersionRecord> {
  const { bucket, versions, ownerAccountId, context, lastModified, replica } = insertion;
  const { uploadedBytes = 0 } = insertion;
  const { address, current, head } = versions;
  const now = context.clock.now();
  const newest = head?.newest ?? current?.token;
  if (replica) await requireNewReplica(tx, { bucket, versions, now }, replica);
  const identity: VersionIdentity = {
    token: replica?.token ?? nextVersionToken(now, newest, context.random),
    isNull: bucket.versioning !== 'enabled',
    lastModified: replica?.lastModified ?? lastModified ?? now,
    ownerAccountId,
  };
  const isLocked = version.kind === 'object' && bucket.objectLock?.defaultRetention !== undefined;
  const made = isLocked ? await withDefaultRetention(tx, { bucket, now }, version) : version;
  const record = {
    ...made,
    ...identity,
    ...(replica && replicaMark(version)),
    ...(context.coldBlobs && version.kind === 'object' && archiveMark(version)),
  } as VersionRecord;
  if (record.kind === 'object' && ownerAccountId !== bucket.ownerAccountId && !bucket.hasForeignObjects) {
    const shared = { ...bucket, hasForeignObjects: true };
    writeRecord(tx, { type: bucketRecordType, key: keyspace.bucket(bucket.name) }, shared);
  }
  if (replica && newest !== undefined && newest < record.token) {
    return insertBehind(tx, { ...insertion, newest }, record);
  }
  let nullToken = head?.nullToken;
  let outsideCurrent = head !== undefined;
  let replaced: VersionRecord | undefined;
  if (record.isNull && nullToken !== undefined) {
    replaced = await dropNoncurrent(tx, { bucket, versions, context }, nullToken);
    nullToken = undefined;
    outsideCurrent = (await tx.range(spans.noncurrentOfKey(address, 1))).length > 0;
  }
  if (current && record.isNull && current.isNull) {
    await forget(tx, { bucket, versions, context }, current);
    replaced = current;
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
  const growth = {
    versions: replaced ? 0 : 1,
    bytes: storedBytes(record) - (replaced ? storedBytes(replaced) : 0),
  };
  addUsage(tx, bucket, {
    objects: (record.kind === 'object' ? 1 : 0) - (current ? 1 : 0),
    ...growth,
    uploadBytes: -uploadedBytes,
  });
  // A marker is a deletion, which nobody is ever refused for having too much.
  if (hasQuota(bucket) && record.kind === 'object') {
    await checkQuotas(tx, bucket, { objects: growth.versions, bytes: growth.bytes - uploadedBytes });
  }
  const told = tellOfNew(tx, insertion, record);
  if (told) await told;
  return record;
}

/** Whoever follows changes learns of a version that has come to be. */
function tellOfNew(
  tx: Transaction,
  { bucket, versions, context, origin = byServer, creation }: Omit<Insertion, 'ownerAccountId'>,
  record: VersionRecord,
): Promise<void> | undefined {
  const change = { bucket, key: versions.address.key, origin };
  return recordChange(
    tx,
    record.kind === 'object'
      ? { ...change, kind: 'created', creation, version: record }
      : { ...change, kind: 'marked', version: record },
    context,
  );
}

/** A replica that is older than what is there takes its place among the others: in the end all replicas agree. */
async function insertBehind(
  tx: Transaction,
  insertion: Omit<Insertion, 'ownerAccountId'> & { readonly newest: string },
  record: VersionRecord,
): Promise<VersionRecord> {
  const { bucket, versions, newest, uploadedBytes = 0 } = insertion;
  const { address, head } = versions;
  writeRecord(tx, { type: versionRecordType, key: keyspace.noncurrent(address, record.token) }, record);
  writeRecord(tx, { type: headRecordType, key: keyspace.head(address) }, { newest, nullToken: head?.nullToken });
  const bytes = storedBytes(record);
  addUsage(tx, bucket, { versions: 1, bytes, uploadBytes: -uploadedBytes });
  if (hasQuota(bucket) && record.kind === 'object') {
    await checkQuotas(tx, bucket, { objects: 1, bytes: bytes - uploadedBytes });
  }
  await tellOfNew(tx, insertion, record);
  return record;
}

interface Insertion extends VersionChange {
  readonly ownerAccountId: string;
  /** By which operation it comes to be; says nothing for delete markers. */
  readonly creation: Creation;
  /** In milliseconds since the epoch, where it is older than the version's token: what is renamed stays as old as it is. */
  readonly lastModified?: number | undefined;
  /** It is the same as a version of another bucket. */
  readonly replica?: Replica | undefined;
  /** How many of its bytes are counted already, as those of parts. */
  readonly uploadedBytes?: number | undefined;
}

interface VersionChange {
  readonly bucket: BucketRecord;
  readonly versions: KeyVersions;
  readonly context: ServiceContext;
  /** Left out: the server itself. */
  readonly origin?: ChangeOrigin | undefined;
  /** Whoever wants a version removed may break GOVERNANCE, and wants to. */
  readonly mayBypassGovernance?: boolean | undefined;
}

/** Removes one version (or, where versioning was never on, the object) for good and makes the next one the newest. Throws ObjectLocked. */
export async function removeVersion(tx: Transaction, change: VersionChange, version: VersionRecord): Promise<void> {
  const { bucket, versions } = change;
  const { address, current, head } = versions;
  await forget(tx, change, version);
  const wasCurrent = current?.token === version.token;
  addUsage(tx, bucket, { objects: wasCurrent ? -1 : 0, versions: -1, bytes: -storedBytes(version) });
  tx.delete(wasCurrent ? keyspace.current(address) : keyspace.noncurrent(address, version.token));
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
    addUsage(tx, bucket, { objects: 1 });
    outside--;
    if (newest.isNull) head = { ...head, nullToken: undefined };
  }
  if (outside === 0) tx.delete(keyspace.head(address));
  else writeRecord(tx, { type: headRecordType, key: keyspace.head(address) }, head);
}

async function dropNoncurrent(
  tx: Transaction,
  change: VersionChange,
  token: string,
): Promise<VersionRecord | undefined> {
  const key = keyspace.noncurrent(change.versions.address, token);
  const version = await readRecord(tx, versionRecordType, key);
  if (!version) return undefined;
  await forget(tx, change, version);
  tx.delete(key);
  return version;
}

/** What belongs to a version that goes. The one way out for versions, whoever wants them gone: throws ObjectLocked. */
async function forget(
  tx: Transaction,
  { bucket, context, mayBypassGovernance = false }: VersionChange,
  version: VersionRecord,
): Promise<void> {
  if (version.kind !== 'object') return;
  checkRemoval(version, { now: context.clock.now(), mayBypassGovernance });
  await unlinkContent(tx, version.content, context);
  if (version.annotations) leaveAnnotations(tx, { bucketId: bucket.id, token: version.token }, context);
}
