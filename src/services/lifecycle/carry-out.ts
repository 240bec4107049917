import { isArchiveClass } from '../../domain/archive.ts';
import type { CompiledLifecycle } from '../../domain/lifecycle/compiled-lifecycle.ts';
import { decideLifecycle, type LifecycleAction, type LifecycleTime } from '../../domain/lifecycle/decide-lifecycle.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { keyspace, spans } from '../../records/keyspace.ts';
import { writeRecord } from '../../records/record-type.ts';
import {
  type ObjectVersion,
  readVersion,
  type VersionRecord,
  versionRecordType,
} from '../../records/version-record.ts';
import { type ChangeOrigin, recordChange } from '../changes/object-change.ts';
import { insertVersion, type KeyVersions, readKeyVersions, removeVersion } from '../objects/key-versions.ts';
import type { ServiceContext } from '../service-context.ts';
import type { DueVersion } from './lifecycle-walk.ts';
import { queuePlacement } from './queue-placement.ts';
import { factsOf, type VersionPlace } from './version-facts.ts';

export const byLifecycle: ChangeOrigin = {
  by: 'lifecycle',
  requestId: undefined,
  accountId: undefined,
  sourceAddress: undefined,
};

export interface CarryingOut {
  readonly context: ServiceContext;
  /** As it is inside the commit. */
  readonly bucket: BucketRecord;
  readonly lifecycle: CompiledLifecycle;
  readonly time: LifecycleTime;
}

/** What was done with one version, and how many bytes it had. */
export interface CarriedOut {
  readonly kind: LifecycleAction['kind'];
  readonly bytes: number;
}

/**
 * Does to one version what the rules ask for, unless they no longer do: it is decided anew inside the commit, by what is
 * there then. Throws ObjectLocked for a version that must stay.
 */
export async function carryOut(tx: Transaction, doing: CarryingOut, due: DueVersion): Promise<CarriedOut | undefined> {
  const { bucket, context, lifecycle, time } = doing;
  const versions = await readKeyVersions(tx, bucket, due.key);
  const found = await findDue(tx, { versions, countsVersions: lifecycle.countsVersions }, due);
  if (!found) return undefined;
  const { version } = found;
  const facts = factsOf(version, due.key, { place: found.place, versioning: bucket.versioning, now: time.now });
  const action = decideLifecycle(lifecycle, facts, time);
  if (action?.kind !== due.action.kind) return undefined;
  const change = { bucket, versions, context, origin: byLifecycle };
  if (action.kind === 'transition') {
    await changeClass(tx, doing, { version: version as ObjectVersion, versions, storageClass: action.storageClass });
  } else if (action.kind === 'expire' && bucket.versioning !== 'unversioned') {
    const { ownerAccountId } = bucket;
    await insertVersion(tx, { ...change, ownerAccountId, creation: 'put' }, { kind: 'delete-marker' });
    return { kind: action.kind, bytes: 0 };
  } else await removeVersion(tx, change, version);
  return { kind: action.kind, bytes: facts.size };
}

interface KnownVersions {
  readonly versions: KeyVersions;
  /** Some rule asks how many newer ones there are. */
  readonly countsVersions: boolean;
}

interface Found {
  readonly version: VersionRecord;
  readonly place: VersionPlace;
}

/**
 * The version and its place as they are now. Whatever changes the key reads and writes its current version or its head,
 * which were read: what ranges show cannot change under this commit.
 */
async function findDue(tx: Transaction, known: KnownVersions, due: DueVersion): Promise<Found | undefined> {
  const { address, current, head } = known.versions;
  const { token } = due.version;
  if (due.isLatest) {
    const place = { successor: undefined, newerNoncurrent: 0 };
    if (current?.token === token) return { version: current, place: { ...place, isAlone: false } };
    if (current || head?.newest !== token) return undefined;
    const [marker, older] = await tx.range(spans.noncurrentOfKey(address, 2));
    if (!marker) return undefined;
    return { version: versionRecordType.decode(marker.value), place: { ...place, isAlone: older === undefined } };
  }
  if (current?.token === token || head === undefined) return undefined;
  const version = await readVersion(tx, keyspace.noncurrent(address, token));
  if (!version) return undefined;
  const place = await placeOf(tx, known, token);
  return place && { version, place };
}

/** More newer versions than a rule can ask to be kept need not be told apart. */
const mostNewer = 101;

async function placeOf(
  tx: Transaction,
  { versions: { address, current }, countsVersions }: KnownVersions,
  token: string,
): Promise<VersionPlace | undefined> {
  const own = keyspace.noncurrent(address, token);
  const { from } = spans.noncurrentOfKey(address, 1);
  const [before] = await tx.range({ from, to: own, limit: 1, reverse: true });
  const successor = before ? versionRecordType.decode(before.value).token : current?.token;
  // The newest after all.
  if (successor === undefined) return undefined;
  const newer = countsVersions ? await tx.range({ from, to: own, limit: mostNewer }) : [];
  const objects = newer.filter(({ value }) => versionRecordType.decode(value).kind === 'object').length;
  // A marker that is the newest of the key stands among them, and is none of them.
  return { successor, newerNoncurrent: objects, isAlone: false };
}

/** The class changes at once; the bytes follow where there is another place for them. */
async function changeClass(
  tx: Transaction,
  { bucket, context }: CarryingOut,
  { version, versions, storageClass }: { version: ObjectVersion; versions: KeyVersions; storageClass: string },
): Promise<void> {
  const { address, current } = versions;
  const isCurrent = current?.token === version.token;
  const changed: ObjectVersion = {
    ...version,
    storageClass,
    ...(context.coldBlobs && isArchiveClass(storageClass) && { isArchived: true }),
  };
  const key = isCurrent ? keyspace.current(address) : keyspace.noncurrent(address, version.token);
  writeRecord(tx, { type: versionRecordType, key }, changed);
  if (context.coldBlobs) {
    const wish = { bucket, key: address.key, token: version.token, dueAt: context.clock.now() };
    queuePlacement(tx, wish, context);
  }
  const change = { bucket, key: address.key, origin: byLifecycle, version: changed } as const;
  await recordChange(tx, { ...change, kind: 'described', aspect: 'storage-class' }, context);
}
