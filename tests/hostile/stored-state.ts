import assert from 'node:assert/strict';
import { bucketRecordType } from '../../src/records/bucket-record.ts';
import { keyspace, spans } from '../../src/records/keyspace.ts';
import { readUsage, type Usage } from '../../src/records/usage-record.ts';
import type { TestServer } from '../s3-server.ts';

/** How many rows the tables hold that an upload touches, and the blobs: what a failed request may not change. */
export interface StoredState {
  readonly rows: Readonly<Record<string, number>>;
  readonly blobs: number;
  readonly usage: Usage;
}

const tables = [
  'current',
  'noncurrent',
  'upload',
  'part',
  'inlineContent',
  'blob',
  'manifest',
  'links',
  'reclaim',
] as const;

/** Taken when everything due for reclaim has been reclaimed. */
export async function storedState(server: TestServer, bucket: string): Promise<StoredState> {
  await server.reclaim();
  const { metadata, blobs } = server.context;
  const rows: Record<string, number> = {};
  for (const table of tables) rows[table] = (await metadata.range(spans.table(table, undefined, 10_000))).length;
  const record = await metadata.get(keyspace.bucket(bucket));
  assert.ok(record, `the bucket ${bucket} exists`);
  const usage = await readUsage(metadata, bucketRecordType.decode(record).id);
  return { rows, blobs: (await Array.fromAsync(blobs.scan())).length, usage };
}
