import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { assertErrorAnswer } from './error-answer.ts';
import { exchange, RawConnection } from './raw-connection.ts';
import { headBytes, signedBytes, signedFor } from './signed-bytes.ts';

let server: TestServer;
before(async () => {
  server = await startS3Server({
    headerTimeoutMilliseconds: 100,
    bodyTimeoutMilliseconds: 300,
    keepAliveMilliseconds: 100,
  });
  await server.client().send(new CreateBucketCommand({ Bucket: 'slow' }));
});
after(() => server[Symbol.asyncDispose]());

const blobs = () => Array.fromAsync(server.context.blobs.scan());
const list = () => signedBytes(server, { method: 'GET', path: '/slow' });

test('a head that never ends is refused', async () => {
  const beginnings = ['GET /slow HTTP/1.1\r\nHost: x\r\n', 'G', 'PUT /slow/key HTTP/1.1\r\nHost: x\r\nx-a'];
  const refuse = async (beginning: string) => {
    using connection = new RawConnection(server.port);
    connection.send(beginning);
    assertErrorAnswer(await connection.reply(), 400, 'RequestTimeout');
    await connection.closed;
  };
  await Promise.all(beginnings.map(refuse));
});

test('a connection on which nothing is said is closed', async () => {
  using connection = new RawConnection(server.port);
  await connection.closed;
});

test('a head that drips byte by byte is refused all the same', async () => {
  using connection = new RawConnection(server.port);
  connection.send('GET /slow HTTP/1.1\r\nHost: x\r\n');
  const drip = setInterval(() => connection.send('x: y\r\n'), 20);
  assertErrorAnswer(await connection.reply(), 400, 'RequestTimeout');
  clearInterval(drip);
  await connection.closed;
});

test('a body that stops half-way is refused and leaves nothing', async () => {
  const refuse = async (size: number) => {
    const body = Buffer.alloc(size, 'x');
    using connection = new RawConnection(server.port);
    const request = signedFor(server, { method: 'PUT', path: '/slow/half', body });
    connection.send(headBytes(request)).send(body.subarray(0, size / 2));
    assertErrorAnswer(await connection.reply(), 400, 'RequestTimeout');
    await connection.closed;
  };
  await Promise.all([10, 300_000].map(refuse));
  assert.deepEqual(await blobs(), []);
  const missing = await exchange(server.port, signedBytes(server, { method: 'GET', path: '/slow/half' }));
  assertErrorAnswer(missing, 404, 'NoSuchKey');
});

test('a refused upload whose client then falls silent does not hold its connection', async () => {
  using connection = new RawConnection(server.port);
  const request = signedFor(server, { method: 'PUT', path: '/missing/key', body: Buffer.alloc(1000) });
  connection.send(headBytes(request));
  assertErrorAnswer(await connection.reply(), 404, 'NoSuchBucket');
  await connection.closed;
});

test('a refused upload that drips on for ever does not hold its connection for ever', async () => {
  let timeIsUp: (() => void) | undefined;
  // No pause of the server's ends before the test says so.
  const clock = { now: () => Date.now(), sleep: () => new Promise<void>((resolve) => (timeIsUp = resolve)) };
  await using patient = await startS3Server({ clock });
  using connection = new RawConnection(patient.port);
  const request = signedFor(patient, { method: 'PUT', path: '/missing/key', body: Buffer.alloc(1000) });
  connection.send(headBytes(request)).send('x');
  assertErrorAnswer(await connection.reply(), 404, 'NoSuchBucket');
  connection.send('x');
  await connection.flushed();
  assert.equal(connection.socket.destroyed, false);
  timeIsUp!();
  await connection.closed;
});

test('a download that nobody reads is cut off, and its reader is let go', async () => {
  let open = 0;
  const inner = server.context.blobs;
  const open_ = inner.open;
  inner.open = async (id) => {
    const reader = await open_.call(inner, id);
    open++;
    const close = reader.close.bind(reader);
    reader.close = async () => {
      open--;
      await close();
    };
    return reader;
  };
  await server
    .client()
    .send(new PutObjectCommand({ Bucket: 'slow', Key: 'large', Body: Buffer.alloc(32 * 1024 * 1024) }));
  using connection = new RawConnection(server.port);
  connection.socket.pause();
  const outcomes = server.outcomes.length;
  connection.send(signedBytes(server, { method: 'GET', path: '/slow/large' }));
  while (server.outcomes.length === outcomes) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(open, 0);
  assert.ok(server.outcomes.at(-1)!.bytesOut < 32 * 1024 * 1024);
  connection.socket.resume();
  await connection.closed;
  assert.deepEqual(server.errors, []);
});

test('after all of them the server answers', async () => {
  assert.equal((await exchange(server.port, list())).status, 200);
});
