import { type Entry, readCounters, type Transaction } from '../../engines/metadata/metadata-engine.ts';
import { blobRecordType } from '../../records/blob-record.ts';
import { keyParts, keyspace, spans } from '../../records/keyspace.ts';
import { type ReclaimRecord, reclaimRecordType } from '../../records/reclaim-record.ts';
import { type RecordReader, readRecord, writeRecord } from '../../records/record-type.ts';
import { nextTimedId } from '../../records/tokens.ts';
import { type ManifestPart, manifestRecordType, partRecordType } from '../../records/upload-record.ts';
import { addUsage, type UsageOwner } from '../../records/usage-record.ts';
import type { Content, StoredForm } from '../../records/version-record.ts';
import { reclaimAnnotations } from '../annotations/leave-annotations.ts';
import type { ServiceContext } from '../service-context.ts';
import { blobsOf } from './blobs-of.ts';
import { leaveToReclaim, unlinkContent } from './link-content.ts';
import { readLeaseEnd } from './read-content.ts';
import { condemnedMilliseconds } from './stage-content.ts';

/** Entries that are worked on before the worker looks whether it shall stop. */
const batchSize = 100;

/** When an entry that failed is tried again: others must not wait for it. */
const afterFailureMilliseconds = 10 * 60_000;

/**
 * Works off what is due on the reclaim list. Every step may be repeated after a crash: an entry is removed only when
 * what it speaks of is gone. One that fails (a medium that refuses a deletion) is put off, and the rest goes on. Answers
 * how many entries were worked off, and whether more may be due.
 */
export async function reclaimDue(context: ServiceContext): Promise<{ reclaimed: number; busy: boolean }> {
  const entries = await context.metadata.range(spans.reclaimDue(context.clock.now(), batchSize));
  let reclaimed = 0;
  for (const entry of entries) {
    try {
      await reclaimEntry(context, entry);
      reclaimed++;
    } catch (error) {
      context.logger.error({ err: error, entry: keyParts.reclaimId(entry.key) }, 'reclaiming failed; it is put off');
      await putOff(context, entry);
    }
  }
  return { reclaimed, busy: entries.length === batchSize };
}

async function reclaimEntry(context: ServiceContext, entry: Entry): Promise<void> {
  const record = reclaimRecordType.decode(entry.value);
  if (record.kind === 'content') await reclaimContent(context, entry.key, record.content);
  else if (record.kind === 'parts-of-upload') await reclaimParts(context, entry.key, record);
  else if (record.kind === 'bucket') await reclaimBucket(context, entry.key, usageOwnerOf(record));
  else if (record.kind === 'annotations') await reclaimAnnotations(context, entry.key, record);
  else if (record.kind === 'client-token') await forgetClientToken(context, entry.key, record);
  else await reclaimCompletedUpload(context, entry.key, record);
}

/** As it is: what does not decode may do so for the next version of the program. */
async function putOff({ metadata, clock }: ServiceContext, { key, value }: Entry): Promise<void> {
  await metadata.transact(async (tx) => {
    // Its failure may have come after its effect.
    if ((await tx.get(key)) === undefined) return;
    const laterKey = (dueAt: number) => keyspace.reclaim(dueAt, keyParts.reclaimId(key));
    let dueAt = clock.now() + afterFailureMilliseconds;
    while ((await tx.get(laterKey(dueAt))) !== undefined) dueAt++;
    tx.delete(key);
    tx.put(laterKey(dueAt), value);
  });
}

async function reclaimContent(context: ServiceContext, entryKey: Buffer, content: Content): Promise<void> {
  if (content.kind === 'parts') return reclaimManifest(context, entryKey, content.id);
  if (content.kind === 'blob') await blobsOf(context, content.form).delete(content.id);
  await context.metadata.transact((tx) => {
    if (content.kind === 'blob') tx.delete(keyspace.blob(content.id));
    if (content.kind === 'inline') tx.delete(keyspace.inlineContent(content.id));
    tx.delete(entryKey);
  });
}

/** The parts of an object, one by one, then the list of them; later while somebody still downloads it. */
async function reclaimManifest(context: ServiceContext, entryKey: Buffer, manifestId: string): Promise<void> {
  const { metadata, clock, random } = context;
  const now = clock.now();
  const leases = await metadata.range(spans.readLeases(manifestId, batchSize));
  const latest = leases.reduce((end, lease) => Math.max(end, readLeaseEnd(lease.value)), 0);
  if (latest <= now && leases.length === batchSize) {
    // Left behind by processes that died; there may be others behind them.
    await metadata.transact((tx) => {
      for (const lease of leases) tx.delete(lease.key);
    });
    return reclaimManifest(context, entryKey, manifestId);
  }
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
  const contents = await unsharedParts(context, manifestId);
  for (const content of contents) {
    if (content.kind === 'blob') await blobsOf(context, content.form).delete(content.id);
  }
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

function usageOwnerOf(left: { readonly bucketId: string; readonly ownerAccountId: string | undefined }): UsageOwner {
  return { id: left.bucketId, ownerAccountId: left.ownerAccountId };
}

/**
 * The parts that nothing else links to. Of the others (an object was appended to, and a copy of it was made before) the
 * list lets go first, so that a crash afterwards cannot make it let go twice. Nothing links to a list that is reclaimed,
 * hence nothing can begin to link to its parts either.
 */
async function unsharedParts({ metadata }: ServiceContext, manifestId: string): Promise<readonly Content[]> {
  const manifestKey = keyspace.manifest(manifestId);
  const manifest = await readRecord(metadata, manifestRecordType, manifestKey);
  if (!manifest) return [];
  const isShared = async (reader: RecordReader, { content }: ManifestPart) =>
    content.kind !== 'empty' && (readCounters(await reader.get(keyspace.links(content.id)), 1)[0] ?? 0) > 0;
  let anyShared = false;
  for (const part of manifest.parts) anyShared ||= await isShared(metadata, part);
  if (!anyShared) return manifest.parts.map(({ content }) => content);
  const left = await metadata.transact(async (tx) => {
    const unshared: ManifestPart[] = [];
    for (const part of (await readRecord(tx, manifestRecordType, manifestKey))?.parts ?? []) {
      if (part.content.kind === 'empty' || !(await isShared(tx, part))) unshared.push(part);
      else tx.add(keyspace.links(part.content.id), [-1]);
    }
    writeRecord(tx, { type: manifestRecordType, key: manifestKey }, { parts: unshared });
    return unshared;
  });
  return left.map(({ content }) => content);
}

type PartsOfUpload = Extract<ReclaimRecord, { kind: 'parts-of-upload' }>;

/** Unlinks what parts are left under an upload's id; their bytes become entries of their own. */
async function reclaimParts(context: ServiceContext, entryKey: Buffer, record: PartsOfUpload): Promise<void> {
  for (;;) {
    const entries = await context.metadata.range(spans.parts(record.uploadId, 0, batchSize));
    await context.metadata.transact(async (tx) => {
      for (const entry of entries) await dropPart(tx, { context, bucket: usageOwnerOf(record) }, entry.key);
      if (entries.length < batchSize) tx.delete(entryKey);
    });
    if (entries.length < batchSize) return;
  }
}

async function dropPart(
  tx: Transaction,
  { context, bucket }: { context: ServiceContext; bucket: UsageOwner },
  key: Buffer,
): Promise<void> {
  const part = await readRecord(tx, partRecordType, key);
  if (!part) return;
  tx.delete(key);
  addUsage(tx, bucket, { uploadBytes: -part.size });
  await unlinkContent(tx, part.content, context);
}

/** The uploads that were open in a bucket when it was deleted, and what is known of its lists. */
async function reclaimBucket(context: ServiceContext, entryKey: Buffer, bucket: UsageOwner): Promise<void> {
  for (;;) {
    const lists = await context.metadata.range(spans.inventoriesOf(bucket.id, batchSize));
    if (lists.length === 0) break;
    await context.metadata.transact((tx) => {
      for (const { key } of lists) tx.delete(key);
    });
  }
  for (;;) {
    const entries = await context.metadata.range(spans.uploads(bucket.id, { kind: 'at-key', key: '' }, batchSize));
    const now = context.clock.now();
    await context.metadata.transact(async (tx) => {
      // Point reads: an upload that is aborted meanwhile has been taken off the counters already.
      const stillOpen = await tx.getMany(entries.map(({ key }) => key));
      for (const [i, { key }] of entries.entries()) {
        if (!stillOpen[i]) continue;
        const uploadId = keyParts.tokenOfEnded(key);
        tx.delete(key);
        addUsage(tx, bucket, { uploads: -1 });
        const parts = { kind: 'parts-of-upload', uploadId, bucketId: bucket.id } as const;
        leaveToReclaim(tx, { ...parts, ownerAccountId: bucket.ownerAccountId }, { id: uploadId, dueAt: now });
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

async function forgetClientToken(
  context: ServiceContext,
  entryKey: Buffer,
  { bucketId, tokenHash }: Extract<ReclaimRecord, { kind: 'client-token' }>,
): Promise<void> {
  await context.metadata.transact((tx) => {
    tx.delete(keyspace.clientToken(bucketId, tokenHash));
    tx.delete(entryKey);
  });
}

/**
 * Deletes blobs that no record speaks of: what a crash left between staging and commit. Only those last written before
 * `writtenBefore` (milliseconds since the epoch) are looked at, so that uploads in progress are left in peace. That is a
 * courtesy; what makes it safe is that each blob is condemned first, by a record that its own commit would meet.
 */
export async function reclaimOrphans(
  context: ServiceContext,
  { writtenBefore, signal }: { writtenBefore: number; signal: AbortSignal },
): Promise<number> {
  let orphans = 0;
  for (const form of context.coldBlobs ? [undefined, cold] : [undefined]) {
    for await (const blob of blobsOf(context, form).scan()) {
      if (signal.aborted) break;
      if (blob.writtenAt >= writtenBefore) continue;
      try {
        if (await reclaimOrphan(context, blob.id, form)) orphans++;
      } catch (error) {
        context.logger.error({ err: error, blob: blob.id }, 'a blob that a crash had left behind could not be removed');
      }
    }
  }
  if (orphans > 0) context.logger.info({ orphans }, 'removed blobs that a crash had left behind');
  return orphans;
}

const cold: StoredForm = { isCold: true };

async function reclaimOrphan(context: ServiceContext, id: string, form: StoredForm | undefined): Promise<boolean> {
  const key = keyspace.blob(id);
  const isInUse = (record: Buffer | undefined) => record && blobRecordType.decode(record).length !== undefined;
  // A plain read first: nearly every blob is in use.
  if (isInUse(await context.metadata.get(key))) return false;
  const isCondemned = await context.metadata.transact(async (tx) => {
    const record = await tx.get(key);
    if (isInUse(record)) return false;
    if (record === undefined) condemn(context, tx, { id, form });
    return true;
  });
  if (!isCondemned) return false;
  await blobsOf(context, form).delete(id);
  return true;
}

/**
 * Deletes the leases that have run out of readers that died. Whoever reclaims a content removes those on it; what is left
 * are leases that a reader took, after a long pause, on a content that was gone already.
 */
export async function forgetReaders({ metadata, clock }: ServiceContext): Promise<void> {
  for (let after: Buffer | undefined; ; ) {
    const leases = await metadata.range(spans.table('readLease', after, batchSize));
    const hasEnded = (lease: Buffer | undefined) => lease !== undefined && readLeaseEnd(lease) <= clock.now();
    const ended = leases.filter(({ value }) => hasEnded(value)).map(({ key }) => key);
    if (ended.length > 0) {
      await metadata.transact(async (tx) => {
        // Point reads: its reader may be alive after all, and renew it.
        const now = await tx.getMany(ended);
        for (const [i, key] of ended.entries()) if (hasEnded(now[i])) tx.delete(key);
      });
    }
    if (leases.length < batchSize) return;
    after = leases.at(-1)!.key;
  }
}

/** The record stays until nobody can be left who would commit the blob. */
function condemn(
  { clock }: ServiceContext,
  tx: Transaction,
  { id, form }: { id: string; form: StoredForm | undefined },
): void {
  writeRecord(tx, { type: blobRecordType, key: keyspace.blob(id) }, { length: undefined, isCold: form?.isCold });
  const dueAt = clock.now() + condemnedMilliseconds;
  leaveToReclaim(tx, { kind: 'content', content: { kind: 'blob', id, form } }, { id, dueAt });
}
