import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Transaction } from '../../src/engines/metadata/metadata-engine.ts';
import { deadEventRecordType, eventQueueOf, eventRecordType } from '../../src/records/event-record.ts';
import { keyspace, spans } from '../../src/records/keyspace.ts';
import { notificationSetting } from '../../src/records/notification-setting.ts';
import { BucketSettings } from '../../src/services/buckets/bucket-settings.ts';
import { eventOutbox } from '../../src/services/events/event-outbox.ts';
import { buryEvents, firstOfLanes } from '../../src/services/events/event-queue.ts';
import { ObjectService } from '../../src/services/objects/object-service.ts';
import { verifyEvents } from '../../src/services/verification/verify-events.ts';
import { MemoryStore, putObject } from '../memory-store.ts';

const queue = eventQueueOf('target');

/** Two events that wait, and a dead letter. */
async function storeWithEvents(): Promise<MemoryStore> {
  const store = await MemoryStore.open();
  const bucket = await store.bucket('bucket');
  const settings = new BucketSettings(store.context);
  const rule = { id: 'rule', kind: 'queue', arn: 'arn', target: 'target', prefix: '', suffix: '' } as const;
  const rules = [{ ...rule, events: ['s3:ObjectCreated:*' as const] }];
  await settings.write(bucket, { setting: notificationSetting, value: { rules, eventBridge: false } });
  const objects = new ObjectService({ ...store.context, subscribers: [eventOutbox(settings)] });
  for (const key of ['one', 'two', 'three']) {
    await putObject({ objects }, { bucket: await store.buckets.get('bucket'), key }, Buffer.from(key));
  }
  const [first] = await firstOfLanes(store.context, queue, { from: 0, limit: 1, skip: () => false });
  await buryEvents(store.context, [first!], 'why');
  return store;
}

async function found({ metadata }: MemoryStore): Promise<readonly string[]> {
  const kinds: string[] = [];
  for await (const { kind } of verifyEvents(metadata)) kinds.push(kind);
  return kinds;
}

test('a store with events is sound', async () => {
  assert.deepEqual(await found(await storeWithEvents()), []);
});

type Damage = (tx: Transaction, entries: { event: Entry; dead: Entry }) => void;
type Entry = { readonly key: Buffer; readonly value: Buffer };

const damages: readonly [what: string, kind: string, damage: Damage][] = [
  ['noise in place of an event', 'unreadable', (tx, { event }) => tx.put(event.key, Buffer.from([1, 2]))],
  ['noise in place of a dead letter', 'unreadable', (tx, { dead }) => tx.put(dead.key, Buffer.from([1, 2]))],
  ['an event that is not counted', 'usage', (tx) => tx.add(keyspace.eventCounters(queue), [-1])],
  ['a dead letter that is not counted', 'usage', (tx) => tx.add(keyspace.eventCounters(queue), [0, -1])],
  ['counters that are missing', 'usage', (tx) => tx.delete(keyspace.eventCounters(queue))],
  ['counters of nothing', 'usage', (tx) => tx.add(keyspace.eventCounters(eventQueueOf('other')), [1])],
  [
    'an event in the queue of another target',
    'unreadable',
    (tx, { event }) => {
      const record = eventRecordType.decode(event.value);
      tx.put(event.key, eventRecordType.encode({ ...record, target: 'other' }));
    },
  ],
  [
    'a dead letter of another target',
    'unreadable',
    (tx, { dead }) => {
      const record = deadEventRecordType.decode(dead.value);
      tx.put(dead.key, deadEventRecordType.encode({ ...record, target: 'other' }));
    },
  ],
];

for (const [what, kind, damage] of damages) {
  test(`found: ${what}`, async () => {
    const store = await storeWithEvents();
    const [event] = await store.metadata.range(spans.table('event', undefined, 1));
    const [dead] = await store.metadata.range(spans.table('deadEvent', undefined, 1));
    await store.metadata.transact((tx) => damage(tx, { event: event!, dead: dead! }));
    assert.deepEqual(await found(store), [kind]);
  });
}

test('found: a lane that has forgotten how far it was', async () => {
  const store = await storeWithEvents();
  const sequences = await store.metadata.range(spans.table('eventSequence', undefined, 10));
  await store.metadata.transact((tx) => {
    for (const { key } of sequences) tx.delete(key);
  });
  assert.deepEqual(await found(store), ['index', 'index']);
});
