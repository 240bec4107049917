import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../src/foundation/clock.ts';
import { keyspace, spans } from '../../src/records/keyspace.ts';
import { RefusalStore } from '../../src/services/refusals/refusal-store.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { forgetRefusals } from '../../src/workers/forget-refusals.ts';
import { makeUser } from '../identity/make-user.ts';
import { sendAnonymous, sendRaw } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { may, putBucket } from './refused-server.ts';

const kept = async ({ context }: TestServer) =>
  (await context.metadata.range(spans.table('refusal', undefined, 10_000))).length;
const violations = async ({ context }: TestServer) =>
  (await Array.fromAsync(verifyStore(context))).map(({ kind }) => kind);

async function refuseMany(server: TestServer, count: number, credentials = server.root): Promise<void> {
  const request = { method: 'GET', path: '/bucket/key', credentials };
  for (let i = 0; i < count; i++) assert.equal((await sendRaw(server, request)).status, 403);
  await server.settle();
}

test('who is refused again and again is told of by samples, and takes nothing of others', async () => {
  const now = Date.now();
  const clock = { now: () => now, sleep: () => new Promise<void>((resolve) => setTimeout(resolve, 0).unref()) };
  await using server = await startS3Server({ keepsRefusals: true, clock });
  await putBucket(server, 'bucket');
  const { keys: loud } = await makeUser(server, { name: 'loud' });
  const { keys: quiet } = await makeUser(server, { name: 'quiet' });
  await refuseMany(server, 40, loud);
  assert.equal(await kept(server), 20);
  assert.equal(server.refusals.dropped, 20);
  await refuseMany(server, 1, quiet);
  assert.equal(await kept(server), 21);
  assert.deepEqual(await violations(server), []);
});

test('an account that takes many names for itself takes no more of what others may have noted', async () => {
  const now = Date.now();
  const clock = { now: () => now, sleep: () => new Promise<void>(() => {}) };
  await using server = await startS3Server();
  const { RefusalJournal } = await import('../../src/services/refusals/refusal-journal.ts');
  const journal = new RefusalJournal({ ...server.context, clock }, { keepMilliseconds: 1000 });
  const note = (accessKeyId: string, accountId: string) => {
    const before = journal.dropped;
    const access = { request: { principal: { kind: 'account', accessKeyId, account: { accountId } } } };
    journal.note({ requestId: 'x', operation: 'GetObject', access: access as never });
    return journal.dropped === before;
  };
  const noted = Array.from({ length: 5000 }, (_, i) => note(`ASIA${i}`, 'loud')).filter(Boolean).length;
  assert.equal(noted, 100);
  assert.ok(note('AK', 'quiet'));
});

test('what is waiting is bounded', async () => {
  const now = Date.now();
  // Nothing is gathered before it is asked for.
  const clock = { now: () => now, sleep: () => new Promise<void>(() => {}) };
  await using server = await startS3Server();
  await putBucket(server, 'bucket');
  const { RefusalJournal } = await import('../../src/services/refusals/refusal-journal.ts');
  const journal = new RefusalJournal({ ...server.context, clock }, { keepMilliseconds: 1000 });
  const access = (name: number) => ({
    request: { principal: { kind: 'account', accessKeyId: `AK${name}`, account: { accountId: String(name) } } },
  });
  for (let i = 0; i < 1500; i++) {
    journal.note({ requestId: 'x', operation: 'GetObject', access: access(i) as never });
  }
  assert.equal(journal.dropped, 500);
});

test('a refusal without policies, on nothing that exists, and by nobody is kept', async () => {
  await using server = await startS3Server({ keepsRefusals: true });
  await putBucket(server, 'bucket');
  const answers = [
    await sendAnonymous(server, 'GET', '/'),
    await sendAnonymous(server, 'PUT', '/new-bucket'),
    await sendAnonymous(server, 'GET', '/bucket/none'),
    await sendAnonymous(server, 'DELETE', '/bucket/key'),
  ];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [403, 403, 403, 403],
  );
  await server.settle();
  const store = new RefusalStore(server.context.metadata);
  for (const { headers } of answers) assert.ok(await store.find(headers['x-amz-request-id']!));
  assert.deepEqual(await violations(server), []);
});

test('refusals are forgotten when their time is over, and the oldest beyond the most that are kept', async () => {
  let now = Date.now();
  const clock = { now: () => now, sleep: () => new Promise<void>((resolve) => setTimeout(resolve, 0).unref()) };
  await using server = await startS3Server({ keepsRefusals: true, clock });
  await putBucket(server, 'bucket');
  const users = await Promise.all(['a', 'b', 'c'].map((name) => makeUser(server, { name })));
  for (const { keys } of users) {
    await refuseMany(server, 4, keys);
    now += 10_000;
  }
  assert.equal(await kept(server), 12);
  const stopping = new AbortController();
  const once: Clock = {
    now: () => now,
    // It rests when there is nothing more to forget; its lease is renewed long after that.
    sleep: (milliseconds, signal) => {
      if (milliseconds === 60_000) stopping.abort();
      if (milliseconds <= 60_000) return Promise.resolve();
      return new Promise((resolve) => signal?.addEventListener('abort', () => resolve()));
    },
  };
  await forgetRefusals({ ...server.context, clock: once }, 7).run(stopping.signal);
  assert.equal(await kept(server), 7);
  const store = new RefusalStore(server.context.metadata);
  assert.equal(await store.forget(now, 7), 0);
  now += 86_400_000;
  assert.equal(await store.forget(now, 100), 7);
  assert.equal(await kept(server), 0);
  assert.equal(await server.context.metadata.get(keyspace.refusalCount()), undefined);
  assert.deepEqual(await violations(server), []);
});

test('a batch that is stored again is counted once', async () => {
  await using server = await startS3Server({ keepsRefusals: true });
  await putBucket(server, 'bucket');
  const { keys } = await makeUser(server, { name: 'once', policies: [[may('s3:ListBucket')]] });
  const { headers } = await sendRaw(server, { method: 'GET', path: '/bucket/key', credentials: keys });
  await server.settle();
  const store = new RefusalStore(server.context.metadata);
  const record = await store.find(headers['x-amz-request-id']!);
  await store.keep([record!], 86_400_000);
  assert.deepEqual(await violations(server), []);
});

test('what is missing or left of a refusal is found', async () => {
  await using server = await startS3Server({ keepsRefusals: true });
  await putBucket(server, 'bucket');
  const { keys } = await makeUser(server, { name: 'damaged' });
  await refuseMany(server, 1, keys);
  const { metadata } = server.context;
  const [entry] = await metadata.range(spans.table('refusal', undefined, 1));
  const [due] = await metadata.range(spans.table('refusalDue', undefined, 1));
  const [listed] = await metadata.range(spans.table('refusalOfAccount', undefined, 1));
  const counter = keyspace.refusalCount();
  const count = (await metadata.get(counter))!;
  for (const [key, value, expected] of [
    [due!.key, due!.value, ['unscheduled']],
    [listed!.key, listed!.value, ['index']],
    [counter, count, ['usage']],
    [entry!.key, entry!.value, ['index', 'index', 'usage']],
  ] as const) {
    await metadata.transact((tx) => tx.delete(key));
    assert.deepEqual((await violations(server)).toSorted(), expected);
    await metadata.transact((tx) => tx.put(key, value));
  }
  assert.deepEqual(await violations(server), []);
});
