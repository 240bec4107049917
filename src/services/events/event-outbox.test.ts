import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore, putObject, TestClock } from '../../../tests/memory-store.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { eventQueueOf } from '../../records/event-record.ts';
import { spans } from '../../records/keyspace.ts';
import { listeningSetting, notificationSetting } from '../../records/notification-setting.ts';
import { BucketSettings } from '../buckets/bucket-settings.ts';
import { ObjectService } from '../objects/object-service.ts';
import { cleanJournals, readJournal } from './event-journal.ts';
import { eventOutbox } from './event-outbox.ts';
import { buryEvents, eventsOfLane, firstOfLanes, queueNumbers, removeEvents } from './event-queue.ts';

const queue = eventQueueOf('target');

async function openStore(configured: 'told' | 'heard' | 'neither') {
  const store = await MemoryStore.open();
  const clock = new TestClock();
  let back = 0;
  const wandering: Clock = { now: () => clock.now() - back, sleep: (milliseconds) => clock.sleep(milliseconds) };
  const context = { ...store.context, clock: wandering };
  const settings = new BucketSettings(context);
  const objects = new ObjectService({ ...context, subscribers: [eventOutbox(settings)] });
  await store.bucket('bucket');
  const bucket = () => store.buckets.get('bucket');
  const rule = { id: 'rule', kind: 'queue', arn: 'arn', target: 'target', prefix: '', suffix: '' } as const;
  const value = { rules: [{ ...rule, events: ['s3:ObjectCreated:*' as const] }], eventBridge: false };
  if (configured === 'told') await settings.write(await bucket(), { setting: notificationSetting, value });
  const until = wandering.now() + 1000;
  if (configured === 'heard') await settings.write(await bucket(), { setting: listeningSetting, value: until });
  return {
    context,
    settings,
    clock,
    bucket,
    /** The clock is set back by so much. */
    setBack(milliseconds: number) {
      back += milliseconds;
    },
    put: async (key: string) => putObject({ objects }, { bucket: await bucket(), key }, Buffer.from(key)),
    waiting: () => firstOfLanes(context, queue, { from: 0, limit: 256, skip: () => false }),
  };
}

test('events of a key follow one another, although the clock stands still or is set back', async () => {
  const { put, waiting, setBack, context } = await openStore('told');
  for (let change = 0; change < 5; change++) await put('key');
  setBack(3_600_000);
  for (let change = 0; change < 5; change++) await put('key');
  const [first] = await waiting();
  const events = await eventsOfLane(context, first!.place, 100);
  assert.equal(events.length, 10);
  const sequences = events.map(({ record }) => record.event.sequence);
  assert.ok(sequences.every((sequence, at) => at === 0 || sequence > sequences[at - 1]!));
  // Also where all before were delivered.
  await removeEvents(context, events);
  await put('key');
  assert.ok((await waiting())[0]!.record.event.sequence > sequences.at(-1)!);
});

test('a bucket that tells nobody writes nothing', async () => {
  const { put, context } = await openStore('neither');
  await put('key');
  assert.deepEqual(await context.metadata.range(spans.table('eventSequence', undefined, 10)), []);
  assert.deepEqual(await context.metadata.range(spans.table('journal', undefined, 10)), []);
});

test('an event that two processes have delivered is counted once', async () => {
  const { put, waiting, context } = await openStore('told');
  await put('key');
  await put('other');
  const events = await waiting();
  await removeEvents(context, [events[0]!]);
  await removeEvents(context, [events[0]!]);
  assert.equal(await buryEvents(context, events, 'why'), 1);
  assert.deepEqual(await queueNumbers(context, queue), { waiting: 0, dead: 1 });
});

test('a journal is written only while somebody listens, and forgotten after a while', async () => {
  const { put, clock, context, settings, bucket } = await openStore('heard');
  await put('one');
  clock.pass(2000);
  await put('two');
  const { id } = await bucket();
  assert.deepEqual(
    (await readJournal(context, id, 0)).map(({ key }) => key),
    ['one'],
  );
  clock.pass(300_000);
  await cleanJournals(context, settings);
  assert.deepEqual(await readJournal(context, id, 0), []);
  const { settings: named }: BucketRecord = await bucket();
  assert.deepEqual(named, {});
  assert.deepEqual(await context.metadata.range(spans.table('journalSequence', undefined, 10)), []);
});
