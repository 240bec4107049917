import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { Transaction } from '../../src/engines/metadata/metadata-engine.ts';
import { accessKeyRecordType, accountRecordType } from '../../src/records/account-record.ts';
import { blobRecordType } from '../../src/records/blob-record.ts';
import { bucketRecordType } from '../../src/records/bucket-record.ts';
import { headRecordType } from '../../src/records/head-record.ts';
import { keyspace, type ObjectAddress, spans } from '../../src/records/keyspace.ts';
import { lockClockRecordType } from '../../src/records/lock-clock-record.ts';
import { reclaimRecordType } from '../../src/records/reclaim-record.ts';
import { type RecordType, readRecord, writeRecord } from '../../src/records/record-type.ts';
import { manifestRecordType, partRecordType } from '../../src/records/upload-record.ts';
import { addUsage } from '../../src/records/usage-record.ts';
import { type Content, type ObjectVersion, versionRecordType } from '../../src/records/version-record.ts';
import { sealInline } from '../../src/services/content/stage-content.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import type { ViolationKind } from '../../src/services/verification/violation.ts';
import { bytesOf, type MemoryStore } from '../memory-store.ts';
import { type FullStore, storeOfEveryFeature } from './every-feature.ts';

const everything = { bytes: true, orphans: true };
const idOf = (content: Content): string => (content.kind === 'empty' ? assert.fail('an empty content') : content.id);
const unknownToken = 'f'.repeat(32);

let full: FullStore;
let store: MemoryStore;
beforeEach(async () => {
  full = await storeOfEveryFeature();
  store = full.store;
});

async function kindsFound(): Promise<ViolationKind[]> {
  const found = await Array.fromAsync(verifyStore(store, everything));
  for (const { message, where, kind } of found) assert.ok(message.startsWith(`${kind}: ${where}: expected `));
  return found.map(({ kind }) => kind);
}

test('a sound store breaks no promise', async () => {
  assert.deepEqual(await Array.fromAsync(verifyStore(store, everything)), []);
});

test('a store on which things wait to be reclaimed breaks no promise, before and after', async () => {
  const { plain, versioned, openUpload } = full;
  const request = (bucket: typeof plain) => ({ bucket, ownerAccountId: store.accountId });
  await store.uploads.abort({ bucket: plain, key: 'unfinished', uploadId: openUpload });
  for (const key of ['small', 'large', 'largeone', 'parts', 'parts too', 'empty', 'nothing']) {
    await store.objects.delete(request(plain), { key, versionId: undefined, conditions: {} });
  }
  const newest = await store.objects.head({ bucket: versioned, key: 'a', versionId: undefined });
  await store.objects.delete(request(versioned), { key: 'a', versionId: newest.token, conditions: {} });
  await store.objects.delete(request(versioned), { key: 'a', versionId: 'null', conditions: {} });
  await store.bucket('short-lived');
  await store.uploads.create({ ...request(await store.buckets.get('short-lived')), ...emptyUpload });
  await store.buckets.delete(await store.buckets.get('short-lived'));
  assert.deepEqual(await Array.fromAsync(verifyStore(store, everything)), []);
  await store.reclaimAll();
  assert.deepEqual(await Array.fromAsync(verifyStore(store, everything)), []);
  assert.deepEqual(await store.metadata.range(spans.table('reclaim', undefined, 10)), []);
});

const emptyUpload = {
  key: 'open',
  description: { headers: {}, userMetadata: [], storageClass: 'STANDARD', tags: [] },
  checksumAlgorithm: undefined,
  checksumType: undefined,
};

test('contents that do not fit into memory are counted in several passes', async () => {
  const counting = { ...everything, linksPerPass: 2 };
  assert.deepEqual(await Array.fromAsync(verifyStore(store, counting)), []);
  await store.metadata.transact((tx) => tx.add(keyspace.links(unknownToken), [2]));
  const found = await Array.fromAsync(verifyStore(store, counting));
  assert.deepEqual(
    found.map(({ kind }) => kind),
    ['links'],
  );
});

test('an empty store breaks no promise', async () => {
  const { MemoryStore: Store } = await import('../memory-store.ts');
  assert.deepEqual(await Array.fromAsync(verifyStore(new Store(), everything)), []);
});

/** Changes the records of a store by hand. */
type Damage = (tx: Transaction) => Promise<void> | void;

const address = (key: string, bucket = full.plain): ObjectAddress => ({ bucketId: bucket.id, key });

async function change<T>(tx: Transaction, target: { type: RecordType<T>; key: Buffer }, by: (old: T) => T) {
  const old = await readRecord(tx, target.type, target.key);
  assert.ok(old, 'there is something to damage');
  writeRecord(tx, target, by(old));
}

const changeCurrent = (tx: Transaction, key: string, by: (old: ObjectVersion) => ObjectVersion, bucket = full.plain) =>
  change(tx, { type: versionRecordType, key: keyspace.current(address(key, bucket)) }, (old) =>
    by(old as ObjectVersion),
  );

const currentOf = async (tx: Transaction, key: string, bucket = full.plain) =>
  (await readRecord(tx, versionRecordType, keyspace.current(address(key, bucket)))) as ObjectVersion;

async function noncurrentOf(tx: Transaction, key: string) {
  const entries = await tx.range(spans.noncurrentOfKey(address(key, full.versioned), 10));
  return entries.map((entry) => ({ key: entry.key, version: versionRecordType.decode(entry.value) as ObjectVersion }));
}

const damages: readonly [what: string, kinds: readonly ViolationKind[], damage: Damage][] = [
  ['a record of noise', ['unreadable'], (tx) => tx.put(keyspace.account('111122223333'), Buffer.from([0xc1, 7]))],
  [
    'a record with a field too few',
    ['unreadable'],
    (tx) => tx.put(keyspace.reclaim(5, unknownToken), Buffer.from([0x93, 2, 0, 0x90])),
  ],
  [
    'an object key that is no text',
    ['unreadable'],
    async (tx) => {
      const entry = keyspace.head(address('a', full.versioned));
      tx.put(Buffer.concat([entry.subarray(0, -1), Buffer.from([0x80])]), (await tx.get(entry))!);
    },
  ],
  ['an entry of a table that is none', ['foreign-entry'], (tx) => tx.put(Buffer.from([0x45, 1]), Buffer.alloc(1))],
  ['an account that its name does not find', ['index'], (tx) => tx.delete(keyspace.accountByName('second'))],
  [
    'an e-mail address that finds somebody else',
    ['index'],
    (tx) => tx.put(keyspace.accountByEmail('x@example.com'), Buffer.from(store.accountId)),
  ],
  [
    'an access key that its account does not know',
    ['index'],
    (tx) => tx.delete(keyspace.accessKeyOfAccount(store.accountId, 'first-key')),
  ],
  [
    'an access key of an account only',
    ['index'],
    (tx) => tx.put(keyspace.accessKeyOfAccount(store.accountId, 'no-key'), Buffer.alloc(0)),
  ],
  [
    'an access key of nobody',
    ['ownerless'],
    (tx) => {
      const record = {
        accessKeyId: 'lost',
        accountId: '5',
        sealedSecret: Buffer.alloc(9),
        status: 'active' as const,
        createdAt: 1,
      };
      writeRecord(tx, { type: accessKeyRecordType, key: keyspace.accessKey('lost') }, record);
      tx.put(keyspace.accessKeyOfAccount('5', 'lost'), Buffer.alloc(0));
    },
  ],
  [
    'an account under an id that is not its own',
    ['unreadable'],
    (tx) =>
      change(tx, { type: accountRecordType, key: keyspace.account(store.accountId) }, (old) => ({
        ...old,
        accountId: 'x',
      })),
  ],
  [
    'a bucket that its account does not list',
    ['index'],
    (tx) => tx.delete(keyspace.bucketOfAccount(store.accountId, 'plain')),
  ],
  [
    'a bucket that an account lists and that is not there',
    ['index'],
    (tx) => tx.put(keyspace.bucketOfAccount(store.accountId, 'nowhere'), Buffer.alloc(0)),
  ],
  [
    'two buckets of one id',
    ['index'],
    (tx) => {
      const twin = { ...full.plain, name: 'twin' };
      writeRecord(tx, { type: bucketRecordType, key: keyspace.bucket('twin') }, twin);
      tx.put(keyspace.bucketOfAccount(store.accountId, 'twin'), Buffer.alloc(0));
    },
  ],
  [
    'a bucket of nobody',
    ['ownerless'],
    (tx) => {
      const bucket = { ...full.plain, id: 'ab'.repeat(8), name: 'lost', ownerAccountId: '5' };
      writeRecord(tx, { type: bucketRecordType, key: keyspace.bucket('lost') }, bucket);
      tx.put(keyspace.bucketOfAccount('5', 'lost'), Buffer.alloc(0));
    },
  ],
  [
    'an object in no bucket',
    ['ownerless', 'usage'],
    async (tx) => {
      const version = { ...(await currentOf(tx, 'empty')) };
      const lost = { bucketId: 'ab'.repeat(8), key: 'lost' };
      writeRecord(tx, { type: versionRecordType, key: keyspace.current(lost) }, version);
    },
  ],
  [
    'a part of no upload',
    ['ownerless'],
    async (tx) => {
      const part = (await readRecord(tx, partRecordType, keyspace.part(full.openUpload, 1)))!;
      const etag = 'd41d8cd98f00b204e9800998ecf8427e';
      const record = { ...part, size: 0, etag, checksum: undefined, content: { kind: 'empty' } as const };
      writeRecord(tx, { type: partRecordType, key: keyspace.part(unknownToken, 3) }, record);
    },
  ],
  [
    'a delete marker in current',
    ['current-marker', 'usage', 'usage'],
    async (tx) => {
      const { size, ...marker } = { ...(await currentOf(tx, 'empty')), kind: 'delete-marker' as const };
      assert.equal(size, 0);
      writeRecord(tx, { type: versionRecordType, key: keyspace.current(address('empty')) }, marker);
      addUsage(tx, full.plain, { objects: 1 });
    },
  ],
  [
    'a newest version outside current',
    ['not-current'],
    async (tx) => {
      const [marker] = await noncurrentOf(tx, 'gone');
      const [, version] = await noncurrentOf(tx, 'gone');
      tx.delete(marker!.key);
      addUsage(tx, full.versioned, { versions: -1 });
      const head = { newest: version!.version.token, nullToken: undefined };
      writeRecord(tx, { type: headRecordType, key: keyspace.head(address('gone', full.versioned)) }, head);
    },
  ],
  ['a head that is missing', ['head'], (tx) => tx.delete(keyspace.head(address('a', full.versioned)))],
  [
    'a head without old versions',
    ['head'],
    (tx) =>
      writeRecord(
        tx,
        { type: headRecordType, key: keyspace.head(address('a!', full.versioned)) },
        { newest: unknownToken, nullToken: undefined },
      ),
  ],
  [
    'a head that names another newest version',
    ['head'],
    (tx) =>
      change(tx, { type: headRecordType, key: keyspace.head(address('b', full.versioned)) }, (old) => ({
        ...old,
        newest: unknownToken,
      })),
  ],
  [
    'a head that forgot the null version',
    ['head'],
    (tx) =>
      change(tx, { type: headRecordType, key: keyspace.head(address('a', full.versioned)) }, (old) => ({
        ...old,
        nullToken: undefined,
      })),
  ],
  [
    'two null versions',
    ['null-versions'],
    (tx) => changeCurrent(tx, 'a', (old) => ({ ...old, isNull: true }), full.versioned),
  ],
  [
    'a current version that is not the newest',
    ['version-order', 'head'],
    (tx) => changeCurrent(tx, 'a', (old) => ({ ...old, token: unknownToken }), full.versioned),
  ],
  [
    'a version under the token of another',
    ['version-order'],
    async (tx) => {
      const [newest] = await noncurrentOf(tx, 'a');
      const { token } = newest!.version;
      // The times in front differ, so that it keeps its place.
      const other = token.slice(0, -1) + (token.endsWith('0') ? '1' : '0');
      writeRecord(tx, { type: versionRecordType, key: newest!.key }, { ...newest!.version, token: other });
    },
  ],
  [
    'old versions of three keys where versioning was never on',
    ['unversioned', 'unversioned', 'unversioned'],
    (tx) =>
      change(tx, { type: bucketRecordType, key: keyspace.bucket('versioned') }, (old) => ({
        ...old,
        versioning: 'unversioned' as const,
      })),
  ],
  [
    'an object without its inline content',
    ['content-missing'],
    async (tx) => tx.delete(keyspace.inlineContent(idOf((await currentOf(tx, 'folder/\uff5e')).content))),
  ],
  [
    'an object without its list of parts',
    ['content-missing', 'content-missing', 'unlinked', 'unlinked'],
    async (tx) => tx.delete(keyspace.manifest(idOf((await currentOf(tx, 'parts')).content))),
  ],
  [
    'an object without the record of its blob',
    ['content-missing', 'orphan'],
    async (tx) => tx.delete(keyspace.blob(idOf((await currentOf(tx, 'overwritten')).content))),
  ],
  [
    'a version of another size than its content',
    ['size', 'usage', 'usage'],
    (tx) => changeCurrent(tx, 'overwritten', (old) => ({ ...old, size: 7 })),
  ],
  [
    'a blob of another length than recorded',
    ['size', 'size'],
    async (tx) => {
      const key = keyspace.blob(idOf((await currentOf(tx, 'overwritten')).content));
      await change(tx, { type: blobRecordType, key }, () => ({ length: 7 }));
    },
  ],
  [
    'an object of another number of parts',
    ['size'],
    (tx) => changeCurrent(tx, 'parts', (old) => ({ ...old, content: { ...old.content, count: 9 } as Content })),
  ],
  [
    'a list of parts out of order',
    ['version-order'],
    async (tx) => {
      const key = keyspace.manifest(idOf((await currentOf(tx, 'parts')).content));
      await change(tx, { type: manifestRecordType, key }, ({ parts }) => ({
        parts: parts.map((part) => ({ ...part, partNumber: 3 })),
      }));
    },
  ],
  [
    'a link too many',
    ['links'],
    async (tx) => tx.add(keyspace.links(idOf((await currentOf(tx, 'small')).content)), [1]),
  ],
  ['a link too few', ['links'], async (tx) => tx.delete(keyspace.links(idOf((await currentOf(tx, 'large')).content)))],
  ['a counter of nothing', ['links'], (tx) => tx.add(keyspace.links(unknownToken), [2])],
  [
    'inline bytes of nobody',
    ['unlinked'],
    (tx) => tx.put(keyspace.inlineContent(unknownToken), sealInline(Buffer.from('lost'))),
  ],
  [
    'a list of parts of nobody',
    ['unlinked'],
    (tx) => writeRecord(tx, { type: manifestRecordType, key: keyspace.manifest(unknownToken) }, { parts: [] }),
  ],
  [
    'a blob that is in use and on the reclaim list',
    ['reclaim-of-used'],
    async (tx) => {
      const { content } = await currentOf(tx, 'overwritten');
      const key = keyspace.reclaim(store.clock.now(), idOf(content));
      writeRecord(tx, { type: reclaimRecordType, key }, { kind: 'content', content });
    },
  ],
  [
    'an upload that goes on and whose parts are on the reclaim list',
    ['reclaim-of-used'],
    (tx) =>
      writeRecord(
        tx,
        { type: reclaimRecordType, key: keyspace.reclaim(store.clock.now(), full.openUpload) },
        { kind: 'parts-of-upload', uploadId: full.openUpload, bucketId: full.plain.id, ownerAccountId: undefined },
      ),
  ],
  [
    'a bucket that exists and is on the reclaim list',
    ['reclaim-of-used'],
    (tx) =>
      writeRecord(
        tx,
        { type: reclaimRecordType, key: keyspace.reclaim(store.clock.now(), unknownToken) },
        { kind: 'bucket', bucketId: full.plain.id, ownerAccountId: undefined },
      ),
  ],
  [
    'an answer that nobody will forget',
    ['unscheduled'],
    async (tx) => {
      for (const { key, value } of await tx.range(spans.table('reclaim', undefined, 100))) {
        if (reclaimRecordType.decode(value).kind === 'completed-upload') tx.delete(key);
      }
    },
  ],
  [
    'inline bytes that do not match their checksum',
    ['bytes'],
    async (tx) => {
      const key = keyspace.inlineContent(idOf((await currentOf(tx, 'folder/\uff5e')).content));
      const sealed = Buffer.from((await tx.get(key))!);
      sealed[9] = sealed[9]! ^ 1;
      tx.put(key, sealed);
    },
  ],
  [
    'bytes that are not those of the ETag',
    ['bytes'],
    (tx) => changeCurrent(tx, 'overwritten', (old) => ({ ...old, etag: '0'.repeat(32) })),
  ],
  [
    'bytes that are not those of the checksum',
    ['bytes'],
    (tx) => changeCurrent(tx, 'overwritten', (old) => ({ ...old, checksum: { ...old.checksum!, value: 'AAAA' } })),
  ],
  [
    'parts that are not those of the ETag',
    ['bytes'],
    (tx) => changeCurrent(tx, 'parts', (old) => ({ ...old, etag: `${'0'.repeat(32)}-2` })),
  ],
  ['an upload that is counted twice', ['usage', 'usage'], (tx) => addUsage(tx, full.plain, { uploads: 1 })],
  [
    'counters of an account that are not the sum of its buckets',
    ['usage'],
    (tx) => tx.add(keyspace.accountUsage(full.plain.ownerAccountId), [1]),
  ],
  [
    "a bucket with another account's quota",
    ['index'],
    (tx) =>
      writeRecord(
        tx,
        { type: bucketRecordType, key: keyspace.bucket(full.plain.name) },
        { ...full.plain, accountQuota: { bytes: 1 } },
      ),
  ],
  [
    'a lock clock of no bucket',
    ['ownerless'],
    (tx) => writeRecord(tx, { type: lockClockRecordType, key: keyspace.lockClock('cd'.repeat(8)) }, { latest: 1 }),
  ],
  ['a bucket without counters', ['usage'], (tx) => tx.delete(keyspace.usage(full.plain.id))],
  [
    'counters of no bucket',
    ['usage'],
    (tx) => addUsage(tx, { id: 'cd'.repeat(8), ownerAccountId: undefined }, { bytes: 1 }),
  ],
];

describe('found:', () => {
  for (const [what, kinds, damage] of damages) {
    test(what, async () => {
      await store.metadata.transact(damage);
      assert.deepEqual(await kindsFound(), kinds);
    });
  }

  test('a blob that is gone', async () => {
    const { content } = await store.objects.head({ bucket: full.plain, key: 'overwritten', versionId: undefined });
    await store.blobs.delete(idOf(content));
    assert.deepEqual(await kindsFound(), ['blob-missing']);
  });

  test('a blob of other bytes', async () => {
    const { content } = await store.objects.head({ bucket: full.plain, key: 'large', versionId: undefined });
    await store.blobs.delete(idOf(content));
    const writer = await store.blobs.create(idOf(content));
    await writer.write(bytesOf('others', 5000));
    await writer.commit();
    // MD5 and SHA-256 of the object and of its two copies.
    assert.deepEqual(await kindsFound(), Array(6).fill('bytes'));
    assert.deepEqual(await Array.fromAsync(verifyStore(store)), [], 'bytes are read only where that is asked for');
  });

  test('a blob of which no record speaks', async () => {
    const writer = await store.blobs.create(unknownToken);
    await writer.commit();
    assert.deepEqual(await kindsFound(), ['orphan']);
    assert.deepEqual(await Array.fromAsync(verifyStore(store)), [], 'it may be in the making');
  });
});
