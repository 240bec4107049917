import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openLmdbMetadataEngine } from '../../src/engines/metadata/lmdb/lmdb-metadata-engine.ts';
import type { MetadataEngine } from '../../src/engines/metadata/metadata-engine.ts';
import { MemoryStore, newBucket, putObject } from '../memory-store.ts';

/**
 * One body that waits makes every body of its batch wait, under the write lock of all processes. This one is about
 * speed, which no other test would miss.
 */
test('puts and deletes of plain buckets commit without waiting for anything', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'cairn-test-'));
  const metadata = openLmdbMetadataEngine({ directory, sync: 'relaxed', mapSize: 2 ** 30 });
  after(async () => {
    await metadata.close();
    await rm(directory, { recursive: true });
  });
  let promised = 0;
  const watched: MetadataEngine = {
    get: (key) => metadata.get(key),
    range: (span) => metadata.range(span),
    snapshot: (body) => metadata.snapshot(body),
    close: () => metadata.close(),
    transact: (body) =>
      metadata.transact((tx) => {
        const answer = body(tx);
        if (answer instanceof Promise) promised++;
        return answer;
      }),
  };
  const { blobs } = new MemoryStore();
  const store = new MemoryStore().servicesOver({ metadata: watched, blobs });
  const { accountId } = await store.identity.createAccount({ name: 'owner', email: 'owner@example.com' });
  await store.buckets.create('plain', newBucket(accountId));
  const bucket = await store.buckets.get('plain');
  promised = 0;
  for (const body of ['', 'short', 'another', 'x'.repeat(1000), 'short again']) {
    await putObject(store, { bucket, key: 'key' }, Buffer.from(body));
  }
  assert.equal(promised, 0);
  const target = { key: 'key', versionId: undefined, conditions: {} };
  await store.objects.delete({ bucket, ownerAccountId: accountId }, target);
  await store.objects.delete({ bucket, ownerAccountId: accountId }, target);
  assert.equal(promised, 0);
});
