import type { BucketRecord } from '../../src/records/bucket-record.ts';
import { bytesOf, MemoryStore, newUpload, nothingExpected, putObject, uploadPart } from '../memory-store.ts';

/** Above what an inner part must have. */
const largePart = bytesOf('large part', 5 * 1024 * 1024);

export interface FullStore {
  readonly store: MemoryStore;
  readonly plain: BucketRecord;
  readonly versioned: BucketRecord;
  readonly openUpload: string;
}

/** A store with something of everything in it, nothing of it due for reclaiming. */
export async function storeOfEveryFeature(): Promise<FullStore> {
  return fill(await MemoryStore.open());
}

/** Puts something of everything into an empty store. */
export async function fill(store: MemoryStore): Promise<FullStore> {
  await store.identity.createAccount({ name: 'second' });
  await store.identity.createAccessKey({ account: 'owner', accessKeyId: 'first-key' });
  const plain = await store.bucket('plain');
  for (const [key, length] of [
    ['empty', 0],
    ['small', 50],
    ['large', 5000],
    ['folder/with \u0000 and \u{1f600}', 200],
    ['folder/\uff5e', 20],
  ] as const) {
    await store.put(plain, key, bytesOf(key, length));
  }
  for (const from of ['small', 'large'])
    for (const to of ['one', 'two']) await copy(store, plain, { from, to: from + to });
  const versioned = await versionedBucket(store);
  await completed(store, plain);
  const openUpload = await store.uploads.create(newUpload(plain, 'unfinished'));
  const open = { bucket: plain, key: 'unfinished', uploadId: openUpload };
  await uploadPart(store, { ...open, partNumber: 1 }, bytesOf('inline part', 10));
  await uploadPart(store, { ...open, partNumber: 7 }, bytesOf('blob part', 1000));
  return { store, plain, versioned, openUpload };
}

async function versionedBucket(store: MemoryStore): Promise<BucketRecord> {
  const unversioned = await store.bucket('versioned');
  await store.put(unversioned, 'a', bytesOf('null version', 300));
  await store.buckets.setVersioning(unversioned, 'enabled');
  for (const key of ['a', 'a', 'a!', 'b', 'b', 'gone']) {
    store.clock.pass(5);
    await store.put(unversioned, key, bytesOf(`${key} ${store.clock.now()}`, 300));
  }
  const request = { bucket: unversioned, ownerAccountId: store.accountId };
  await store.objects.delete(request, { key: 'gone', versionId: undefined, conditions: {} });
  await store.buckets.setVersioning(unversioned, 'suspended');
  await store.put(unversioned, 'b', bytesOf('null again', 30));
  await store.put(unversioned, 'only null', bytesOf('only null', 30));
  return store.buckets.get('versioned');
}

/** One object of two parts and a copy of it. */
async function completed(store: MemoryStore, bucket: BucketRecord): Promise<void> {
  const uploadId = await store.uploads.create(newUpload(bucket, 'parts'));
  const target = { bucket, key: 'parts', uploadId };
  const first = await uploadPart(store, { ...target, partNumber: 2 }, largePart);
  const last = await uploadPart(store, { ...target, partNumber: 5 }, bytesOf('last part', 40));
  await store.uploads.complete({
    ...target,
    parts: [
      { partNumber: 2, etag: first.etag, checksum: undefined },
      { partNumber: 5, etag: last.etag, checksum: undefined },
    ],
    conditions: {},
    expected: nothingExpected,
  });
  // What was left over by the completion goes at once; the remembered answer stays for a day.
  await putObject(store, { bucket, key: 'overwritten' }, bytesOf('overwritten', 2000));
  await copy(store, bucket, { from: 'parts', to: 'parts too' });
}

async function copy(
  store: MemoryStore,
  bucket: BucketRecord,
  { from, to }: { from: string; to: string },
): Promise<void> {
  const version = await store.objects.head({ bucket, key: from, versionId: undefined });
  await store.objects.copy({
    source: { bucket, key: from, version },
    bucket,
    key: to,
    ownerAccountId: store.accountId,
    description: version,
    conditions: {},
    checksumAlgorithm: undefined,
  });
}
