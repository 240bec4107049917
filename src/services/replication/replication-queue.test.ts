import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { memoryMetadataEngine } from '../../engines/metadata/memory/memory-metadata-engine.ts';
import { systemRandom } from '../../foundation/random.ts';
import type { ReplicationRecord } from '../../records/replication-record.ts';
import { nextVersionToken } from '../../records/tokens.ts';
import { enqueue, move, placesWithEntries, readBacklog, readQueue, sequenceOf, take } from './replication-queue.ts';

const random = systemRandom();
const record = (token: string, parts: Partial<ReplicationRecord> = {}): ReplicationRecord => ({
  bucket: 'bucket',
  key: 'key',
  token,
  kind: 'version',
  target: 'other',
  size: 3,
  queuedAt: 0,
  isExisting: false,
  failure: undefined,
  ...parts,
});

test('versions of a key wait in the order in which they were made, whatever the clocks say', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 2_000_000_000_000 }), { minLength: 2, maxLength: 20 }), (times) => {
      let token: string | undefined;
      const sequences = times.map((now) => {
        token = nextVersionToken(now, token, random);
        return sequenceOf(record(token), { now, random });
      });
      assert.deepEqual(sequences.toSorted(), sequences);
    }),
  );
});

test('what is said of a version waits behind the version, and what was there before behind all that happens now', () => {
  const times = fc.integer({ min: 1, max: 2_000_000_000_000 });
  fc.assert(
    fc.property(times, times, (madeAt, now) => {
      const token = nextVersionToken(madeAt, undefined, random);
      const made = sequenceOf(record(token), { now: madeAt, random });
      const described = sequenceOf(record(token, { kind: 'description' }), { now, random });
      const existing = sequenceOf(record(token, { isExisting: true }), { now, random });
      assert.ok(made < described && described < existing);
    }),
  );
});

test('entries are counted while they wait and while they are refused', async () => {
  const context = { metadata: memoryMetadataEngine(), clock: { now: () => 5, sleep: async () => {} }, random };
  const bucketId = 'ab'.repeat(8);
  const token = nextVersionToken(5, undefined, random);
  await context.metadata.transact((tx) => {
    enqueue(tx, { bucketId, record: record(token) }, context);
    enqueue(tx, { bucketId, record: record(token, { kind: 'description', size: 0 }) }, context);
  });
  const [place] = await Array.fromAsync(placesWithEntries(context, 'replicationQueue'));
  assert.deepEqual(await readBacklog(context, place!), { entries: 2, bytes: 3 });
  const [first, second] = await readQueue(context, place!, { limit: 10 });
  assert.deepEqual([first?.record.kind, second?.record.kind], ['version', 'description']);
  const refuse = { table: 'replicationFailed', failure: 'no' } as const;
  assert.equal(await context.metadata.transact((tx) => move(tx, first!, refuse)), true);
  assert.equal(await context.metadata.transact((tx) => move(tx, first!, refuse)), false);
  assert.equal(await context.metadata.transact((tx) => take(tx, second!)), true);
  assert.deepEqual(await Array.fromAsync(placesWithEntries(context, 'replicationQueue')), []);
  const [refused] = await Array.fromAsync(placesWithEntries(context, 'replicationFailed'));
  assert.deepEqual(await readBacklog(context, refused!), { entries: 1, bytes: 3 });
  assert.equal((await readQueue(context, refused!, { limit: 1 }))[0]?.record.failure, 'no');
});
