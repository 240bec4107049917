import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplicationBacklogOf } from '../services/replication/replication-status.ts';
import { exposeMetrics } from './metrics.ts';
import { ReplicationMetrics } from './replication-metrics.ts';

const backlog = (parts: Partial<ReplicationBacklogOf>): ReplicationBacklogOf => ({
  bucket: 'photos',
  target: 'far:copies',
  waiting: 0,
  waitingBytes: 0,
  lagMilliseconds: undefined,
  refused: 0,
  ...parts,
});

async function exposed(backlogs: readonly ReplicationBacklogOf[]): Promise<string> {
  const metrics = new ReplicationMetrics();
  metrics.watch(async function* () {
    yield* backlogs;
  });
  return (await exposeMetrics([await metrics.snapshot(), []])).body;
}

test('how far destinations are behind is told by bucket and target', async () => {
  const body = await exposed([
    backlog({ waiting: 3, waitingBytes: 4096, lagMilliseconds: 1500 }),
    backlog({ target: 'near', refused: 7 }),
  ]);
  const of = (name: string, target: string) =>
    new RegExp(`^cairn_replication_${name}{bucket="photos",target="${target}"} (.*)$`, 'm').exec(body)?.[1];
  const told = (target: string) =>
    ['waiting', 'waiting_bytes', 'lag_seconds', 'refused'].map((name) => of(name, target));
  assert.deepEqual(told('far:copies'), ['3', '4096', '1.5', '0']);
  assert.deepEqual(told('near'), ['0', '0', '0', '7']);
});

test('there are no more than so many series, and nothing is left out of the sums', async () => {
  const many = Array.from({ length: 5000 }, (_, i) =>
    backlog({ bucket: `bucket-${i}`, waiting: 2, waitingBytes: 10, lagMilliseconds: i * 1000, refused: 1 }),
  );
  const body = await exposed(many);
  const lines = body.split('\n').filter((line) => line.startsWith('cairn_replication_waiting{'));
  assert.equal(lines.length, 101);
  assert.match(body, /^cairn_replication_waiting{bucket="other",target="other"} 9800$/m);
  assert.match(body, /^cairn_replication_waiting_bytes{bucket="other",target="other"} 49000$/m);
  assert.match(body, /^cairn_replication_lag_seconds{bucket="bucket-4999",target="far:copies"} 4999$/m);
  assert.match(body, /^cairn_replication_lag_seconds{bucket="other",target="other"} 4899$/m);
  assert.match(body, /^cairn_replication_refused{bucket="other",target="other"} 4900$/m);
});

test('before there is a store, nothing is told', async () => {
  assert.deepEqual(await new ReplicationMetrics().snapshot(), []);
});
