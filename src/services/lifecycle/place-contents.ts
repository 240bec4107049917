import { belongsInCold } from '../../domain/archive.ts';
import { dueAfter } from '../../domain/lifecycle/lifecycle-days.ts';
import type { Entry, Transaction } from '../../engines/metadata/metadata-engine.ts';
import { bucketRecordType } from '../../records/bucket-record.ts';
import { keyParts, keyspace, spans } from '../../records/keyspace.ts';
import { type PlacementRecord, placementRecordType } from '../../records/placement-record.ts';
import { type RecordReader, readRecord, writeRecord } from '../../records/record-type.ts';
import { type ObjectVersion, readVersion, versionRecordType } from '../../records/version-record.ts';
import { type DescribedAspect, recordChange } from '../changes/object-change.ts';
import { unlinkContent } from '../content/link-content.ts';
import { isOutOfRoom, MoveAbortedError, type MovedContent, moveContent } from '../content/move-content.ts';
import { ContentGoneError } from '../content/read-content.ts';
import type { ServiceContext } from '../service-context.ts';
import { byLifecycle } from './carry-out.ts';
import { dayOf } from './lifecycle-pass.ts';
import { queuePlacement } from './queue-placement.ts';

export interface PlacementWatcher {
  readonly signal: AbortSignal;
  progress(words: string): void;
  count(name: string, amount?: number): void;
}

const batchSize = 50;
const shortestPutOffMilliseconds = 60_000;
const longestPutOffMilliseconds = 3_600_000;

/**
 * Looks at the versions that are due: moves bytes to where their storage class wants them, brings archived ones back, and
 * takes those back whose time is over. Each can be cut off anywhere and begun again.
 */
export async function placeDue(
  context: ServiceContext,
  watcher: PlacementWatcher,
): Promise<{ readonly busy: boolean }> {
  const entries = await context.metadata.range(spans.placementDue(context.clock.now(), batchSize));
  for (const entry of entries) {
    if (watcher.signal.aborted) return { busy: false };
    const startedAt = context.clock.now();
    try {
      await placeOne(context, entry, watcher);
    } catch (error) {
      if (error instanceof MoveAbortedError) return { busy: false };
      await putOff(context, entry, error);
    }
    const worked = Math.max(1, context.clock.now() - startedAt);
    await context.clock.sleep(Math.min(worked, 1000), watcher.signal);
  }
  return { busy: entries.length === batchSize };
}

/** What is to become of a version, in itself and in where it lies. */
interface Plan {
  readonly toCold: boolean;
  readonly restore: ObjectVersion['restore'];
  readonly aspect: DescribedAspect | undefined;
}

function planFor(context: ServiceContext, version: ObjectVersion, { restoreDays }: PlacementRecord): Plan {
  const { restore } = version;
  const now = context.clock.now();
  if (restore && restore.until === undefined && restoreDays !== undefined) {
    const until = dueAfter(now, restoreDays, dayOf(context));
    return { toCold: false, restore: { until }, aspect: 'restored' };
  }
  const isOver = restore?.until !== undefined && restore.until <= now;
  const after = isOver ? { ...version, restore: undefined } : version;
  // While a restore is asked for its own entry is what moves the bytes.
  const toCold = context.coldBlobs !== undefined && belongsInCold(after);
  return { toCold, restore: after.restore, aspect: isOver ? 'restore-expired' : undefined };
}

async function placeOne(context: ServiceContext, entry: Entry, watcher: PlacementWatcher): Promise<void> {
  const record = placementRecordType.decode(entry.value);
  const version = await readByToken(context.metadata, record);
  if (!version) return dropEntry(context, entry);
  const plan = planFor(context, version, record);
  watcher.progress(`${record.bucketName}/${record.key}, ${version.size} bytes`);
  let moved: MovedContent | undefined;
  try {
    moved = await moveContent(context, version.content, { toCold: plan.toCold, signal: watcher.signal });
  } catch (error) {
    // Replaced or changed meanwhile: the next round looks anew. What is lost must not stand in the way of others.
    if (error instanceof ContentGoneError && !(await isUnchanged(context, record, version))) return;
    throw error;
  }
  const isDone = await commitPlacement(context, { entry, record, version, plan, moved });
  if (!isDone) return moved?.discard();
  if (moved) watcher.count(plan.toCold ? 'moved to cold data' : 'brought back', 1);
  if (moved) watcher.count('bytes moved', moved.bytes);
  if (plan.aspect === 'restored') watcher.count('restored');
  if (plan.aspect === 'restore-expired') watcher.count('restores ended');
}

async function readByToken(reader: RecordReader, place: PlacementRecord): Promise<ObjectVersion | undefined> {
  const found = await locate(reader, place);
  return found?.version;
}

/** Two point reads: a version that moves from one place to the other between them is looked at again later. */
async function locate(
  reader: RecordReader,
  { bucketId, key, token }: PlacementRecord,
): Promise<{ readonly version: ObjectVersion; readonly key: Buffer } | undefined> {
  const address = { bucketId, key };
  for (const place of [keyspace.current(address), keyspace.noncurrent(address, token), keyspace.current(address)]) {
    const version = await readVersion(reader, place);
    if (version?.token === token) return version.kind === 'object' ? { version, key: place } : undefined;
  }
  return undefined;
}

async function dropEntry({ metadata }: ServiceContext, { key }: Entry): Promise<void> {
  await metadata.transact((tx) => tx.delete(key));
}

interface Placement {
  readonly entry: Entry;
  readonly record: PlacementRecord;
  /** As it was when the plan was made. */
  readonly version: ObjectVersion;
  readonly plan: Plan;
  readonly moved: MovedContent | undefined;
}

/** False where the version has changed since: nothing was written then, and the entry stays. */
function commitPlacement(
  context: ServiceContext,
  { entry, record, version, plan, moved }: Placement,
): Promise<boolean> {
  return context.metadata.transact(async (tx) => {
    if ((await tx.get(entry.key)) === undefined) return false;
    const bucket = await readRecord(tx, bucketRecordType, keyspace.bucket(record.bucketName));
    const found = bucket?.id === record.bucketId ? await locate(tx, record) : undefined;
    if (!bucket || !found) {
      tx.delete(entry.key);
      return false;
    }
    if (!isSamePlace(found.version, version)) return false;
    if (moved && !(await moved.link(tx))) return false;
    const changed: ObjectVersion = {
      ...found.version,
      content: moved?.content ?? found.version.content,
      restore: plan.restore,
    };
    if (moved || plan.aspect) writeRecord(tx, { type: versionRecordType, key: found.key }, changed);
    if (moved) await unlinkContent(tx, found.version.content, context);
    tx.delete(entry.key);
    if (plan.aspect === 'restored') {
      const dueAt = plan.restore?.until ?? 0;
      queuePlacement(tx, { bucket, key: record.key, token: record.token, dueAt }, context);
    }
    await tellChange(tx, { bucket, record, version: changed, aspect: plan.aspect }, context);
    return true;
  });
}

async function tellChange(
  tx: Transaction,
  change: {
    readonly bucket: Parameters<typeof recordChange>[1]['bucket'];
    readonly record: PlacementRecord;
    readonly version: ObjectVersion;
    readonly aspect: DescribedAspect | undefined;
  },
  context: ServiceContext,
): Promise<void> {
  const { bucket, record, version, aspect } = change;
  if (!aspect) return;
  await recordChange(tx, { kind: 'described', aspect, bucket, key: record.key, origin: byLifecycle, version }, context);
}

/** Whether nothing has changed that the plan stands on. */
function isSamePlace(a: ObjectVersion, b: ObjectVersion): boolean {
  const [left, right] = [a.content, b.content];
  const isSameContent =
    left.kind === 'empty' || right.kind === 'empty'
      ? left.kind === right.kind
      : left.id === right.id && (left.kind !== 'parts' || right.kind !== 'parts' || left.count === right.count);
  return (
    isSameContent &&
    a.storageClass === b.storageClass &&
    a.isArchived === b.isArchived &&
    (a.restore === undefined) === (b.restore === undefined) &&
    a.restore?.until === b.restore?.until
  );
}

async function isUnchanged(
  { metadata }: ServiceContext,
  record: PlacementRecord,
  version: ObjectVersion,
): Promise<boolean> {
  const now = await readByToken(metadata, record);
  return now !== undefined && isSamePlace(now, version);
}

/** A disk that is full or away comes back: the entry waits, longer each time, and lets others go first. */
async function putOff(context: ServiceContext, entry: Entry, error: unknown): Promise<void> {
  const { metadata, clock, logger } = context;
  const what = { err: error, entry: keyParts.placementId(entry.key) };
  if (isOutOfRoom(error)) logger.warn(what, 'there is no room to move an object; it will be tried again');
  else logger.error(what, 'an object could not be moved; it will be tried again');
  await metadata.transact(async (tx) => {
    const record = await readRecord(tx, placementRecordType, entry.key);
    if (!record) return;
    const failures = record.failures + 1;
    const pause = Math.min(longestPutOffMilliseconds, shortestPutOffMilliseconds * 2 ** Math.min(failures - 1, 10));
    tx.delete(entry.key);
    const key = keyspace.placement(clock.now() + pause, keyParts.placementId(entry.key));
    writeRecord(tx, { type: placementRecordType, key }, { ...record, failures });
  });
}
