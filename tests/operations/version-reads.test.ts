import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryMetadataEngine } from '../../src/engines/metadata/memory/memory-metadata-engine.ts';
import type { MetadataEngine } from '../../src/engines/metadata/metadata-engine.ts';
import type { MaybePromise } from '../../src/foundation/bytes.ts';
import type { BucketRecord } from '../../src/records/bucket-record.ts';
import { entriesOf } from '../faults/observe.ts';
import { bytesOf, MemoryStore, newBucket, putObject, type StoreServices } from '../memory-store.ts';

interface Interruption {
  /** Before which read it happens, counted from 0. */
  readonly at: number;
  meanwhile(): Promise<unknown>;
}

/** The engine, with something that happens right before one of its reads, in a snapshot or not. */
function interrupted(metadata: MetadataEngine, { at, meanwhile }: Interruption) {
  let reads = 0;
  const before = async <T>(read: () => MaybePromise<T>): Promise<T> => {
    if (reads++ === at) await meanwhile();
    return read();
  };
  const engine: MetadataEngine = {
    get: (key) => before(() => metadata.get(key)),
    range: (span) => before(() => metadata.range(span)),
    snapshot: (body) =>
      metadata.snapshot((snapshot) =>
        body({
          get: (key) => before(() => snapshot.get(key)),
          range: (span) => before(() => snapshot.range(span)),
        }),
      ),
    transact: (body) => metadata.transact(body),
    close: () => metadata.close(),
  };
  return { engine, wasInterrupted: () => reads > at };
}

/** Services over an engine whose reads answer late, so that others may come in between. */
async function openLate() {
  const store = new MemoryStore();
  const metadata = memoryMetadataEngine({ lateAnswers: true });
  const services = store.servicesOver({ metadata, blobs: store.blobs });
  const { accountId } = await services.identity.createAccount({ name: 'owner', email: 'owner@example.com' });
  await services.buckets.create('bucket', newBucket(accountId));
  return {
    ...services,
    accountId,
    async setVersioning(state: 'enabled' | 'suspended'): Promise<BucketRecord> {
      await services.buckets.setVersioning(await services.buckets.get('bucket'), state);
      return services.buckets.get('bucket');
    },
    interruptedBy(interruption: Interruption): { services: StoreServices; wasInterrupted(): boolean } {
      const { engine, wasInterrupted } = interrupted(metadata, interruption);
      return { services: store.servicesOver({ metadata: engine, blobs: store.blobs }), wasInterrupted };
    },
  };
}

/** Plays a round with the interruption before the first read, then the second, until there is no read left. */
async function beforeEachRead(round: (at: number) => Promise<boolean>): Promise<void> {
  let at = 0;
  while (await round(at)) at++;
  assert.ok(at >= 2, `${at} reads`);
}

const newer = bytesOf('new', 60);
const older = bytesOf('old', 60);

for (const wanted of ['named', 'null'] as const) {
  test(`a ${wanted} version is found though it becomes the current one meanwhile`, async () => {
    await beforeEachRead(async (at) => {
      const store = await openLate();
      if (wanted === 'named') await store.setVersioning('enabled');
      const old = await putObject(store, { bucket: await store.buckets.get('bucket'), key: 'key' }, older);
      const bucket = await store.setVersioning('enabled');
      const newest = await putObject(store, { bucket, key: 'key' }, newer);
      const deletion = { key: 'key', versionId: newest.token, conditions: {} };
      const { services, wasInterrupted } = store.interruptedBy({
        at,
        meanwhile: () => store.objects.delete({ bucket, ownerAccountId: store.accountId }, deletion),
      });
      const versionId = wanted === 'null' ? 'null' : old.token;
      const { version, content } = await services.objects.open({ bucket, key: 'key', versionId });
      assert.equal(version.token, old.token);
      await content.close();
      return wasInterrupted();
    });
  });
}

test('a missing object is not said to have a delete marker that came later', async () => {
  await beforeEachRead(async (at) => {
    const store = await openLate();
    const bucket = await store.setVersioning('enabled');
    const remove = () =>
      store.objects.delete(
        { bucket, ownerAccountId: store.accountId },
        { key: 'key', versionId: undefined, conditions: {} },
      );
    const { services, wasInterrupted } = store.interruptedBy({ at, meanwhile: remove });
    await assert.rejects(async () => services.objects.head({ bucket, key: 'key', versionId: undefined }), {
      kind: 'NoSuchKey',
      details: { fields: { Key: 'key' }, headers: undefined },
    });
    return wasInterrupted();
  });
});

const whole = (bucket: BucketRecord) => ({
  bucketId: bucket.id,
  prefix: '',
  delimiter: undefined,
  after: undefined,
  limit: 1000,
});

for (const [name, change] of [
  ['is overwritten', 'put'],
  ['gets a delete marker', 'marker'],
  ['loses its newest version', 'remove'],
] as const) {
  test(`a listing of versions is of one moment although a key ${name} meanwhile`, async () => {
    await beforeEachRead(async (at) => {
      const store = await openLate();
      const bucket = await store.setVersioning('enabled');
      for (const key of ['a', 'b', 'c']) {
        await putObject(store, { bucket, key }, older);
        await putObject(store, { bucket, key }, newer);
      }
      const before = await store.objects.listVersions(whole(bucket));
      const newest = entriesOf(before).find(({ key, isLatest }) => key === 'b' && isLatest)!.version.token;
      const changes = {
        put: () => putObject(store, { bucket, key: 'b' }, bytesOf('newest', 60)),
        marker: () =>
          store.objects.delete(
            { bucket, ownerAccountId: store.accountId },
            { key: 'b', versionId: undefined, conditions: {} },
          ),
        remove: () =>
          store.objects.delete(
            { bucket, ownerAccountId: store.accountId },
            { key: 'b', versionId: newest, conditions: {} },
          ),
      };
      const { services, wasInterrupted } = store.interruptedBy({ at, meanwhile: changes[change] });
      assert.deepEqual(await services.objects.listVersions(whole(bucket)), before);
      return wasInterrupted();
    });
  });
}

test('listings of versions beside overwrites show each version once, and one of each key as the latest', async () => {
  const store = await openLate();
  const bucket = await store.setVersioning('enabled');
  const keys = ['a', 'b'];
  const rounds = 12;
  let written = 0;
  let writing = true;
  const write = async (key: string) => {
    for (let i = 0; i < rounds; i++) {
      await putObject(store, { bucket, key }, bytesOf(`${key}${i}`, 60));
      written++;
    }
  };
  const list = async () => {
    const least = written;
    const listed = entriesOf(await store.objects.listVersions(whole(bucket)));
    assert.ok(listed.length >= least, `${listed.length} versions although ${least} were written`);
    assert.equal(new Set(listed.map(({ version }) => version.token)).size, listed.length);
    const latest = listed.filter(({ isLatest }) => isLatest).map(({ key }) => key);
    assert.deepEqual(latest, [...new Set(listed.map(({ key }) => key))]);
    for (const [i, { key, isLatest, version }] of listed.entries()) {
      if (!isLatest) assert.ok(listed[i - 1]!.key === key && listed[i - 1]!.version.token < version.token);
    }
    return listed.length;
  };
  const reading = (async () => {
    while (writing) await list();
  })();
  await Promise.all(keys.map(write)).finally(() => {
    writing = false;
  });
  await reading;
  assert.equal(await list(), keys.length * rounds);
});
