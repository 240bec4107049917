import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { keyspace, type ReplicationPlace } from '../../src/records/keyspace.ts';
import { placesWithEntries, readQueue } from '../../src/services/replication/replication-queue.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { localArn, openSide, putRules, rule, type Side, versionedBucket } from '../replication/pair.ts';

async function waiting() {
  const side = await openSide();
  for (const name of ['source', 'near']) await versionedBucket(side, name);
  await putRules(side, 'source', rule(localArn('near')));
  for (const Key of ['a', 'b']) await side.s3.send(new PutObjectCommand({ Bucket: 'source', Key, Body: 'body' }));
  const [place] = await Array.fromAsync(placesWithEntries(side.server.context, 'replicationQueue'));
  return { ...side, place: place as ReplicationPlace };
}

const broken = async ({ server }: Side) =>
  (await Array.fromAsync(verifyStore(server.context))).map(({ kind, expected }) => `${kind}: ${expected}`);

test('a queue is sound while something waits in it', async () => {
  await using side = await waiting();
  assert.deepEqual(await broken(side), []);
});

test('an entry that is gone without being counted is found', async () => {
  await using side = await waiting();
  const { metadata } = side.server.context;
  const [entry] = await readQueue(side.server.context, side.place, { limit: 1 });
  await metadata.transact((tx) => tx.delete(keyspace.replicationEntry(side.place, entry!.sequence)));
  assert.deepEqual(await broken(side), ['usage: what is there, and its bytes']);
});

test('an entry that cannot be read, and one of another destination, are found', async () => {
  await using side = await waiting();
  const { metadata } = side.server.context;
  const [first] = await readQueue(side.server.context, side.place, { limit: 1 });
  const key = keyspace.replicationEntry(side.place, first!.sequence);
  const bytes = (await metadata.get(key))!;
  const elsewhere = { ...side.place, destination: 'ab'.repeat(8) };
  await metadata.transact((tx) => {
    tx.put(key, Buffer.from('no record'));
    tx.put(keyspace.replicationEntry(elsewhere, first!.sequence), bytes);
    tx.add(keyspace.replicationCounters(elsewhere), [1, 4]);
  });
  const kinds = (await broken(side)).map((one) => one.split(':')[0]);
  assert.deepEqual(kinds.toSorted(), ['unreadable', 'unreadable', 'usage', 'usage']);
});
