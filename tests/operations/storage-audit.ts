import assert from 'node:assert/strict';
import { readCounters } from '../../src/engines/metadata/metadata-engine.ts';
import { type BucketId, keyParts, keyspace, spans } from '../../src/records/keyspace.ts';
import { reclaimRecordType } from '../../src/records/reclaim-record.ts';
import { readRecord } from '../../src/records/record-type.ts';
import { manifestRecordType, partRecordType } from '../../src/records/upload-record.ts';
import { readUsage, type Usage } from '../../src/records/usage-record.ts';
import { type Content, versionRecordType } from '../../src/records/version-record.ts';
import type { ServiceContext } from '../../src/services/service-context.ts';

type Table = Parameters<typeof spans.table>[0];

async function tableOf(context: ServiceContext, table: Table) {
  return context.metadata.range(spans.table(table, undefined, 1_000_000));
}

/**
 * Counts everything again from the tables and holds it against what is kept as sums: usage counters and link counters;
 * and demands that every stored content is linked or on the reclaim list, and every linked content stored. For stores
 * of one bucket with one version of each upload's parts.
 */
export async function auditStorage(context: ServiceContext, bucketId: BucketId): Promise<Usage> {
  const usage = await recount(context);
  assert.deepEqual(await readUsage(context.metadata, bucketId), usage, 'usage counters are exact');
  const linked = await linkedContents(context);
  const awaited = await reclaimedContents(context);
  for (const [id, count] of linked) {
    const [extra] = readCounters(await context.metadata.get(keyspace.links(id)), 1);
    assert.equal(extra, count - 1, `extra links of ${id}`);
    assert.ok(!awaited.has(id), `a linked content is not reclaimed: ${id}`);
  }
  const stored = await storedContents(context);
  for (const id of stored) assert.ok(linked.has(id) || awaited.has(id), `content ${id} is linked or reclaimed`);
  for (const id of linked.keys()) assert.ok(stored.has(id), `linked content ${id} is stored`);
  for (const { key } of await tableOf(context, 'links')) {
    assert.ok(linked.has(keyParts.idAfterTable(key)), 'a link counter has a content');
  }
  return usage;
}

/** Nothing but these tables may have something left once everything was deleted and reclaimed. */
export async function auditEmpty(context: ServiceContext): Promise<void> {
  const tables = ['bucket', 'bucketOfAccount', 'usage', 'current', 'noncurrent', 'head', 'upload', 'part'] as const;
  const contents = ['completedUpload', 'inlineContent', 'blob', 'manifest', 'links', 'readLease', 'reclaim'] as const;
  for (const table of [...tables, ...contents]) {
    assert.equal((await tableOf(context, table)).length, 0, `${table} is empty`);
  }
  for await (const { id } of context.blobs.scan()) assert.fail(`blob ${id} is left`);
}

async function recount(context: ServiceContext): Promise<Usage> {
  const current = await tableOf(context, 'current');
  const others = await tableOf(context, 'noncurrent');
  let bytes = 0;
  for (const { value } of [...current, ...others]) {
    const version = versionRecordType.decode(value);
    if (version.kind === 'object') bytes += version.size;
  }
  let uploadBytes = 0;
  for (const { value } of await tableOf(context, 'part')) uploadBytes += partRecordType.decode(value).size;
  const uploads = (await tableOf(context, 'upload')).length;
  return { objects: current.length, versions: current.length + others.length, bytes, uploads, uploadBytes };
}

/** How often each content is linked, by id. */
async function linkedContents(context: ServiceContext): Promise<Map<string, number>> {
  const linked = new Map<string, number>();
  const link = async (content: Content): Promise<void> => {
    if (content.kind === 'empty') return;
    const seen = linked.get(content.id) ?? 0;
    linked.set(content.id, seen + 1);
    if (content.kind === 'parts' && seen === 0) await linkManifest(content.id);
  };
  const linkManifest = async (id: string) => {
    const manifest = await readRecord(context.metadata, manifestRecordType, keyspace.manifest(id));
    for (const part of manifest?.parts ?? []) await link(part.content);
  };
  for (const table of ['current', 'noncurrent'] as const) {
    for (const { value } of await tableOf(context, table)) {
      const version = versionRecordType.decode(value);
      if (version.kind === 'object') await link(version.content);
    }
  }
  for (const { value } of await tableOf(context, 'part')) await link(partRecordType.decode(value).content);
  return linked;
}

async function reclaimedContents(context: ServiceContext): Promise<Set<string>> {
  const awaited = new Set<string>();
  for (const { value } of await tableOf(context, 'reclaim')) {
    const record = reclaimRecordType.decode(value);
    if (record.kind !== 'content' || record.content.kind === 'empty') continue;
    awaited.add(record.content.id);
    if (record.content.kind !== 'parts') continue;
    const manifest = await readRecord(context.metadata, manifestRecordType, keyspace.manifest(record.content.id));
    for (const { content } of manifest?.parts ?? []) if (content.kind !== 'empty') awaited.add(content.id);
  }
  return awaited;
}

async function storedContents(context: ServiceContext): Promise<Set<string>> {
  const stored = new Set<string>();
  for (const table of ['inlineContent', 'manifest'] as const) {
    for (const { key } of await tableOf(context, table)) stored.add(keyParts.idAfterTable(key));
  }
  const records = new Set((await tableOf(context, 'blob')).map(({ key }) => keyParts.idAfterTable(key)));
  for await (const { id } of context.blobs.scan()) {
    stored.add(id);
    assert.ok(records.delete(id), `blob ${id} has a record`);
  }
  assert.equal(records.size, 0, 'a blob record has a blob');
  return stored;
}
