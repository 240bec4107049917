import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { BlobCorruptError, BlobMissingError } from '../../src/engines/blobs/blob-engine.ts';
import type { MetadataEngine } from '../../src/engines/metadata/metadata-engine.ts';
import { sourceOf } from '../../src/foundation/bytes.ts';
import type { BucketRecord } from '../../src/records/bucket-record.ts';
import { keyspace, spans } from '../../src/records/keyspace.ts';
import { reclaimDue, reclaimOrphans } from '../../src/services/content/reclaim.ts';
import type { StagedContent } from '../../src/services/content/stage-content.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import {
  bytesOf,
  graceMilliseconds,
  MemoryStore,
  newUpload,
  nothingExpected,
  plainDescription,
  putObject,
  type StoreServices,
  uploadPart,
} from '../memory-store.ts';
import { readAll } from './observe.ts';

const day = 24 * 3_600_000;
const body = bytesOf('body', 5000);
let store: MemoryStore;
let bucket: BucketRecord;
beforeEach(async () => {
  store = await MemoryStore.open();
  bucket = await store.bucket('bucket');
});

const commit = (staged: StagedContent, { objects }: Pick<StoreServices, 'objects'> = store) =>
  objects.commit(staged, {
    bucket,
    key: 'key',
    ownerAccountId: store.accountId,
    description: plainDescription,
    conditions: {},
    checksum: undefined,
  });

async function read(key = 'key'): Promise<Buffer> {
  const { version, content } = await store.objects.open({ bucket, key, versionId: undefined });
  return readAll(content, version.size);
}

async function assertSound({ orphans = true } = {}): Promise<void> {
  const found = await Array.fromAsync(verifyStore(store, { bytes: true, orphans }));
  assert.deepEqual(
    found.map(({ message }) => message),
    [],
  );
}

/** As wrong as a search can be: it takes whatever is not linked yet for the remains of a crash. */
const searchHastily = ({ context }: Pick<StoreServices, 'context'> = store) =>
  reclaimOrphans(context, { writtenBefore: Number.MAX_SAFE_INTEGER, signal: new AbortController().signal });

/** The engine, with `meanwhile` done once, before or after its next plain read of one key. */
function interrupted(inner: MetadataEngine, meanwhile: () => Promise<unknown>): MetadataEngine {
  let pending: (() => Promise<unknown>) | undefined = meanwhile;
  const interrupt = async () => {
    const once = pending;
    pending = undefined;
    await once?.();
  };
  return {
    async get(key) {
      const value = await inner.get(key);
      await interrupt();
      return value;
    },
    range: (span) => inner.range(span),
    snapshot: (body) => inner.snapshot(body),
    transact: (run) => inner.transact(run),
    close: () => inner.close(),
  };
}

describe('the search for remains of crashes, beside an upload', () => {
  test('that commits first, leaves it', async () => {
    await commit(await store.objects.stage(sourceOf(body), []));
    assert.equal(await searchHastily(), 0);
    assert.ok(body.equals(await read()));
    await assertSound();
  });

  test('that commits while it looks, leaves it', async () => {
    const staged = await store.objects.stage(sourceOf(body), []);
    const metadata = interrupted(store.metadata, () => commit(staged));
    assert.equal(await searchHastily(store.servicesOver({ metadata, blobs: store.blobs })), 0);
    assert.ok(body.equals(await read()));
    await assertSound();
  });

  test('that commits too late, refuses it, and the same request succeeds again', async () => {
    const staged = await store.objects.stage(sourceOf(body), []);
    assert.equal(await searchHastily(), 1);
    await assert.rejects(commit(staged), { kind: 'RequestTimeout' });
    await assert.rejects(read(), { kind: 'NoSuchKey' });
    await assertSound();
    await store.put(bucket, 'key', body);
    assert.ok(body.equals(await read()));
    await store.reclaimAll();
    await assertSound();
    assert.deepEqual(await store.metadata.range(spans.table('reclaim', undefined, 1)), []);
  });

  test('of a part that is committed too late, refuses it and keeps the part before', async () => {
    const uploadId = await store.uploads.create(newUpload(bucket, 'key'));
    const target = { bucket, key: 'key', uploadId, partNumber: 1 };
    const { etag } = await uploadPart(store, target, body);
    const staged = await store.objects.stage(sourceOf(bytesOf('late', 5000)), []);
    await searchHastily();
    await assert.rejects(store.uploads.commitPart(staged, { ...target, checksum: undefined }), {
      kind: 'RequestTimeout',
    });
    const parts = [{ partNumber: 1, etag, checksum: undefined }];
    await store.uploads.complete({ ...target, parts, conditions: {}, expected: nothingExpected });
    assert.ok(body.equals(await read()));
    await assertSound();
  });

  test('that lasts longer than a condemned blob is remembered, refuses it all the same', async () => {
    const staged = await store.objects.stage(sourceOf(body), []);
    await searchHastily();
    for (let days = 0; days < 10; days++) {
      store.clock.pass(day);
      await reclaimDue(store.context);
    }
    assert.deepEqual(await store.metadata.range(spans.table('blob', undefined, 1)), []);
    await assert.rejects(commit(staged), { kind: 'RequestTimeout' });
    await assertSound();
  });

  test('that it meets twice, removes it although the first time it got no further than to condemn it', async () => {
    const staged = await store.objects.stage(sourceOf(body), []);
    const blobs = { ...store.blobs, delete: () => Promise.reject(new Error('the medium refuses')) };
    assert.equal(await searchHastily(store.servicesOver({ metadata: store.metadata, blobs })), 0);
    await assert.rejects(commit(staged), { kind: 'RequestTimeout' });
    const id = staged.content.kind === 'blob' ? staged.content.id : assert.fail('a large content is a blob');
    await searchHastily();
    await assert.rejects(store.blobs.open(id), BlobMissingError);
  });
});

/** An engine that loses sight of a commit that took place, and runs the body again: the port forbids it. */
function forgetful(inner: MetadataEngine): MetadataEngine {
  return {
    ...{ get: (key) => inner.get(key), range: (span) => inner.range(span) },
    snapshot: (body) => inner.snapshot(body),
    async transact(run) {
      await inner.transact(run);
      return inner.transact(run);
    },
    close: () => inner.close(),
  };
}

describe('on an engine that runs a body again after its commit', () => {
  for (const [what, bytes] of [
    ['small', bytesOf('small', 50)],
    ['large', body],
  ] as const) {
    test(`a ${what} object does not meet itself as a stranger`, async () => {
      const services = store.servicesOver({ metadata: forgetful(store.metadata), blobs: store.blobs });
      await putObject(services, { bucket, key: 'key', conditions: { ifNoneMatch: '*' } }, bytes);
      await store.reclaimAll();
      assert.ok(bytes.equals(await read()));
      await assertSound();
    });

    test(`a ${what} part does not replace itself`, async () => {
      const uploadId = await store.uploads.create(newUpload(bucket, 'key'));
      const target = { bucket, key: 'key', uploadId, partNumber: 1 };
      const services = store.servicesOver({ metadata: forgetful(store.metadata), blobs: store.blobs });
      const { etag } = await uploadPart(services, target, bytes);
      await store.reclaimAll();
      const parts = [{ partNumber: 1, etag, checksum: undefined }];
      await store.uploads.complete({ ...target, parts, conditions: {}, expected: nothingExpected });
      assert.ok(bytes.equals(await read()));
      await assertSound();
    });
  }
});

describe('the reclaim list', () => {
  const remove = (key: string) =>
    store.objects.delete({ bucket, ownerAccountId: store.accountId }, { key, versionId: undefined, conditions: {} });

  test('does not stop at what the medium will not delete', async () => {
    const refused: string[] = [];
    for (let i = 0; i < 130; i++) {
      const { content } = await store.put(bucket, `${i}`, bytesOf(`${i}`, 200));
      if (i < 110 && content.kind === 'blob') refused.push(content.id);
      await remove(`${i}`);
      store.clock.pass(1);
    }
    store.clock.pass(graceMilliseconds);
    const blobs = {
      ...store.blobs,
      delete: (id: string) => (refused.includes(id) ? Promise.reject(new Error('refused')) : store.blobs.delete(id)),
    };
    const { context } = store.servicesOver({ metadata: store.metadata, blobs });
    assert.deepEqual(await reclaimDue(context), { reclaimed: 0, busy: true });
    assert.deepEqual(await reclaimDue(context), { reclaimed: 20, busy: false });
    const left = await Array.fromAsync(store.blobs.scan(), ({ id }) => id);
    assert.deepEqual(left.sort(), refused.sort());
    await assertSound();
    await store.reclaimAll();
    assert.deepEqual(await Array.fromAsync(store.blobs.scan()), []);
  });

  test('does not count an upload twice that was aborted while its bucket was cleared away', async () => {
    const target = { bucket, key: 'key', uploadId: await store.uploads.create(newUpload(bucket, 'key')) };
    await uploadPart(store, { ...target, partNumber: 1 }, body);
    await store.buckets.delete(bucket);
    let isPending = true;
    const metadata: MetadataEngine = {
      ...interrupted(store.metadata, async () => {}),
      async range(span) {
        const entries = await store.metadata.range(span);
        if (
          isPending &&
          entries[0]?.key.equals(keyspace.upload({ bucketId: bucket.id, key: 'key' }, target.uploadId))
        ) {
          isPending = false;
          await store.uploads.abort(target);
        }
        return entries;
      },
    };
    await reclaimDue(store.servicesOver({ metadata, blobs: store.blobs }).context);
    assert.equal(isPending, false);
    await assertSound();
    await store.reclaimAll();
    await assertSound();
    assert.deepEqual(await store.metadata.range(spans.table('usage', undefined, 1)), []);
  });

  test('goes on with the parts of an upload where it was interrupted', async () => {
    const target = { bucket, key: 'key', uploadId: await store.uploads.create(newUpload(bucket, 'key')) };
    for (let partNumber = 1; partNumber <= 130; partNumber++) {
      await uploadPart(store, { ...target, partNumber }, bytesOf(`${partNumber}`, 10));
    }
    await store.uploads.abort(target);
    let commits = 0;
    const metadata: MetadataEngine = {
      ...forgetful(store.metadata),
      transact: (run) => (++commits >= 2 ? Promise.reject(new Error('died')) : store.metadata.transact(run)),
    };
    await assert.rejects(reclaimDue(store.servicesOver({ metadata, blobs: store.blobs }).context), /died/);
    assert.equal((await store.metadata.range(spans.table('part', undefined, 200))).length, 30);
    await assertSound();
    assert.deepEqual(await reclaimDue(store.context), { reclaimed: 1, busy: false });
    await assertSound();
    assert.deepEqual(await store.metadata.range(spans.table('part', undefined, 1)), []);
  });

  test('looks at every lease of a content, however many were left behind', async () => {
    const target = { bucket, key: 'key', uploadId: await store.uploads.create(newUpload(bucket, 'key')) };
    const { etag } = await uploadPart(store, { ...target, partNumber: 1 }, body);
    const parts = [{ partNumber: 1, etag, checksum: undefined }];
    await store.uploads.complete({ ...target, parts, conditions: {}, expected: nothingExpected });
    const { content } = await store.objects.head({ bucket, key: 'key', versionId: undefined });
    const manifestId = content.kind === 'parts' ? content.id : assert.fail('it has parts');
    const leaseUntil = (until: number) => {
      const bytes = Buffer.alloc(6);
      bytes.writeUIntBE(until, 0, 6);
      return bytes;
    };
    await remove('key');
    await store.metadata.transact((tx) => {
      for (let i = 0; i < 250; i++) {
        const reader = i.toString(16).padStart(16, '0');
        const isLast = i === 249;
        tx.put(keyspace.readLease(manifestId, reader), leaseUntil(store.clock.now() + (isLast ? 10 * day : 0)));
      }
    });
    store.clock.pass(graceMilliseconds);
    await reclaimDue(store.context);
    assert.equal((await store.metadata.range(spans.table('manifest', undefined, 1))).length, 1, 'it is still read');
    await store.reclaimAll();
    assert.equal((await store.metadata.range(spans.table('manifest', undefined, 1))).length, 0);
    assert.deepEqual(await store.metadata.range(spans.readLeases(manifestId, 1)), []);
    await assertSound();
  });
});

describe('a content of another length than recorded', () => {
  test('is not handed out', async () => {
    const { content } = await store.put(bucket, 'key', body);
    const id = content.kind === 'blob' ? content.id : assert.fail('a large content is a blob');
    await store.blobs.delete(id);
    const writer = await store.blobs.create(id);
    await writer.write(body.subarray(1));
    await writer.commit();
    await assert.rejects(store.objects.open({ bucket, key: 'key', versionId: undefined }), BlobCorruptError);
  });
});

describe('a deletion of a bucket', () => {
  /** Its second commit, the one that removes the bucket, fails. */
  const failing = (): StoreServices => {
    let commits = 0;
    const metadata: MetadataEngine = {
      ...forgetful(store.metadata),
      transact: (run) =>
        ++commits === 2 ? Promise.reject(new Error('the connection broke')) : store.metadata.transact(run),
    };
    return store.servicesOver({ metadata, blobs: store.blobs });
  };

  test('that fails half-way lets the next write in at once', async () => {
    await assert.rejects(failing().buckets.delete(bucket), /connection/);
    await store.put(bucket, 'key', body);
    assert.ok(body.equals(await read()));
  });

  test('that died half-way is taken up by the next one at once', async () => {
    const closing = { ...bucket, closingSince: store.clock.now() };
    const { bucketRecordType } = await import('../../src/records/bucket-record.ts');
    await store.metadata.transact((tx) => tx.put(keyspace.bucket('bucket'), bucketRecordType.encode(closing)));
    await assert.rejects(store.put(bucket, 'key', body), { kind: 'OperationAborted' });
    await store.buckets.delete(bucket);
    assert.equal(await store.buckets.find('bucket'), undefined);
    await store.reclaimAll();
    await assertSound();
  });

  test('that was taken over by another one leaves the bucket to that one', async () => {
    let commits = 0;
    const metadata: MetadataEngine = {
      ...forgetful(store.metadata),
      async transact(run) {
        // Between its two commits the other deletion begins, finds the bucket filled, and ends.
        if (++commits === 2) {
          await failing()
            .buckets.delete(bucket)
            .catch(() => undefined);
          await store.put(bucket, 'key', body);
        }
        return store.metadata.transact(run);
      },
    };
    const first = store.servicesOver({ metadata, blobs: store.blobs }).buckets.delete(bucket);
    await assert.rejects(first, { kind: 'OperationAborted' });
    assert.ok(body.equals(await read()));
  });

  test('beside another one happens once', async () => {
    const results = await Promise.allSettled([store.buckets.delete(bucket), store.buckets.delete(bucket)]);
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const result of results) {
      if (result.status === 'rejected') {
        assert.ok(['OperationAborted', 'NoSuchBucket'].includes((result.reason as { kind: string }).kind));
      }
    }
    await store.reclaimAll();
    await assertSound();
  });
});

describe('accounts', () => {
  test('a key that is made while its account is deleted opens nothing and leaves nothing', async () => {
    await store.identity.createAccount({ name: 'second', accountId: '123456789012' });
    const metadata = interrupted(store.metadata, async () => {});
    let isPending = true;
    const slow: MetadataEngine = {
      ...metadata,
      transact: async (run) =>
        store.metadata.transact(async (tx) => {
          const answer = await run(tx);
          if (isPending) {
            isPending = false;
            await store.identity.createAccessKey({ account: 'second', accessKeyId: 'late-key' });
          }
          return answer;
        }),
    };
    await store.servicesOver({ metadata: slow, blobs: store.blobs }).identity.deleteAccount('second');
    await assertSound();
    assert.equal(isPending, false);
    await store.identity.createAccount({ name: 'third', accountId: '123456789012' });
    assert.equal(await store.identity.findCredential('late-key'), undefined);
  });

  test('a root key that was an ordinary key before is removed when another takes its place', async () => {
    const pair = (name: string) => ({ accessKeyId: `${name}-key`, secretAccessKey: `${name}-secret` });
    await store.identity.ensureRoot(pair('first'));
    await store.identity.createAccessKey({ account: 'root', ...pair('second') });
    await store.identity.ensureRoot(pair('second'));
    await store.identity.ensureRoot(pair('third'));
    assert.equal(await store.identity.findCredential('first-key'), undefined);
    assert.equal(await store.identity.findCredential('second-key'), undefined);
    assert.equal((await store.identity.findCredential('third-key'))?.secretAccessKey, 'third-secret');
    await assertSound();
  });
});
