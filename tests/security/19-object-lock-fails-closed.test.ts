import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeleteObjectCommand, DeleteObjectsCommand, PutObjectRetentionCommand } from '@aws-sdk/client-s3';
import { sourceOf } from '../../src/foundation/bytes.ts';
import type { BucketRecord } from '../../src/records/bucket-record.ts';
import { keyspace } from '../../src/records/keyspace.ts';
import { type ObjectVersion, versionRecordType } from '../../src/records/version-record.ts';
import { MemoryStore, newBucket, plainDescription } from '../memory-store.ts';
import { givePolicy } from '../operations/give-policy.ts';
import { isFailure } from '../operations/is-failure.ts';
import { inDays, lockedVersion, retainedFor } from '../operations/locked-bucket.ts';
import { sharedServer } from '../operations/shared-server.ts';

const shared = sharedServer();
const day = 24 * 3_600_000;
const bypass = { BypassGovernanceRetention: true };

test('an explicit Deny of the bypass binds even the owner of the bucket, in every operation that knows it', async () => {
  const target = await lockedVersion(shared, retainedFor('GOVERNANCE', 2));
  await givePolicy(shared.server, target.Bucket, [{ Effect: 'Deny', Action: 's3:BypassGovernanceRetention' }]);
  await assert.rejects(
    shared.s3.send(new DeleteObjectCommand({ ...target, ...bypass })),
    isFailure('AccessDenied', 403),
  );
  const { Bucket, Key, VersionId } = target;
  const { Errors } = await shared.s3.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key, VersionId }] }, ...bypass }),
  );
  assert.deepEqual(
    Errors?.map(({ Code }) => Code),
    ['AccessDenied'],
  );
  const shorter = { Mode: 'GOVERNANCE', RetainUntilDate: inDays(1) } as const;
  const shorten = new PutObjectRetentionCommand({ ...target, Retention: shorter, ...bypass });
  await assert.rejects(shared.s3.send(shorten), isFailure('AccessDenied', 403));
});

test('the bypass is a right of its own: to delete versions is not to break their locks', async () => {
  const target = await lockedVersion(shared, retainedFor('GOVERNANCE', 2));
  const cleaner = await shared.server.stranger('cleaner');
  const remove = new DeleteObjectCommand({ ...target, ...bypass });
  await givePolicy(shared.server, target.Bucket, [{ Effect: 'Allow', Action: 's3:DeleteObjectVersion' }]);
  await assert.rejects(cleaner.send(remove), isFailure('AccessDenied', 403));
  await givePolicy(shared.server, target.Bucket, [
    { Effect: 'Allow', Action: ['s3:DeleteObjectVersion', 's3:BypassGovernanceRetention'] },
  ]);
  await assert.rejects(cleaner.send(new DeleteObjectCommand(target)), isFailure('AccessDenied', 403));
  await cleaner.send(remove);
});

interface Locked {
  readonly store: MemoryStore;
  readonly bucket: BucketRecord;
  put(key: string, lock?: Partial<ObjectVersion>): Promise<ObjectVersion>;
  remove(version: ObjectVersion, key: string): Promise<unknown>;
}

async function lockedStore(): Promise<Locked> {
  const store = await MemoryStore.open();
  await store.buckets.create('locked', { ...newBucket(store.accountId), objectLock: {} });
  const bucket = await store.buckets.get('locked');
  return {
    store,
    bucket,
    async put(key, lock) {
      const staged = await store.objects.stage(sourceOf(Buffer.from('x')), []);
      return store.objects.commit(staged, {
        bucket: await store.buckets.get('locked'),
        key,
        ownerAccountId: store.accountId,
        description: { ...plainDescription, retention: lock?.retention, legalHold: lock?.legalHold },
        conditions: {},
        checksum: undefined,
      });
    },
    remove: (version, key) =>
      store.objects.delete(
        { bucket, ownerAccountId: store.accountId },
        { key, versionId: version.token, conditions: {}, mayBypassGovernance: true },
      ),
  };
}

test('a record that does not decode, or says what nobody understands, is never removed', async () => {
  const { store, bucket, put, remove } = await lockedStore();
  const odd: readonly Partial<Record<keyof ObjectVersion, unknown>>[] = [
    { retention: { mode: 'GOVERNANCE!', until: store.clock.now() + day } },
    { retention: { mode: 'GOVERNANCE', until: Number.NaN } },
    { retention: { mode: 'COMPLIANCE', until: 'later' } },
    { legalHold: 'yes' },
  ];
  for (const [at, lock] of odd.entries()) {
    const key = `odd-${at}`;
    const version = await put(key);
    const place = keyspace.current({ bucketId: bucket.id, key });
    const bytes = versionRecordType.encode({ ...version, ...lock } as ObjectVersion);
    await store.metadata.transact((tx) => tx.put(place, bytes));
    await assert.rejects(remove(version, key), { kind: 'ObjectLocked' });
    assert.deepEqual(await store.metadata.get(place), bytes);
  }
  const version = await put('broken', { retention: { mode: 'COMPLIANCE', until: store.clock.now() + day } });
  const place = keyspace.current({ bucketId: bucket.id, key: 'broken' });
  const stored = await store.metadata.get(place);
  for (const broken of [Buffer.from([0xc1]), stored!.subarray(0, -3), Buffer.alloc(0)]) {
    await store.metadata.transact((tx) => tx.put(place, broken));
    await assert.rejects(remove(version, 'broken'));
    assert.deepEqual(await store.metadata.get(place), broken);
  }
});

test('nothing is removed from a bucket whose record does not decode', async () => {
  const { store, bucket, put, remove } = await lockedStore();
  const version = await put('k');
  const place = keyspace.bucket('locked');
  const stored = (await store.metadata.get(place))!;
  await store.metadata.transact((tx) => tx.put(place, stored.subarray(0, -2)));
  await assert.rejects(remove(version, 'k'));
  assert.ok(await store.metadata.get(keyspace.current({ bucketId: bucket.id, key: 'k' })));
});

test('a clock that goes back unlocks nothing and shortens no default retention', async () => {
  const { store, put, remove } = await lockedStore();
  const lock = (count: number) =>
    store.buckets.get('locked').then((bucket) =>
      store.buckets.setObjectLock(bucket, {
        defaultRetention: { mode: 'COMPLIANCE', period: { unit: 'days', count } },
      }),
    );
  await lock(10);
  const first = await put('first');
  const { until } = first.retention!;
  store.clock.pass(5 * day);
  const second = await put('second');
  assert.equal(second.retention?.until, until + 5 * day);
  store.clock.pass(-100 * day);
  const behind = await put('behind');
  assert.equal(behind.retention?.until, second.retention?.until);
  for (const [version, key] of [
    [first, 'first'],
    [second, 'second'],
    [behind, 'behind'],
  ] as const) {
    await assert.rejects(remove(version, key), { kind: 'ObjectLocked' });
  }
  // The same words again say nothing of the clock; others do.
  await lock(10);
  assert.equal((await put('again')).retention?.until, second.retention?.until);
  await lock(11);
  assert.equal((await put('anew')).retention?.until, store.clock.now() + 11 * day);
});

test('two requests at once: a version is held, or gone, and never both', async () => {
  const { store, bucket, put, remove } = await lockedStore();
  for (let round = 0; round < 20; round++) {
    const key = `k${round}`;
    const version = await put(key);
    const target = { bucket, key, versionId: version.token, aspect: 'legal-hold' as const };
    const [held, removed] = await Promise.allSettled([
      store.objects.change(target, (found) => ({ ...found, legalHold: true })),
      remove(version, key),
    ]);
    assert.notEqual(held.status, removed.status);
    const left = await store.metadata.get(keyspace.current({ bucketId: bucket.id, key }));
    assert.equal(left !== undefined, held.status === 'fulfilled');
  }
});
