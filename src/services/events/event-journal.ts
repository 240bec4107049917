import type { ObjectEvent } from '../../domain/events/object-event.ts';
import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { type BucketRecord, bucketRecordType } from '../../records/bucket-record.ts';
import { journalRecordType } from '../../records/event-record.ts';
import { type BucketId, keyParts, keyspace, spans } from '../../records/keyspace.ts';
import { listeningSetting } from '../../records/notification-setting.ts';
import { readRecord } from '../../records/record-type.ts';
import type { BucketSettings, SettingsContext } from '../buckets/bucket-settings.ts';
import { readSequence } from './event-outbox.ts';

/** How long a listener is taken to be there after it last said so. */
export const listeningMilliseconds = 120_000;
/** For how long a change stays in the journal: whoever reads slower has lost it. */
const journalMilliseconds = 60_000;
const batchSize = 500;

/**
 * From now on, for a while, changes of the bucket are written to its journal, whichever process makes them. Answers the
 * sequence behind which they are.
 */
export async function beginListening(
  context: SettingsContext,
  settings: BucketSettings,
  bucket: BucketRecord,
): Promise<number> {
  const until = context.clock.now() + listeningMilliseconds;
  await settings.write(bucket, { setting: listeningSetting, value: until });
  return newestSequence(context.metadata, bucket.id);
}

async function newestSequence(metadata: MetadataEngine, bucketId: BucketId): Promise<number> {
  const newest = await metadata.get(keyspace.journalSequence(bucketId));
  return newest === undefined ? 0 : readSequence(newest);
}

/** Changes of a bucket behind a sequence, oldest first. */
export async function readJournal(
  { metadata }: Pick<SettingsContext, 'metadata'>,
  bucketId: BucketId,
  after: number,
): Promise<readonly ObjectEvent[]> {
  const entries = await metadata.range(spans.journalBehind(bucketId, after, batchSize));
  return entries.map(({ value }) => journalRecordType.decode(value));
}

/** Forgets what is old in all journals, and settings of buckets that nobody listens to any more. */
export async function cleanJournals(context: SettingsContext, settings: BucketSettings): Promise<void> {
  let bucketId: BucketId | undefined;
  for (;;) {
    const [first] = await context.metadata.range(spans.journalsBehind(bucketId, 1));
    if (!first) return;
    bucketId = keyParts.bucketId(first.key);
    await cleanJournal(context, settings, bucketId);
  }
}

async function cleanJournal(context: SettingsContext, settings: BucketSettings, bucketId: BucketId): Promise<void> {
  const { metadata, clock } = context;
  const oldest = (clock.now() - journalMilliseconds) * 1000;
  for (;;) {
    const entries = await metadata.range(spans.journalBehind(bucketId, 0, batchSize));
    const old = entries.filter(({ key }) => keyParts.journalSequence(key) < oldest);
    if (old.length > 0) {
      await metadata.transact(async (tx) => {
        for (const { key } of old) tx.delete(key);
        // The sequence goes with the last entry: one that is made meanwhile conflicts.
        const newest = await tx.get(keyspace.journalSequence(bucketId));
        if (newest && readSequence(newest) < oldest) tx.delete(keyspace.journalSequence(bucketId));
      });
    }
    if (old.length < batchSize) {
      const last = old.at(-1);
      if (last && old.length === entries.length) await stopListening(context, settings, last.value);
      return;
    }
  }
}

async function stopListening(context: SettingsContext, settings: BucketSettings, entry: Buffer): Promise<void> {
  const { bucket: name } = journalRecordType.decode(entry);
  const bucket = await readRecord(context.metadata, bucketRecordType, keyspace.bucket(name));
  if (!bucket || bucket.closingSince !== undefined) return;
  const until = await settings.read(bucket, listeningSetting);
  if (until === undefined || until + listeningMilliseconds > context.clock.now()) return;
  await settings.remove(bucket, listeningSetting);
}
