import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourceOf } from '../../src/foundation/bytes.ts';
import type { BucketRecord } from '../../src/records/bucket-record.ts';
import { keyspace } from '../../src/records/keyspace.ts';
import type { ObjectVersion } from '../../src/records/version-record.ts';
import { AnnotationService } from '../../src/services/annotations/annotation-service.ts';
import { byServer } from '../../src/services/changes/object-change.ts';
import { rewrapSome } from '../../src/services/encryption/rewrap-data-keys.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { bytesOf, MemoryStore, newUpload, plainDescription } from '../memory-store.ts';

const body = bytesOf('body', 3000);

async function put(store: MemoryStore, bucket: BucketRecord, key: string): Promise<void> {
  const place = { bucketId: bucket.id, user: 'anonymous' } as const;
  const sealed = await store.context.encryption!.seal({ kind: 'SSE-S3' }, place);
  const staged = await store.objects.stage(sourceOf(body), [], { key: sealed });
  const put = { bucket, key, ownerAccountId: store.accountId, description: plainDescription, conditions: {} };
  await store.objects.commit(staged, { ...put, checksum: undefined });
}

/** Hangs something on an object that is encrypted, which is then encrypted, too. */
async function annotate(store: MemoryStore, bucket: BucketRecord, key: string): Promise<ObjectVersion> {
  const annotations = new AnnotationService(store.context);
  const target = { bucket, key, versionId: undefined };
  const weighed = await store.objects.head(target);
  const payload = { source: sourceOf(Buffer.from('payload')), algorithms: [] };
  const staged = await annotations.stage({ bucket, version: weighed }, 'server', payload);
  const change = { ...target, name: 'note', weighed, objectIfMatch: undefined, mayBypassGovernance: false };
  await annotations.put(staged, { ...change, origin: byServer }, undefined);
  return weighed;
}

async function read(store: MemoryStore, bucket: BucketRecord, key: string): Promise<Buffer> {
  const { content, version } = await store.objects.open({ bucket, key, versionId: undefined });
  const pieces: Buffer[] = [];
  await content.pour({ offset: 0, length: version.size }, (piece) => void pieces.push(Buffer.from(piece)));
  await content.close();
  return Buffer.concat(pieces);
}

async function rewrapAll(store: MemoryStore): Promise<number> {
  const rewrap = { metadata: store.metadata, encryption: store.context.encryption! };
  let rewrapped = 0;
  for (;;) {
    const step = await rewrapSome(rewrap);
    rewrapped += step.rewrapped;
    if (step.isFinished) return rewrapped;
  }
}

test('after a rotation every data key is sealed with the new key, and then the old one is needed no more', async () => {
  const store = await MemoryStore.open();
  const bucket = await store.bucket('bucket', 'enabled');
  const { masterKeys } = store.context.encryption!;
  for (let i = 0; i < 70; i++) await put(store, bucket, `key ${i}`);
  await put(store, bucket, 'key 0');
  const place = { bucketId: bucket.id, user: 'anonymous' } as const;
  const { encryption } = await store.context.encryption!.seal({ kind: 'SSE-S3' }, place);
  const uploadId = await store.uploads.create({ ...newUpload(bucket, 'upload'), encryption });
  const annotated = await annotate(store, bucket, 'key 2');
  assert.equal(await rewrapAll(store), 0);
  const old = await masterKeys.active();
  const fresh = await masterKeys.rotate();
  assert.notEqual(fresh.id, old.id);
  await put(store, bucket, 'new');
  assert.deepEqual(await read(store, bucket, 'key 1'), body);
  assert.equal(await rewrapAll(store), 73);
  assert.equal(await rewrapAll(store), 0);
  await store.metadata.transact((tx) => tx.delete(keyspace.masterKey(old.id)));
  const other = store.servicesOver(store);
  for (const key of ['key 0', 'key 69', 'new']) {
    const { version, content } = await other.objects.open({ bucket, key, versionId: undefined });
    await content.close();
    assert.ok(version.encryption?.kind === 'SSE-S3' && version.encryption.masterKeyId === fresh.id);
  }
  const annotations = new AnnotationService(other.context);
  const { content } = await annotations.open({ bucket, version: annotated }, 'note', { user: 'server' });
  await content.close();
  const upload = await other.uploads.get({ bucket, key: 'upload', uploadId });
  assert.ok(await other.context.encryption!.open(upload.encryption, { user: 'anonymous' }));
  const engines = { metadata: store.metadata, blobs: store.blobs, keys: other.context.encryption };
  for await (const { message } of verifyStore(engines, { bytes: true })) assert.fail(message);
});

test('it goes on where it stopped, and a key that does not open is left', async () => {
  const store = await MemoryStore.open();
  const bucket = await store.bucket('bucket');
  await put(store, bucket, 'a');
  const { masterKeys } = store.context.encryption!;
  const lost = await masterKeys.active();
  await masterKeys.rotate();
  await put(store, bucket, 'b');
  await masterKeys.rotate();
  await store.metadata.transact((tx) => tx.delete(keyspace.masterKey(lost.id)));
  const other = store.servicesOver(store);
  const rewrap = { metadata: store.metadata, encryption: other.context.encryption! };
  const steps = [];
  for (let i = 0; i < 5; i++) steps.push(await rewrapSome(rewrap));
  assert.deepEqual(
    steps.map(({ rewrapped, isFinished }) => [rewrapped, isFinished]),
    [
      [1, false],
      [0, false],
      [0, false],
      [0, true],
      [0, true],
    ],
  );
});
