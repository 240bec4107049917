import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetadataEngine } from '../../src/engines/metadata/metadata-engine.ts';
import { bytesOf, MemoryStore } from '../memory-store.ts';

/** The store's metadata, with something that happens right before the n-th read (counted from 0). */
function interrupted(metadata: MetadataEngine, at: number, meanwhile: () => Promise<unknown>): MetadataEngine {
  let reads = 0;
  return {
    async get(key) {
      if (reads++ === at) await meanwhile();
      return metadata.get(key);
    },
    getLinked: (key, next) => metadata.getLinked(key, next),
    range: (span) => metadata.range(span),
    transact: (body) => metadata.transact(body),
    close: () => metadata.close(),
  };
}

for (const [wanted, reads] of [
  ['named', 2],
  ['null', 3],
] as const) {
  for (let at = 0; at < reads; at++) {
    test(`a ${wanted} version is found though it becomes the current one before read ${at}`, async () => {
      const store = await MemoryStore.open();
      let bucket = await store.bucket('bucket', wanted === 'named' ? 'enabled' : undefined);
      const { token } = await store.put(bucket, 'key', bytesOf('old', 60));
      await store.buckets.setVersioning(bucket, 'enabled');
      bucket = await store.buckets.get('bucket');
      const newest = await store.put(bucket, 'key', bytesOf('new', 60));
      const deletion = { key: 'key', versionId: newest.token, conditions: {} };
      const remove = () => store.objects.delete({ bucket, ownerAccountId: store.accountId }, deletion);
      const { objects } = store.servicesOver({
        metadata: interrupted(store.metadata, at, remove),
        blobs: store.blobs,
      });
      const versionId = wanted === 'null' ? 'null' : token;
      assert.equal((await objects.head({ bucket, key: 'key', versionId })).token, token);
    });
  }
}
