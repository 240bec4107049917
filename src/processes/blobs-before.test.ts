import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryBlobEngine } from '../engines/blobs/memory/memory-blob-engine.ts';
import { blobsBefore } from './blobs-before.ts';

test('a scan shows no blob that a worker of this very server may have staged', async () => {
  let now = 0;
  const clock = { now: () => now, sleep: () => Promise.resolve() };
  const blobs = memoryBlobEngine({ clock });
  const startedAt = 1_000_000;
  const ids = { crashed: 'a'.repeat(32), justNow: 'b'.repeat(32), staged: 'c'.repeat(32) };
  for (const [id, writtenAt] of [
    [ids.crashed, startedAt - 60_000],
    [ids.justNow, startedAt - 4],
    [ids.staged, startedAt + 50],
  ] as const) {
    now = writtenAt;
    const writer = await blobs.create(id);
    await writer.write(Buffer.from('bytes'));
    await writer.commit();
  }
  const seen: string[] = [];
  for await (const blob of blobsBefore(blobs, startedAt).scan()) seen.push(blob.id);
  assert.deepEqual(seen, [ids.crashed]);
});
