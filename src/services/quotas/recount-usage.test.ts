import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore, newUpload, uploadPart } from '../../../tests/memory-store.ts';
import { accountRecordType } from '../../records/account-record.ts';
import { keyspace, spans } from '../../records/keyspace.ts';
import { reclaimRecordType } from '../../records/reclaim-record.ts';
import { readRecord, unpackFields } from '../../records/record-type.ts';
import { addUsage, usageOf } from '../../records/usage-record.ts';
import { reclaimDue } from '../content/reclaim.ts';
import { verifyStore } from '../verification/verify-store.ts';
import { countOldAccounts } from './account-usage.ts';
import { recountUsage } from './recount-usage.ts';

const bytes = (length: number) => Buffer.alloc(length, 'x');

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Versions, an open upload with parts, and one that was aborted and whose parts wait for the reclaim worker. */
async function fullStore(): Promise<MemoryStore> {
  const store = await MemoryStore.open();
  const bucket = await store.bucket('bucket', 'enabled');
  await store.put(bucket, 'a', bytes(10));
  await store.put(bucket, 'a', bytes(200));
  await store.objects.delete(
    { bucket, ownerAccountId: store.accountId },
    { key: 'a', versionId: undefined, conditions: {} },
  );
  for (const key of ['open', 'aborted']) {
    const uploadId = await store.uploads.create(newUpload(bucket, key));
    await uploadPart(store, { bucket, key, uploadId, partNumber: 1 }, bytes(30));
    if (key === 'aborted') await store.uploads.abort({ bucket, key, uploadId });
  }
  return store;
}

const usageOfAccount = async ({ metadata, accountId }: MemoryStore) =>
  usageOf(await metadata.get(keyspace.accountUsage(accountId)));

test('counters that are right are found right, with everything that can be counted in the store', async () => {
  const store = await fullStore();
  assert.deepEqual(await all(recountUsage(store.metadata, { repairs: false })), []);
  assert.deepEqual(await usageOfAccount(store), { objects: 0, versions: 3, bytes: 210, uploads: 1, uploadBytes: 60 });
});

test('wrong counters are told, and put right only where that is wanted', async () => {
  const store = await fullStore();
  const bucket = await store.buckets.get('bucket');
  await store.metadata.transact((tx) => {
    addUsage(tx, { id: bucket.id, ownerAccountId: undefined }, { bytes: 5, uploads: -1 });
    tx.add(keyspace.accountUsage(store.accountId), [0, 7]);
  });
  const told = await all(recountUsage(store.metadata, { repairs: false }));
  assert.deepEqual(
    told.map(({ of, name }) => [of, name]),
    [
      ['bucket', 'bucket'],
      ['account', store.accountId],
    ],
  );
  assert.equal((await all(recountUsage(store.metadata, { repairs: true }))).length, 2);
  assert.deepEqual(await all(recountUsage(store.metadata, { repairs: false })), []);
  assert.deepEqual(await all(verifyStore(store.context)), []);
});

test('what is left of a deleted bucket counts to its owner until it is reclaimed', async () => {
  const store = await MemoryStore.open();
  const bucket = await store.bucket('short-lived');
  const uploadId = await store.uploads.create(newUpload(bucket, 'k'));
  await uploadPart(store, { bucket, key: 'k', uploadId, partNumber: 1 }, bytes(30));
  await store.buckets.delete(bucket);
  assert.deepEqual(await all(recountUsage(store.metadata, { repairs: false })), []);
  assert.deepEqual(await all(verifyStore(store.context)), []);
  assert.equal((await usageOfAccount(store)).uploadBytes, 30);
  await store.reclaimAll();
  assert.equal(await store.metadata.get(keyspace.accountUsage(store.accountId)), undefined);
});

/** As version 2 of accounts, and version 1 of reclaim entries, left it. */
async function makeOld({ metadata, accountId }: MemoryStore): Promise<void> {
  await metadata.transact(async (tx) => {
    const account = (await readRecord(tx, accountRecordType, keyspace.account(accountId)))!;
    const { Packr } = await import('msgpackr');
    const packr = new Packr({ useRecords: false, variableMapSize: true });
    const { canonicalId, displayName, email, createdAt } = account;
    tx.put(keyspace.account(accountId), packr.pack([2, accountId, canonicalId, displayName, email, createdAt, null]));
    tx.delete(keyspace.accountUsage(accountId));
    for (const { key, value } of await tx.range(spans.table('reclaim', undefined, 100))) {
      const [, kind, ...fields] = unpackFields(value);
      const isOfBucket = kind === 1 || kind === 2;
      tx.put(key, packr.pack([1, kind, ...(isOfBucket ? fields.slice(0, -1) : fields)]));
    }
  });
}

test('a store from before accounts had usage is counted once, and stays right from then on', async () => {
  const store = await fullStore();
  await makeOld(store);
  const bucket = await store.buckets.get('bucket');
  // Written since, before it is counted: a part of it all, which alone would be wrong.
  await store.put(bucket, 'since', bytes(1));
  assert.deepEqual(await all(verifyStore(store.context)), []);
  assert.equal(await countOldAccounts(store, new AbortController().signal), 1);
  assert.equal(await countOldAccounts(store, new AbortController().signal), 0);
  assert.equal((await usageOfAccount(store)).bytes, 211);
  assert.deepEqual(await all(recountUsage(store.metadata, { repairs: false })), []);
  while ((await reclaimDue(store.context)).reclaimed > 0);
  assert.equal((await usageOfAccount(store)).uploadBytes, 30);
  assert.deepEqual(await all(verifyStore(store.context)), []);
});

test('old reclaim entries of buckets are read as without an owner', () => {
  const old = Buffer.from([0x94, 1, 1, 0xa1, 0x75, 0xa1, 0x62]);
  assert.deepEqual(reclaimRecordType.decode(old), {
    kind: 'parts-of-upload',
    uploadId: 'u',
    bucketId: 'b',
    ownerAccountId: undefined,
  });
});
