import type { ReplicationConfiguration } from '../../domain/replication/replication-configuration.ts';
import { parseReplicationTarget, targetId } from '../../domain/replication/replication-target.ts';
import { givingWay } from '../../foundation/give-way.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { bucketRecordType } from '../../records/bucket-record.ts';
import { keyspace, type ReplicationPlace, spans } from '../../records/keyspace.ts';
import { readRecord } from '../../records/record-type.ts';
import { destinationHash } from '../../records/replication-record.ts';
import { replicationSetting } from '../../records/replication-setting.ts';
import type { ServiceContext } from '../service-context.ts';
import { move, placesWithEntries, readBacklog, readFirstOfEach, readQueue } from './replication-queue.ts';
import { settleStatus } from './replication-source.ts';
import { readResync } from './resync.ts';

type Reads = Pick<ServiceContext, 'metadata' | 'clock'>;

/** How far one destination of one bucket is behind. */
export interface ReplicationBacklogOf {
  readonly bucket: string;
  /** See `targetId`. */
  readonly target: string;
  readonly waiting: number;
  readonly waitingBytes: number;
  /** How long the first of what waits has waited, in milliseconds. Undefined where nothing waits. */
  readonly lagMilliseconds: number | undefined;
  readonly refused: number;
}

/** The same, with what else an operator asks. */
export interface DestinationStanding extends ReplicationBacklogOf {
  /** Why the first of them was. */
  readonly refusal: string | undefined;
  readonly resync: { readonly seen: number; readonly queued: number; readonly isRunning: boolean } | undefined;
}

/** Every destination of a bucket, or of all buckets that have any. */
export async function* replicationStanding(
  context: Reads,
  { bucket }: { readonly bucket?: string | undefined } = {},
): AsyncGenerator<DestinationStanding, void> {
  for await (const record of bucketsOf(context, bucket)) {
    if (record.settings[replicationSetting.name] === undefined) continue;
    const key = keyspace.bucketSetting(record.id, replicationSetting.name);
    const setting = await readRecord(context.metadata, replicationSetting.type, key);
    for (const target of setting ? targetsOf(setting.value) : []) yield standingOf(context, record, target);
  }
}

async function* bucketsOf({ metadata }: Reads, name: string | undefined): AsyncGenerator<BucketRecord, void> {
  if (name !== undefined) {
    const record = await readRecord(metadata, bucketRecordType, keyspace.bucket(name));
    if (record) yield record;
    return;
  }
  let after: string | undefined;
  for (;;) {
    const entries = await metadata.range(spans.buckets(after, 500));
    for (const { value } of entries) {
      const record = bucketRecordType.decode(value);
      after = record.name;
      yield record;
    }
    if (entries.length < 500) return;
  }
}

function targetsOf({ rules }: ReplicationConfiguration): ReadonlySet<string> {
  return new Set(
    rules.flatMap(({ destination }) => {
      const target = parseReplicationTarget(destination.bucketArn);
      return target ? [targetId(target)] : [];
    }),
  );
}

async function standingOf(context: Reads, bucket: BucketRecord, target: string): Promise<DestinationStanding> {
  const place = { bucketId: bucket.id, destination: destinationHash(target) };
  const failed: ReplicationPlace = { table: 'replicationFailed', ...place };
  const [refused] = await readQueue(context, failed, { limit: 1 });
  const resync = await readResync(context, bucket.id);
  return {
    ...(await backlogOf(context, place, { bucket: bucket.name, target })),
    refusal: refused?.record.failure,
    resync: resync && { seen: resync.seen, queued: resync.queued, isRunning: resync.endedAt === undefined },
  };
}

/** What waits and what was refused, of every destination that either is of, whether or not a rule still names it. */
export async function* replicationBacklogs(context: Reads): AsyncGenerator<ReplicationBacklogOf, void> {
  const giveWay = givingWay(placesAtOnce);
  const seen = new Set<string>();
  for (const table of ['replicationQueue', 'replicationFailed'] as const) {
    for await (const place of placesWithEntries(context, table)) {
      await giveWay();
      const name = `${place.bucketId}/${place.destination}`;
      if (seen.has(name)) continue;
      seen.add(name);
      const [first] = await readQueue(context, place, { limit: 1 });
      if (!first) continue;
      const { bucketId, destination } = place;
      yield await backlogOf(context, { bucketId, destination }, first.record);
    }
  }
}

const placesAtOnce = 50;

async function backlogOf(
  context: Reads,
  place: Omit<ReplicationPlace, 'table'>,
  { bucket, target }: { readonly bucket: string; readonly target: string },
): Promise<ReplicationBacklogOf> {
  const queue: ReplicationPlace = { table: 'replicationQueue', ...place };
  const { entries, bytes } = await readBacklog(context, queue);
  const queuedAt = (await readFirstOfEach(context, queue)).map(({ record }) => record.queuedAt);
  return {
    bucket,
    target,
    waiting: entries,
    waitingBytes: bytes,
    lagMilliseconds: queuedAt.length === 0 ? undefined : Math.max(0, context.clock.now() - Math.min(...queuedAt)),
    refused: (await readBacklog(context, { table: 'replicationFailed', ...place })).entries,
  };
}

/** Puts what destinations have refused back into their queues. Answers how many entries. */
export async function retryRefused(
  context: Pick<ServiceContext, 'metadata'>,
  { bucketId }: { readonly bucketId?: string | undefined },
): Promise<number> {
  let retried = 0;
  for await (const place of placesWithEntries(context, 'replicationFailed')) {
    if (bucketId !== undefined && place.bucketId !== bucketId) continue;
    for (;;) {
      const entries = await readQueue(context, place, { limit: 100 });
      if (entries.length === 0) break;
      retried += await context.metadata.transact(async (tx) => {
        let moved = 0;
        for (const entry of entries) {
          // By now others may have gone before it, and the destination may have it.
          const again = { ...entry, record: { ...entry.record, isExisting: true } };
          if (!(await move(tx, again, { table: 'replicationQueue', failure: undefined }))) continue;
          const { key, token, target } = entry.record;
          await settleStatus(tx, { bucketId: place.bucketId, key }, { token, target, status: 'PENDING' });
          moved++;
        }
        return moved;
      });
    }
  }
  return retried;
}
