import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand, GetObjectCommand, HeadBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Clock } from '../../src/foundation/clock.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

/** The system's time, but that nothing comes to be by itself: limits are refilled when a test says so. */
const startedAt = Date.now();
let passed = 0;
const clock: Clock = {
  now: () => startedAt + passed,
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds).unref()),
};
const shared = sharedServer({ clock });
const slowDown = isFailure('SlowDown', 503);

test('requests of an account: so many a second, then 503 with Retry-After, and others go on', async () => {
  const limited = await shared.server.stranger('limited');
  await limited.send(new CreateBucketCommand({ Bucket: 'limited-1' }));
  await shared.server.identity.changeLimitsOfAccount('limited', () => ({ requests: 3 }));
  const head = () => limited.send(new HeadBucketCommand({ Bucket: 'limited-1' }));
  for (let request = 0; request < 3; request++) await head();
  const refused = await limited
    .send(new GetObjectCommand({ Bucket: 'limited-1', Key: 'k' }))
    .catch((error: { name: string; $response?: { headers: Record<string, string> } }) => error);
  assert.ok('$response' in refused && refused.name === 'SlowDown');
  assert.equal(refused.$response?.headers['retry-after'], '1');
  const bucket = await shared.bucket();
  await shared.s3.send(new HeadBucketCommand({ Bucket: bucket }));
  passed += 1000;
  await head();
  await shared.server.identity.changeLimitsOfAccount('limited', () => undefined);
  for (let request = 0; request < 10; request++) await head();
});

test('bytes of a key count in both directions, when they are known', async () => {
  const { identity } = shared.server;
  const bounded = await shared.server.stranger('bytes');
  await bounded.send(new CreateBucketCommand({ Bucket: 'limited-2' }));
  const target = { Bucket: 'limited-2', Key: 'k' };
  const account = await identity.resolveAccount('bytes');
  const [key] = await identity.listAccessKeys(account, { limit: 1 });
  await identity.changeLimitsOfAccessKey(key!.accessKeyId, () => ({ bytes: 1000 }));
  await bounded.send(new PutObjectCommand({ ...target, Body: 'x'.repeat(3000) }));
  await assert.rejects(bounded.send(new GetObjectCommand(target)), isFailure('SlowDown', 503));
  passed += 4000;
  const { Body } = await bounded.send(new GetObjectCommand(target));
  assert.equal((await Body!.transformToByteArray()).length, 3000);
  await assert.rejects(bounded.send(new PutObjectCommand({ ...target, Body: 'x' })), slowDown);
  passed += 1000;
  await assert.rejects(bounded.send(new PutObjectCommand({ ...target, Body: 'x' })), slowDown);
  passed += 2000;
  await bounded.send(new PutObjectCommand({ ...target, Body: 'x' }));
});

test('a request that nobody signed uses up nothing of anybody', async () => {
  const { identity } = shared.server;
  const limited = await shared.server.stranger('victim');
  await limited.send(new CreateBucketCommand({ Bucket: 'limited-3' }));
  await identity.changeLimitsOfAccount('victim', () => ({ requests: 2 }));
  const [key] = await identity.listAccessKeys(await identity.resolveAccount('victim'), { limit: 1 });
  const forged = { accessKeyId: key!.accessKeyId, secretAccessKey: 'not-the-secret' };
  for (let request = 0; request < 10; request++) {
    const { status } = await shared.raw({ method: 'HEAD', path: '/limited-3', credentials: forged });
    assert.equal(status, 403);
  }
  await limited.send(new HeadBucketCommand({ Bucket: 'limited-3' }));
});
