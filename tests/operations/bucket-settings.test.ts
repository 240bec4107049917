import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { StorageError } from '../../src/domain/errors.ts';
import { type BucketSetting, bucketSetting } from '../../src/records/bucket-setting.ts';
import { keyspace, spans } from '../../src/records/keyspace.ts';
import { BucketSettings } from '../../src/services/buckets/bucket-settings.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { MemoryStore, type StoreServices } from '../memory-store.ts';

interface Process {
  readonly services: StoreServices;
  readonly settings: BucketSettings;
}

let store: MemoryStore;
/** Two processes over one store: each remembers on its own. */
let here: Process;
let there: Process;
beforeEach(async () => {
  store = await MemoryStore.open();
  const process = (services: StoreServices) => ({ services, settings: new BucketSettings(services.context) });
  here = process(store);
  there = process(store.servicesOver(store));
});

const textSetting = (name: string): BucketSetting<string> =>
  bucketSetting({
    name,
    version: 1,
    migrations: [],
    toFields: (value) => [value],
    fromFields: ([value]) => value as string,
  });
const colour = textSetting('colour');
const shape = textSetting('shape');
const listed = bucketSetting<readonly string[]>({
  name: 'listed',
  version: 1,
  migrations: [],
  toFields: (value) => [value],
  fromFields: ([value]) => value as string[],
});

const read = async <T>({ services, settings }: Process, setting: BucketSetting<T>) =>
  settings.read(await services.buckets.get('bucket'), setting);

async function assertSound() {
  assert.deepEqual(await Array.fromAsync(verifyStore(store, { bytes: true, orphans: true })), []);
}

test('a bucket has no setting until it is written, and each change is seen by every process at once', async () => {
  const bucket = await store.bucket('bucket');
  for (const process of [here, there]) assert.equal(await read(process, colour), undefined);
  for (const [writer, value] of [
    [here, 'red'],
    [there, 'green'],
    [here, 'red'],
    [here, 'blue'],
  ] as const) {
    await writer.settings.write(bucket, { setting: colour, value });
    for (const process of [here, there]) assert.equal(await read(process, colour), value);
  }
  await assertSound();
});

test('a value is the same object as long as it stands, and another one afterwards', async () => {
  const bucket = await store.bucket('bucket');
  await here.settings.write(bucket, { setting: listed, value: ['a'] });
  const first = await read(there, listed);
  assert.equal(await read(there, listed), first);
  await here.settings.write(bucket, { setting: listed, value: ['a'] });
  const second = await read(there, listed);
  assert.deepEqual(second, first);
  assert.notEqual(second, first);
});

test('a setting that is removed is gone for every process, its record too; removing it again is nothing', async () => {
  const bucket = await store.bucket('bucket');
  await here.settings.write(bucket, { setting: colour, value: 'red' });
  await here.settings.write(bucket, { setting: shape, value: 'round' });
  assert.equal(await read(there, colour), 'red');
  for (let i = 0; i < 2; i++) {
    await here.settings.remove(bucket, colour);
    for (const process of [here, there]) {
      assert.deepEqual([await read(process, colour), await read(process, shape)], [undefined, 'round']);
    }
  }
  assert.equal(await store.metadata.get(keyspace.bucketSetting(bucket.id, colour.name)), undefined);
  await assertSound();
});

test('changes of several settings at the same time lose nothing', async () => {
  const bucket = await store.bucket('bucket');
  const all = Array.from({ length: 10 }, (_, i) => textSetting(`setting-${i}`));
  await here.settings.write(bucket, { setting: colour, value: 'red' });
  await Promise.all([
    ...all.map((setting, i) => (i % 2 ? here : there).settings.write(bucket, { setting, value: setting.name })),
    there.settings.remove(bucket, colour),
    here.settings.change(bucket, (record) => ({ ...record, objectOwnership: 'BucketOwnerEnforced' })),
    there.services.buckets.setVersioning(bucket, 'enabled'),
  ]);
  for (const process of [here, there]) {
    for (const setting of all) assert.equal(await read(process, setting), setting.name);
    assert.equal(await read(process, colour), undefined);
    const { objectOwnership, versioning } = await process.services.buckets.get('bucket');
    assert.deepEqual([objectOwnership, versioning], ['BucketOwnerEnforced', 'enabled']);
  }
  await assertSound();
});

test('changes of one setting at the same time leave one of them, whole', async () => {
  const bucket = await store.bucket('bucket');
  const values = Array.from({ length: 8 }, (_, i) => [`${i}`, `${i}`]);
  await Promise.all(
    values.map((value, i) => (i % 2 ? here : there).settings.write(bucket, { setting: listed, value })),
  );
  const winner = await read(here, listed);
  assert.ok(values.some((value) => value.join() === winner?.join()));
  assert.deepEqual(await read(there, listed), winner);
  await assertSound();
});

test('a change may be refused by what the bucket is inside the commit', async () => {
  const bucket = await store.bucket('bucket');
  await here.settings.write(bucket, { setting: colour, value: 'red' });
  await there.services.buckets.setVersioning(bucket, 'enabled');
  const refused = here.settings.write(bucket, { setting: colour, value: 'blue' }, ({ versioning }) => {
    if (versioning === 'enabled') throw new StorageError('InvalidRequest');
  });
  await assert.rejects(refused, { kind: 'InvalidRequest' });
  for (const process of [here, there]) assert.equal(await read(process, colour), 'red');
});

test('DeleteBucket removes the settings, and a bucket that is made anew has none', async () => {
  const first = await store.bucket('bucket');
  await here.settings.write(first, { setting: colour, value: 'red' });
  await here.settings.write(first, { setting: shape, value: 'round' });
  assert.equal(await read(there, colour), 'red');
  await there.services.buckets.delete(first);
  const left = await store.metadata.range(spans.table('bucketSetting', undefined, 10));
  assert.deepEqual(left, []);
  const second = await store.bucket('bucket');
  assert.notEqual(second.id, first.id);
  for (const process of [here, there]) assert.equal(await read(process, colour), undefined);
  await assert.rejects(here.settings.write(first, { setting: colour, value: 'red' }), { kind: 'NoSuchBucket' });
  await assertSound();
});

test('the shape of a setting may change: older ones are read as newer', async () => {
  const bucket = await store.bucket('bucket');
  await here.settings.write(bucket, { setting: colour, value: 'red' });
  const newer = bucketSetting<{ readonly name: string; readonly shade: string }>({
    name: 'colour',
    version: 2,
    migrations: [([name]) => [name, 'dark']],
    toFields: ({ name, shade }) => [name, shade],
    fromFields: ([name, shade]) => ({ name: name as string, shade: shade as string }),
  });
  assert.deepEqual(await read(there, newer), { name: 'red', shade: 'dark' });
});

test('a setting that no bucket names, or that is missing where one does, is told by the check of the store', async () => {
  const bucket = await store.bucket('bucket');
  await here.settings.write(bucket, { setting: colour, value: 'red' });
  const key = keyspace.bucketSetting(bucket.id, colour.name);
  const bytes = (await store.metadata.get(key))!;
  const kinds = async () => (await Array.fromAsync(verifyStore(store))).length;
  await store.metadata.transact((tx) => tx.delete(key));
  assert.ok((await kinds()) > 0);
  await store.metadata.transact((tx) => {
    tx.put(key, bytes);
    tx.put(keyspace.bucketSetting(bucket.id, 'unknown'), bytes);
  });
  assert.ok((await kinds()) > 0);
});
