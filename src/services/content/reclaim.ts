import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { keyParts, keyspace, spans } from '../../records/keyspace.ts';
import { type ReclaimRecord, reclaimRecordType } from '../../records/reclaim-record.ts';
import { readRecord } from '../../records/record-type.ts';
import { nextTimedId } from '../../records/tokens.ts';
import { manifestRecordType, partRecordType } from '../../records/upload-record.ts';
import { addUsage } from '../../records/usage-record.ts';
import type { Content } from '../../records/version-record.ts';
import type { ServiceContext } from '../service-context.ts';
import { leaveToReclaim, unlinkContent } from './link-content.ts';
import { readLeaseEnd } from './read-content.ts';

/** Entries that are worked on before the worker looks whether it shall stop. */
const batchSize = 100;

/**
 * Works off what is due on the reclaim list. Every step may be repeated after a crash: an entry is removed only when
 * what it speaks of is gone. Answers how many entries were worked off; less than a full batch means nothing is due.
 */
export async function reclaimDue(context: ServiceContext): Promise<{ reclaimed: number; busy: boolean }> {
  const entries = await context.metadata.range(spans.reclaimDue(context.clock.now(), batchSize));
  for (const entry of entries) {
    const record = reclaimRecordType.decode(entry.value);
    if (record.kind === 'content') await reclaimContent(context, entry.key, record.content);
    else if (record.kind === 'parts-of-upload') await reclaimParts(context, entry.key, record);
    else if (record.kind === 'bucket') await reclaimBucket(context, entry.key, record.bucketId);
    else await reclaimCompletedUpload(context, entry.key, record);
  }
  return { reclaimed: entries.length, busy: entries.length === batchSize };
}

async function reclaimContent(context: ServiceContext, entryKey: Buffer, content: Content): Promise<void> {
  if (content.kind === 'parts') return reclaimManifest(context, entryKey, content.id);
  if (content.kind === 'blob') await context.blobs.delete(content.id);
  await context.metadata.transact((tx) => {
    if (content.kind === 'blob') tx.delete(keyspace.blob(content.id));
    if (content.kind === 'inline') tx.delete(keyspace.inlineContent(content.id));
    tx.delete(entryKey);
  });
}

/** The parts of an object, one by one, then the list of them; later while somebody still downloads it. */
async function reclaimManifest(context: ServiceContext, entryKey: Buffer, manifestId: string): Promise<void> {
  const { metadata, blobs, clock, random } = context;
  const now = clock.now();
  const leases = await metadata.range(spans.readLeases(manifestId, batchSize));
  const latest = leases.reduce((end, lease) => Math.max(end, readLeaseEnd(lease.value)), 0);
  if (latest > now) {
    await metadata.transact((tx) => {
      tx.delete(entryKey);
      leaveToReclaim(
        tx,
        { kind: 'content', content: { kind: 'parts', id: manifestId, count: 0 } },
        { id: nextTimedId(now, random), dueAt: latest + 1 },
      );
    });
    return;
  }
  const manifest = await readRecord(metadata, manifestRecordType, keyspace.manifest(manifestId));
  const contents = (manifest?.parts ?? []).map((part) => part.content);
  for (const content of contents) if (content.kind === 'blob') await blobs.delete(content.id);
  await metadata.transact((tx) => {
    for (const content of contents) {
      if (content.kind === 'blob') tx.delete(keyspace.blob(content.id));
      if (content.kind === 'inline') tx.delete(keyspace.inlineContent(content.id));
    }
    for (const lease of leases) tx.delete(lease.key);
    tx.delete(keyspace.manifest(manifestId));
    tx.delete(entryKey);
  });
}

type PartsOfUpload = Extract<ReclaimRecord, { kind: 'parts-of-upload' }>;

/** Unlinks what parts are left under an upload's id; their bytes become entries of their own. */
async function reclaimParts(context: ServiceContext, entryKey: Buffer, record: PartsOfUpload): Promise<void> {
  for (;;) {
    const entries = await context.metadata.range(spans.parts(record.uploadId, 0, batchSize));
    await context.metadata.transact(async (tx) => {
      for (const entry of entries) await dropPart(tx, { context, bucketId: record.bucketId }, entry.key);
      if (entries.length < batchSize) tx.delete(entryKey);
    });
    if (entries.length < batchSize) return;
  }
}

async function dropPart(
  tx: Transaction,
  { context, bucketId }: { context: ServiceContext; bucketId: string },
  key: Buffer,
): Promise<void> {
  const part = await readRecord(tx, partRecordType, key);
  if (!part) return;
  tx.delete(key);
  addUsage(tx, bucketId, { uploadBytes: -part.size });
  await unlinkContent(tx, part.content, context);
}

/** The uploads that were open in a bucket when it was deleted. */
async function reclaimBucket(context: ServiceContext, entryKey: Buffer, bucketId: string): Promise<void> {
  for (;;) {
    const entries = await context.metadata.range(spans.uploads(bucketId, { kind: 'at-key', key: '' }, batchSize));
    const now = context.clock.now();
    await context.metadata.transact(async (tx) => {
      // Point reads: an upload that is aborted meanwhile has been taken off the counters already.
      const stillOpen = await tx.getMany(entries.map(({ key }) => key));
      for (const [i, { key }] of entries.entries()) {
        if (!stillOpen[i]) continue;
        const uploadId = keyParts.tokenOfEnded(key);
        tx.delete(key);
        addUsage(tx, bucketId, { uploads: -1 });
        leaveToReclaim(tx, { kind: 'parts-of-upload', uploadId, bucketId }, { id: uploadId, dueAt: now });
      }
      if (entries.length < batchSize) tx.delete(entryKey);
    });
    if (entries.length < batchSize) return;
  }
}

async function reclaimCompletedUpload(
  context: ServiceContext,
  entryKey: Buffer,
  { address, uploadId }: Extract<ReclaimRecord, { kind: 'completed-upload' }>,
): Promise<void> {
  await context.metadata.transact((tx) => {
    tx.delete(keyspace.completedUpload(address, uploadId));
    tx.delete(entryKey);
  });
}

/**
 * Deletes blobs that no record speaks of: what a crash left between staging and commit. Only those last written before
 * `writtenBefore` (milliseconds since the epoch) are looked at, so that no upload in progress is touched.
 */
export async function reclaimOrphans(
  context: ServiceContext,
  { writtenBefore, signal }: { writtenBefore: number; signal: AbortSignal },
): Promise<number> {
  let orphans = 0;
  for await (const blob of context.blobs.scan()) {
    if (signal.aborted) break;
    if (blob.writtenAt >= writtenBefore) continue;
    if ((await context.metadata.get(keyspace.blob(blob.id))) !== undefined) continue;
    await context.blobs.delete(blob.id);
    orphans++;
  }
  if (orphans > 0) context.logger.info({ orphans }, 'removed blobs that a crash had left behind');
  return orphans;
}
