import { defaultRetentionFrom } from '../../domain/object-lock.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import type { BucketId } from '../../records/keyspace.ts';
import { keyspace } from '../../records/keyspace.ts';
import { lockClockRecordType } from '../../records/lock-clock-record.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import type { ObjectVersion } from '../../records/version-record.ts';

/** How much of a clock's going back may stay unnoticed, so that not every write has to write down how late it is. */
const clockStep = 60_000;

/**
 * The version as its bucket's default retention locks it, unless its writer has locked it already. The period is
 * counted from the latest time that any version of the bucket was locked at: a clock that is set back shortens nothing.
 */
export async function withDefaultRetention<V extends Pick<ObjectVersion, 'retention'>>(
  tx: Transaction,
  { bucket, now }: { readonly bucket: BucketRecord; readonly now: number },
  version: V,
): Promise<V> {
  const defaultRetention = bucket.objectLock?.defaultRetention;
  if (defaultRetention === undefined || version.retention !== undefined) return version;
  const known = await readRecord(tx, lockClockRecordType, keyspace.lockClock(bucket.id));
  const latest = Math.max(now, known?.latest ?? bucket.createdAt);
  if (known === undefined || latest - known.latest >= clockStep) setLockClock(tx, bucket.id, latest);
  return { ...version, retention: defaultRetentionFrom(defaultRetention, latest) };
}

/** Whoever may say what the default retention is may also say that the clock is right now. */
export function setLockClock(tx: Transaction, bucketId: BucketId, now: number): void {
  writeRecord(tx, { type: lockClockRecordType, key: keyspace.lockClock(bucketId) }, { latest: now });
}
