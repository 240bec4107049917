import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { dropDeadEvents, listDeadEvents, retryDeadEvents } from '../../src/services/events/dead-events.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import type { TestServer } from '../s3-server.ts';
import { serverWithHook, tellingBucket, whileDelivering } from './delivering.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

async function putEach(server: TestServer, Bucket: string, keys: readonly string[]): Promise<void> {
  const s3 = server.client();
  for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from(Key) }));
}

/** Each key's sequencers, as they came, without repetitions of what had come already. */
function firstComings(hook: WebhookReceiver): ReadonlyMap<string, readonly string[]> {
  const coming = new Map<string, string[]>();
  for (const { s3 } of hook.records) {
    const ofKey = coming.get(s3.object.key) ?? [];
    if (!ofKey.includes(s3.object.sequencer)) ofKey.push(s3.object.sequencer);
    coming.set(s3.object.key, ofKey);
  }
  return coming;
}

const dead = (server: TestServer, target = 'hook') =>
  listDeadEvents(server.context, target, { after: undefined, limit: 1000 });

async function assertSound(server: TestServer): Promise<void> {
  const found: string[] = [];
  for await (const { message } of verifyStore(server.context)) found.push(message);
  assert.deepEqual(found, []);
}

test('a target that fails now and then, or goes away, gets every event, and those of a key in their order', async (t) => {
  const { server, hook } = await serverWithHook(t);
  const Bucket = await tellingBucket(server, 'flaky');
  const keys = Array.from({ length: 30 }, (_, at) => `key-${at % 10}`);
  let tries = 0;
  hook.answer = () => (++tries % 4 === 0 ? 503 : tries % 9 === 0 ? 0 : 200);
  await putEach(server, Bucket, keys);
  await whileDelivering(server, () =>
    hook.until(() => [...firstComings(hook).values()].reduce((sum, { length }) => sum + length, 0) === 30),
  );
  for (const sequencers of firstComings(hook).values()) {
    assert.equal(sequencers.length, 3);
    assert.deepEqual(sequencers, [...sequencers].sort());
  }
  assert.deepEqual(await dead(server), []);
  await assertSound(server);
});

test('an event that the target refuses for good becomes a dead letter, and holds up nothing', async (t) => {
  const { server, hook } = await serverWithHook(t);
  const Bucket = await tellingBucket(server, 'refused');
  let isRefusing = true;
  hook.answer = ({ message }) => (isRefusing && message.Records?.[0].s3.object.key === 'bad' ? 400 : 200);
  await putEach(server, Bucket, ['bad', 'good', 'bad', 'good']);
  await whileDelivering(server, () => hook.until(() => hook.records.length === 2));
  await whileDelivering(server, async () => {
    while ((await dead(server)).length < 2) await server.context.clock.sleep(20);
  });
  const letters = await dead(server);
  assert.deepEqual(
    letters.map(({ event, reason }) => [event.key, reason]),
    [
      ['bad', 'refused: the webhook answered 400'],
      ['bad', 'refused: the webhook answered 400'],
    ],
  );
  await assertSound(server);

  isRefusing = false;
  assert.equal(await retryDeadEvents(server.context, 'hook', [letters[0]!.id]), 1);
  await whileDelivering(server, () => hook.until(() => hook.records.length === 3));
  assert.equal(hook.records[2].s3.object.key, 'bad');
  assert.equal(await dropDeadEvents(server.context, 'hook'), 1);
  assert.equal(await dropDeadEvents(server.context, 'hook'), 0);
  await assertSound(server);
});

test('after so many tries an event is given up', async (t) => {
  const { server, hook } = await serverWithHook(t);
  const Bucket = await tellingBucket(server, 'tried', {
    queues: [{ QueueArn: 'arn:aws:sqs:us-east-1::hook', Events: ['s3:ObjectCreated:*'] }],
  });
  let tries = 0;
  hook.answer = ({ message }) => {
    if (message.Records?.[0].s3.object.key !== 'bad') return 200;
    tries++;
    return 500;
  };
  await putEach(server, Bucket, ['bad']);
  await whileDelivering(
    server,
    async () => {
      while ((await dead(server)).length < 1) await server.context.clock.sleep(20);
    },
    { tries: 3 },
  );
  assert.equal(tries, 3);
  assert.equal((await dead(server))[0]!.reason, 'tries: the webhook answered 500');
});

test('one event that is not taken does not stop those of other keys', async (t) => {
  const { server, hook } = await serverWithHook(t);
  const Bucket = await tellingBucket(server, 'side-by-side');
  hook.answer = ({ message }) => (message.Records?.[0].s3.object.key === 'bad' ? 500 : 200);
  const keys = Array.from({ length: 20 }, (_, at) => `key-${at}`);
  await putEach(server, Bucket, ['bad', ...keys]);
  // Only those that share its lane wait for it.
  await whileDelivering(server, () => hook.until(() => hook.records.length >= 10));
  assert.deepEqual(await dead(server), []);
});

test('a redirect is not followed', async (t) => {
  const { server, hook } = await serverWithHook(t);
  const Bucket = await tellingBucket(server, 'redirected');
  let redirects = 0;
  hook.answer = () => (++redirects <= 2 ? 307 : 200);
  await putEach(server, Bucket, ['key']);
  await whileDelivering(server, () => hook.until(() => hook.records.length === 1));
  assert.ok(redirects > 2);
});

test('of too many events that wait the oldest become dead letters, and of too many of those the oldest are dropped', async (t) => {
  const { server, hook } = await serverWithHook(t);
  hook.answer = () => 503;
  const Bucket = await tellingBucket(server, 'crowded');
  const keys = Array.from({ length: 12 }, (_, at) => `key-${at}`);
  await putEach(server, Bucket, keys);
  await server.eventTargets.remove('hook');
  const numbers = async () => server.eventTargets.numbers('hook');
  assert.deepEqual(await numbers(), { waiting: 13, dead: 0 });
  await whileDelivering(
    server,
    async () => {
      while ((await numbers()).waiting !== 4 || (await numbers()).dead !== 5) await server.context.clock.sleep(20);
    },
    { waiting: 4, dead: 5 },
  );
  // The test event and the keys 0 to 7 were too many, and of those the last five are kept.
  assert.deepEqual(
    (await dead(server)).map(({ event }) => event.key),
    keys.slice(3, 8),
  );
  await assertSound(server);
});

test('what nobody takes in time becomes a dead letter, also where the target is gone', async (t) => {
  const { server } = await serverWithHook(t);
  const Bucket = await tellingBucket(server, 'late');
  await putEach(server, Bucket, ['key']);
  await server.eventTargets.remove('hook');
  await whileDelivering(
    server,
    async () => {
      while ((await dead(server)).length < 2) await server.context.clock.sleep(20);
    },
    { waitMilliseconds: 1 },
  );
  assert.equal((await dead(server))[1]!.reason, 'age: there is no such target');
  assert.deepEqual(await server.eventTargets.numbers('hook'), { waiting: 0, dead: 2 });
});

test('a target that is changed gets what waits at its new address', async (t) => {
  const { server, hook } = await serverWithHook(t);
  const other = await WebhookReceiver.start();
  t.after(() => other[Symbol.asyncDispose]());
  const Bucket = await tellingBucket(server, 'moved');
  hook.answer = () => 503;
  const keys = Array.from({ length: 5 }, (_, at) => `key-${at}`);
  await putEach(server, Bucket, keys);
  await whileDelivering(server, async () => {
    let tries = 0;
    hook.answer = () => {
      tries++;
      return 503;
    };
    await hook.until(() => tries > 0);
    const target = { name: 'hook', type: 'webhook', url: other.url, options: {}, accountIds: [] } as const;
    await server.eventTargets.add(target, { replace: true });
    await other.until(() => other.records.length === keys.length);
  });
  assert.equal(hook.records.length, 0);
});
