import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryMetadataEngine } from '../../src/engines/metadata/memory/memory-metadata-engine.ts';
import { systemRandom } from '../../src/foundation/random.ts';
import { destinationHash } from '../../src/records/replication-record.ts';
import { nextVersionToken } from '../../src/records/tokens.ts';
import { enqueue, move, readQueue } from '../../src/services/replication/replication-queue.ts';
import { replicationBacklogs } from '../../src/services/replication/replication-status.ts';

const random = systemRandom();

function store() {
  const times = { now: 0 };
  const context = { metadata: memoryMetadataEngine(), clock: { now: () => times.now, sleep: async () => {} }, random };
  const queue = (bucket: string, { isExisting = false, size = 1, target = 'other' } = {}) => {
    const bucketId = Buffer.from(bucket.padEnd(8)).toString('hex');
    const token = nextVersionToken(times.now, undefined, random);
    const record = { bucket, key: 'k', token, kind: 'version', target, size, queuedAt: times.now, isExisting } as const;
    return context.metadata.transact((tx) =>
      enqueue(tx, { bucketId, record: { ...record, failure: undefined } }, context),
    );
  };
  return { context, times, queue };
}

test('every destination tells what waits, for how long, and what was refused', async () => {
  const { context, times, queue } = store();
  times.now = 1000;
  await queue('one', { size: 5 });
  await queue('one', { target: 'far:b' });
  times.now = 3000;
  await queue('one', { size: 6 });
  await queue('two');
  times.now = 10_000;
  const place = { table: 'replicationQueue', bucketId: Buffer.from('two'.padEnd(8)).toString('hex') } as const;
  const [entry] = await readQueue(context, { ...place, destination: destinationHash('other') }, { limit: 1 });
  await context.metadata.transact((tx) => move(tx, entry!, { table: 'replicationFailed', failure: 'no' }));
  const told = await Array.fromAsync(replicationBacklogs(context));
  const byName = told.toSorted((a, b) => `${a.bucket} ${a.target}`.localeCompare(`${b.bucket} ${b.target}`));
  assert.deepEqual(byName, [
    { bucket: 'one', target: 'far:b', waiting: 1, waitingBytes: 1, lagMilliseconds: 9000, refused: 0 },
    { bucket: 'one', target: 'other', waiting: 2, waitingBytes: 11, lagMilliseconds: 9000, refused: 0 },
    { bucket: 'two', target: 'other', waiting: 0, waitingBytes: 0, lagMilliseconds: undefined, refused: 1 },
  ]);
});

test('what was there already and waits behind all that happens now is as old as it is', async () => {
  const { context, times, queue } = store();
  times.now = 1000;
  await queue('one', { isExisting: true });
  times.now = 5000;
  await queue('one');
  times.now = 6000;
  const [told] = await Array.fromAsync(replicationBacklogs(context));
  assert.equal(told?.lagMilliseconds, 5000);
});
