import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StorageError } from '../../src/domain/errors.ts';
import type { BucketRecord } from '../../src/records/bucket-record.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { bytesOf, MemoryStore, newUpload, nothingExpected, uploadPart } from '../memory-store.ts';

/** A version that is in the bucket, and an upload that is to become the very same once more. */
async function knownUpload(store: MemoryStore, bucket: BucketRecord) {
  const key = 'key';
  const { token, lastModified } = await store.put(bucket, key, bytesOf('whole', 500));
  const uploadId = await store.uploads.create(newUpload(bucket, key));
  const { etag } = await uploadPart(store, { bucket, key, uploadId, partNumber: 1 }, bytesOf('part', 500));
  const address = { bucket, key, uploadId };
  const complete = () =>
    store.uploads.complete({
      ...address,
      parts: [{ partNumber: 1, etag, checksum: undefined }],
      conditions: {},
      expected: nothingExpected,
      replica: { token, lastModified },
    });
  return { token, address, complete };
}

async function assertSound(store: MemoryStore): Promise<void> {
  await store.reclaimAll();
  for await (const { message } of verifyStore(store.context, { bytes: true, orphans: true })) assert.fail(message);
}

test('an upload of a replica that is there already ends once, however many complete it side by side', async () => {
  const store = await MemoryStore.open();
  const bucket = await store.bucket('bucket', 'enabled');
  const { token, complete } = await knownUpload(store, bucket);
  const answers = await Promise.all([complete(), complete(), complete()]);
  assert.deepEqual(new Set(answers.map(({ versionId }) => versionId)), new Set([token]));
  const { uploads } = await store.buckets.usage(bucket);
  assert.equal(uploads, 0);
  await assertSound(store);
});

test('one that is aborted meanwhile is not counted as ended twice', async () => {
  const store = await MemoryStore.open();
  const bucket = await store.bucket('bucket', 'enabled');
  const { address, complete } = await knownUpload(store, bucket);
  const ended = await Promise.allSettled([complete(), store.uploads.abort(address)]);
  for (const end of ended) {
    if (end.status === 'rejected') assert.ok(end.reason instanceof StorageError && end.reason.kind === 'NoSuchUpload');
  }
  assert.equal((await store.buckets.usage(bucket)).uploads, 0);
  await assertSound(store);
});
