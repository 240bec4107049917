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

/**
 * Makes `version` the newest of its key, as the bucket's versioning state says; a replica that is older than what is
 * there takes its place among the others, so that in the end all replicas agree. Answers at once where all that it reads
 * is there at once.
 */
export function insertVersion(tx: Transaction, insertion: Insertion, version: NewVersion): MaybePromise<VersionRecord> {
  const { bucket, versions } = insertion;
  const newest = versions.head?.newest ?? versions.current?.token;
  return whenReady(identify(tx, insertion, { version, newest }), (record) => {
    if (record.kind === 'object') noteForeignOwner(tx, bucket, record);
    const isBehind = newest !== undefined && newest < record.token;
    const placed = isBehind ? placeBehind(tx, versions, { record, newest }) : placeNewest(tx, insertion, record);
    return whenReady(placed, (growth) =>
      whenReady(countGrowth(tx, insertion, { record, growth }), () =>
        whenReady(tellOfNew(tx, insertion, record), () => record),
      ),
    );
  });
}

/** The version with what makes it one of its key. Throws what `requireNewReplica` throws. */
function identify(
  tx: Transaction,
  { bucket, versions, ownerAccountId, context, lastModified, replica }: Insertion,
  { version, newest }: { readonly version: NewVersion; readonly newest: string | undefined },
): MaybePromise<VersionRecord> {
  const now = context.clock.now();
  const record = {
    ...version,
    token: replica?.token ?? nextVersionToken(now, newest, context.random),
    isNull: bucket.versioning !== 'enabled',
    lastModified: replica?.lastModified ?? lastModified ?? now,
    ownerAccountId,
  } as VersionRecord;
  if (replica) {
    const marked = { ...record, ...replicaMark(record) };
    return whenReady(requireNewReplica(tx, { bucket, versions, now }, replica), () =>
      withBucketMarks(tx, { bucket, now, context }, marked),
    );
  }
  return withBucketMarks(tx, { bucket, now, context }, record);
}

/** What the bucket and the store say of a new version that its writer did not. */
function withBucketMarks(
  tx: Transaction,
  { bucket, now, context }: { readonly bucket: BucketRecord; readonly now: number; readonly context: ServiceContext },
  record: VersionRecord,
): MaybePromise<VersionRecord> {
  if (record.kind !== 'object') return record;
  const mark = context.coldBlobs && archiveMark(record);
  const marked = mark ? { ...record, ...mark } : record;
  if (bucket.objectLock?.defaultRetention === undefined) return marked;
  return withDefaultRetention(tx, { bucket, now }, marked);
}

/** The gate asks less of buckets in which everything is their owner's. */
function noteForeignOwner(tx: Transaction, bucket: BucketRecord, { ownerAccountId }: ObjectVersion): void {
  if (ownerAccountId === bucket.ownerAccountId || bucket.hasForeignObjects) return;
  const shared = { ...bucket, hasForeignObjects: true };
  writeRecord(tx, { type: bucketRecordType, key: keyspace.bucket(bucket.name) }, shared);
}

/** By how much a commit changes what its bucket holds. */
interface Growth {
  readonly objects: number;
  readonly versions: number;
  readonly bytes: number;
}

function placeBehind(
  tx: Transaction,
  { address, head }: KeyVersions,
  { record, newest }: { readonly record: VersionRecord; readonly newest: string },
): Growth {
  writeRecord(tx, { type: versionRecordType, key: keyspace.noncurrent(address, record.token) }, record);
  writeRecord(tx, { type: headRecordType, key: keyspace.head(address) }, { newest, nullToken: head?.nullToken });
  return { objects: 0, versions: 1, bytes: storedBytes(record) };
}

function placeNewest(tx: Transaction, change: VersionChange, record: VersionRecord): MaybePromise<Growth> {
  const { address, current, head } = change.versions;
  return whenReady(replaceNull(tx, change, record), (left) => {
    const { replaced } = left;
    let { nullToken, outsideCurrent } = left;
    if (current && current !== replaced) {
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
    return {
      objects: (record.kind === 'object' ? 1 : 0) - (current ? 1 : 0),
      versions: replaced ? 0 : 1,
      bytes: storedBytes(record) - (replaced ? storedBytes(replaced) : 0),
    };
  });
}

/** What is left of a key when a new version has taken the place of the null version, if it is to. */
interface NullReplaced {
  readonly replaced: VersionRecord | undefined;
  /** Of the null version, where there is one still, and it is not the current one. */
  readonly nullToken: string | undefined;
  /** There are versions that do not stand in `current`. */
  readonly outsideCurrent: boolean;
}

/** A null version takes the place of the one there is, wherever that stands: no key has two. Nothing breaks its lock. */
function replaceNull(
  tx: Transaction,
  { bucket, versions, context }: VersionChange,
  record: VersionRecord,
): MaybePromise<NullReplaced> {
  const { address, current, head } = versions;
  const nullToken = head?.nullToken;
  const outsideCurrent = head !== undefined;
  if (record.isNull && nullToken !== undefined) {
    return whenReady(dropNoncurrent(tx, { bucket, versions, context }, nullToken), (replaced) =>
      whenReady(tx.range(spans.noncurrentOfKey(address, 1)), (left) => ({
        replaced,
        nullToken: undefined,
        outsideCurrent: left.length > 0,
      })),
    );
  }
  if (record.isNull && current?.isNull) {
    const replaced = { replaced: current, nullToken, outsideCurrent };
    return whenReady(forget(tx, { bucket, versions, context }, current), () => replaced);
  }
  return { replaced: undefined, nullToken, outsideCurrent };
}

/** Throws QuotaExceeded. */
function countGrowth(
  tx: Transaction,
  { bucket, creation, uploadedBytes = 0 }: Insertion,
  { record, growth }: { readonly record: VersionRecord; readonly growth: Growth },
): MaybePromise<void> {
  const { objects, versions, bytes } = growth;
  addUsage(tx, bucket, { objects, versions, bytes, uploads: 0, uploadBytes: -uploadedBytes });
  // A marker is a deletion, which nobody is ever refused for having too much; what is renamed is there already.
  if (!hasQuota(bucket) || record.kind !== 'object' || creation === 'rename') return;
  return checkQuotas(tx, bucket, { objects: versions, bytes: bytes - uploadedBytes });
}

/** Whoever follows changes learns of a version that has come to be. */
function tellOfNew(
  tx: Transaction,
  { bucket, versions, context, origin = byServer, creation }: Insertion,
  record: VersionRecord,
): Promise<void> | undefined {
  const { key } = versions.address;
  return recordChange(
    tx,
    record.kind === 'object'
      ? { bucket, key, origin, kind: 'created', creation, version: record }
      : { bucket, key, origin, kind: 'marked', version: record },
    context,
  );
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
export function removeVersion(tx: Transaction, change: VersionChange, version: VersionRecord): MaybePromise<void> {
  const { bucket, versions, context, origin = byServer } = change;
  const { address, current, head } = versions;
  return whenReady(forget(tx, change, version), () => {
    const wasCurrent = current?.token === version.token;
    addUsage(tx, bucket, { objects: wasCurrent ? -1 : 0, versions: -1, bytes: -storedBytes(version) });
    tx.delete(wasCurrent ? keyspace.current(address) : keyspace.noncurrent(address, version.token));
    const remaining = wasCurrent ? undefined : current;
    const nullToken = head?.nullToken === version.token ? undefined : head?.nullToken;
    const settled = head && settleHead(tx, change, { current: remaining, nullToken });
    const removal = { kind: 'removed', bucket, key: address.key, origin, version } as const;
    return whenReady(settled, () => recordChange(tx, removal, context));
  });
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
function forget(
  tx: Transaction,
  { bucket, context, mayBypassGovernance = false }: VersionChange,
  version: VersionRecord,
): MaybePromise<void> {
  if (version.kind !== 'object') return;
  checkRemoval(version, { now: context.clock.now(), mayBypassGovernance });
  if (version.annotations) leaveAnnotations(tx, { bucketId: bucket.id, token: version.token }, context);
  return unlinkContent(tx, version.content, context);
}
