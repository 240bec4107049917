import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { StorageError } from '../../src/domain/errors.ts';
import type { BucketRecord } from '../../src/records/bucket-record.ts';
import type { ObjectVersion } from '../../src/records/version-record.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { bytesOf, MemoryStore } from '../memory-store.ts';

let store: MemoryStore;
beforeEach(async () => {
  store = await MemoryStore.open();
});

const tagged =
  (value: string) =>
  (version: ObjectVersion): ObjectVersion => ({ ...version, tags: [['state', value]] });

const tagOf = async (bucket: BucketRecord, key: string, versionId?: string) =>
  (await store.objects.head({ bucket, key, versionId })).tags[0]?.[1];

const isKind = (kind: string, method?: string) => (error: unknown) => {
  assert.ok(error instanceof StorageError);
  assert.equal(error.kind, kind);
  if (method !== undefined) assert.equal(error.details.fields?.Method, method);
  return true;
};

async function assertSound() {
  assert.deepEqual(await Array.fromAsync(verifyStore(store, { bytes: true, orphans: true })), []);
}

/** A bucket with a null version, two versions of later, and a null version written over the first. */
async function bucketOfVersions() {
  const unversioned = await store.bucket('bucket');
  await store.put(unversioned, 'k', bytesOf('null', 300));
  await store.buckets.setVersioning(unversioned, 'enabled');
  const enabled = await store.buckets.get('bucket');
  const older = await store.put(enabled, 'k', bytesOf('older', 300));
  const newer = await store.put(enabled, 'k', bytesOf('newer', 300));
  return { bucket: enabled, older: older.token, newer: newer.token };
}

test('a version is changed where it stands: the newest, one behind it, or the null version', async () => {
  const { bucket, older, newer } = await bucketOfVersions();
  await store.objects.change({ aspect: 'tags', bucket, key: 'k', versionId: undefined }, tagged('newest'));
  await store.objects.change({ aspect: 'tags', bucket, key: 'k', versionId: older }, tagged('older'));
  await store.objects.change({ aspect: 'tags', bucket, key: 'k', versionId: 'null' }, tagged('null'));
  assert.deepEqual(
    [await tagOf(bucket, 'k'), await tagOf(bucket, 'k', newer), await tagOf(bucket, 'k', older)],
    ['newest', 'newest', 'older'],
  );
  assert.equal(await tagOf(bucket, 'k', 'null'), 'null');
  await store.objects.change({ aspect: 'tags', bucket, key: 'k', versionId: newer }, tagged('named'));
  assert.equal(await tagOf(bucket, 'k'), 'named');
  await assertSound();
});

test('the one version of a bucket without versioning is changed, by the id null too', async () => {
  const bucket = await store.bucket('bucket');
  await store.put(bucket, 'k', bytesOf('k', 10));
  for (const versionId of [undefined, 'null']) {
    await store.objects.change({ aspect: 'tags', bucket, key: 'k', versionId }, tagged(`by ${versionId}`));
    assert.equal(await tagOf(bucket, 'k'), `by ${versionId}`);
  }
  await assertSound();
});

test('what else is known of the version stays as it is, its age and its place too', async () => {
  const { bucket, older } = await bucketOfVersions();
  const target = { aspect: 'tags' as const, bucket, key: 'k', versionId: older };
  const before = await store.objects.head(target);
  store.clock.pass(60_000);
  const changed = await store.objects.change(target, tagged('new'));
  assert.deepEqual(changed, { ...before, tags: [['state', 'new']] });
  assert.deepEqual(await store.objects.head(target), changed);
});

test('a changed version keeps its change when it becomes the newest again', async () => {
  const { bucket, older, newer } = await bucketOfVersions();
  await store.objects.change({ aspect: 'tags', bucket, key: 'k', versionId: older }, tagged('older'));
  const request = { bucket, ownerAccountId: store.accountId };
  await store.objects.delete(request, { key: 'k', versionId: newer, conditions: {} });
  assert.equal(await tagOf(bucket, 'k'), 'older');
  await assertSound();
});

test('what is not there is not changed', async () => {
  const { bucket } = await bucketOfVersions();
  const change = (key: string, versionId?: string) =>
    store.objects.change({ aspect: 'tags', bucket, key, versionId }, () => assert.fail('nothing to change'));
  await assert.rejects(change('other'), isKind('NoSuchKey'));
  await assert.rejects(change('other', 'null'), isKind('NoSuchVersion'));
  await assert.rejects(change('k', 'f'.repeat(32)), isKind('NoSuchVersion'));
  await assert.rejects(change('k', 'not-an-id'), isKind('NoSuchVersion'));
});

test('a delete marker is not changed, named or as the newest; versions behind it are', async () => {
  const { bucket, older } = await bucketOfVersions();
  const request = { bucket, ownerAccountId: store.accountId };
  const marker = await store.objects.delete(request, { key: 'k', versionId: undefined, conditions: {} });
  const change = (versionId?: string) =>
    store.objects.change({ aspect: 'tags', bucket, key: 'k', versionId }, tagged('x'));
  await assert.rejects(change(), isKind('VersionIsDeleteMarker', 'PUT'));
  await assert.rejects(change(marker.versionId), isKind('VersionIsDeleteMarker', 'PUT'));
  await change(older);
  assert.equal(await tagOf(bucket, 'k', older), 'x');
  await assertSound();
});

test('a refusal inside the change leaves all as it was', async () => {
  const { bucket, newer } = await bucketOfVersions();
  const before = await store.objects.head({ bucket, key: 'k', versionId: newer });
  const refused = store.objects.change({ aspect: 'tags', bucket, key: 'k', versionId: undefined }, () => {
    throw new StorageError('InvalidTag');
  });
  await assert.rejects(refused, isKind('InvalidTag'));
  assert.deepEqual(await store.objects.head({ bucket, key: 'k', versionId: newer }), before);
});

test('a bucket of the same name that was made since is another one', async () => {
  const first = await store.bucket('bucket');
  await store.buckets.delete(first);
  const second = await store.bucket('bucket');
  await store.put(second, 'k', bytesOf('k', 10));
  await assert.rejects(
    store.objects.change({ aspect: 'tags', bucket: first, key: 'k', versionId: undefined }, tagged('x')),
    isKind('NoSuchBucket'),
  );
});

test('changes of one version at the same time follow one another', async () => {
  const { bucket, older } = await bucketOfVersions();
  for (const versionId of [undefined, older, 'null']) {
    const target = { aspect: 'tags' as const, bucket, key: 'k', versionId };
    await store.objects.change(target, (version) => ({ ...version, tags: [] }));
    const names = Array.from({ length: 8 }, (_, i) => `tag-${i}`);
    await Promise.all(
      names.map((name) =>
        store.objects.change(target, (version) => ({ ...version, tags: [...version.tags, [name, '']] })),
      ),
    );
    const { tags } = await store.objects.head(target);
    assert.deepEqual(tags.map(([name]) => name).sort(), names);
  }
  await assertSound();
});

test('changes, writes and deletions of one key at the same time leave a sound store', async () => {
  const { bucket, older } = await bucketOfVersions();
  const request = { bucket, ownerAccountId: store.accountId };
  const deeds: Promise<unknown>[] = [];
  for (let round = 0; round < 6; round++) {
    for (const versionId of [undefined, older, 'null']) {
      deeds.push(store.objects.change({ aspect: 'tags', bucket, key: 'k', versionId }, tagged(`${round}`)));
    }
    deeds.push(store.put(bucket, 'k', bytesOf(`put-${round}`, 200)));
    const versionId = [older, 'null'][round % 3];
    deeds.push(store.objects.delete(request, { key: 'k', versionId, conditions: {} }));
  }
  const expected = new Set(['NoSuchVersion', 'VersionIsDeleteMarker', 'NoSuchKey']);
  for (const ended of await Promise.allSettled(deeds)) {
    if (ended.status === 'rejected') assert.ok(expected.has((ended.reason as StorageError).kind), String(ended.reason));
  }
  await assertSound();
});
