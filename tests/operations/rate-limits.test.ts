import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand, GetObjectCommand, HeadBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Clock } from '../../src/foundation/clock.ts';
import { signV4 } from '../signing/sign-v4.ts';
import { isFailure } from './is-failure.ts';
import { sendSigned } from './send-raw.ts';
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

test('bytes count however their length is announced', async () => {
  const { server } = shared;
  await server.identity.createAccount({ name: 'chunked' });
  const credentials = await server.identity.createAccessKey({ account: 'chunked' });
  const s3 = server.client({ credentials });
  await s3.send(new CreateBucketCommand({ Bucket: 'limited-4' }));
  await server.identity.changeLimitsOfAccount('chunked', () => ({ bytes: 1000 }));
  const signed = signV4({
    host: server.host,
    credentials,
    date: new Date(clock.now()),
    method: 'PUT',
    path: '/limited-4/k',
    headers: {
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': '5000',
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    },
  });
  const body = Buffer.from(`1388\r\n${'x'.repeat(5000)}\r\n0\r\n\r\n`);
  const { 'content-length': _, ...headers } = signed.headers;
  const sent = { ...signed, headers: { ...headers, 'transfer-encoding': 'chunked' }, body };
  assert.equal((await sendSigned(server, sent)).status, 200);
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket: 'limited-4', Key: 'k' })), slowDown);
});

test('bytes count that nobody announced, while they come', async () => {
  const { server } = shared;
  await server.identity.createAccount({ name: 'unannounced' });
  const credentials = await server.identity.createAccessKey({ account: 'unannounced' });
  const s3 = server.client({ credentials });
  await s3.send(new CreateBucketCommand({ Bucket: 'limited-5' }));
  await server.identity.changeLimitsOfAccount('unannounced', () => ({ bytes: 1000 }));
  const signed = signV4({
    host: server.host,
    credentials,
    date: new Date(clock.now()),
    method: 'PUT',
    path: '/limited-5/k',
    payload: 'UNSIGNED-PAYLOAD',
  });
  const { 'content-length': _, ...headers } = signed.headers;
  const body = Buffer.alloc(5000);
  const sent = { ...signed, headers: { ...headers, 'transfer-encoding': 'chunked' }, body };
  assert.equal((await sendSigned(server, sent)).status, 200);
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket: 'limited-5', Key: 'k' })), slowDown);
});
