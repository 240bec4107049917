import assert from 'node:assert/strict';
import { type EventEmitter, once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { Client } from 'minio';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { signV4 } from '../signing/sign-v4.ts';
import { sendRaw } from './send-raw.ts';

async function listeningServer(t: TestContext, longestStreamMilliseconds = 60_000): Promise<TestServer> {
  const server = await startS3Server({ longestStreamMilliseconds });
  t.after(() => server[Symbol.asyncDispose]());
  return server;
}

function sendListen(
  server: TestServer,
  path: string,
  { query, credentials }: { query: readonly (readonly [string, string])[]; credentials: AccessKeyPair },
): Promise<IncomingMessage> {
  const date = new Date();
  const { method, target, headers } = signV4({ method: 'GET', path, query, host: server.host, credentials, date });
  const outgoing = request({ host: '127.0.0.1', port: server.port, method, path: target, headers, agent: false });
  outgoing.on('error', () => undefined);
  outgoing.end();
  return once(outgoing, 'response').then(([response]) => response as IncomingMessage);
}

interface Listener {
  /** The records of the next line. */
  next(): Promise<{ eventName: string; s3: { bucket: { name: string }; object: { key: string } } }>;
  /** Resolves when the server ends the stream. */
  ended(): Promise<void>;
  readonly response: IncomingMessage;
}

/** Answers once the server has begun to listen. */
async function listen(
  server: TestServer,
  path: string,
  query: readonly (readonly [string, string])[],
): Promise<Listener> {
  const response = await sendListen(server, path, { query, credentials: server.root });
  assert.equal(response.statusCode, 200);
  response.setEncoding('utf8');
  const pieces = response[Symbol.asyncIterator]();
  let text = (await pieces.next()).value as string;
  assert.match(text, /^ +$/, 'it begins with a sign of life');
  return {
    response,
    async ended() {
      while (!(await pieces.next()).done);
    },
    async next() {
      while (!text.includes('\n')) text += (await pieces.next()).value as string;
      const line = text.slice(0, text.indexOf('\n'));
      text = text.slice(line.length + 1);
      return JSON.parse(line).Records[0];
    },
  };
}

test('the minio client hears of a change that it listens for', async (t) => {
  const server = await listeningServer(t);
  const Bucket = 'heard';
  const s3 = server.client();
  await s3.send(new CreateBucketCommand({ Bucket }));
  const minio = new Client({
    endPoint: '127.0.0.1',
    port: server.port,
    useSSL: false,
    accessKey: server.root.accessKeyId,
    secretKey: server.root.secretAccessKey,
  });
  const poller = minio.listenBucketNotification(Bucket, 'in/', '.jpg', ['s3:ObjectCreated:*']);
  const heard = once(poller as unknown as EventEmitter, 'notification');
  // Whatever is put before the client listens is not told: so it is put again until it is.
  const told = new AbortController();
  void heard.finally(() => told.abort());
  while (!told.signal.aborted) {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'out/a.jpg', Body: 'x' }));
    await s3.send(new PutObjectCommand({ Bucket, Key: 'in/a.jpg', Body: 'x' }));
    await server.context.clock.sleep(50);
  }
  const [record] = await heard;
  assert.equal(record.eventName, 's3:ObjectCreated:Put');
  assert.equal(record.s3.object.key, 'in/a.jpg');
  poller.stop();
});

test('all that happens after the first sign of life is told, in its order, and nothing else', async (t) => {
  const server = await listeningServer(t);
  const s3 = server.client();
  for (const Bucket of ['listened', 'silent']) await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ Bucket: 'listened', Key: 'before', Body: 'x' }));
  const events = [
    ['events', 's3:ObjectCreated:Put'],
    ['events', 's3:ObjectRemoved:*'],
  ] as const;
  const listener = await listen(server, '/listened', events);
  await s3.send(new PutObjectCommand({ Bucket: 'silent', Key: 'elsewhere', Body: 'x' }));
  for (const Key of ['one', 'two']) {
    await s3.send(new PutObjectCommand({ Bucket: 'listened', Key, Body: 'x' }));
    await s3.send(new DeleteObjectCommand({ Bucket: 'listened', Key }));
  }
  const heard = [await listener.next(), await listener.next(), await listener.next(), await listener.next()];
  assert.deepEqual(
    heard.map(({ eventName, s3: { object } }) => [eventName, object.key]),
    [
      ['s3:ObjectCreated:Put', 'one'],
      ['s3:ObjectRemoved:Delete', 'one'],
      ['s3:ObjectCreated:Put', 'two'],
      ['s3:ObjectRemoved:Delete', 'two'],
    ],
  );
  listener.response.destroy();
});

test('whoever listens to all buckets hears of one that was made since, and of nobody else’s', async (t) => {
  const server = await listeningServer(t);
  const s3 = server.client();
  const stranger = await server.stranger();
  await stranger.send(new CreateBucketCommand({ Bucket: 'foreign' }));
  const listener = await listen(server, '/', [['events', 's3:ObjectCreated:*']]);
  await s3.send(new CreateBucketCommand({ Bucket: 'new' }));
  const heard = listener.next();
  let isHeard = false;
  void heard.then(() => {
    isHeard = true;
  });
  while (!isHeard) {
    await stranger.send(new PutObjectCommand({ Bucket: 'foreign', Key: 'key', Body: 'x' }));
    await s3.send(new PutObjectCommand({ Bucket: 'new', Key: 'key', Body: 'x' }));
    await server.context.clock.sleep(50);
  }
  assert.equal((await heard).s3.bucket.name, 'new');
  listener.response.destroy();
});

test('what no event is called is refused before anything is sent', async (t) => {
  const server = await listeningServer(t);
  await server.client().send(new CreateBucketCommand({ Bucket: 'asked' }));
  for (const query of [
    [['events', '']],
    [['events', 's3:Nothing']],
    [
      ['events', 's3:ObjectCreated:*'],
      ['prefix', 'x'.repeat(1025)],
    ],
  ] as [string, string][][]) {
    const answer = await sendRaw(server, { method: 'GET', path: '/asked', query });
    assert.deepEqual([answer.status, /<Code>(\w+)</.exec(answer.text)?.[1]], [400, 'InvalidArgument']);
  }
});

test('a stream ends after a while, and in time when the server stops', async (t) => {
  const server = await listeningServer(t, 200);
  await server.client().send(new CreateBucketCommand({ Bucket: 'ending' }));
  const listener = await listen(server, '/ending', [['events', 's3:ObjectCreated:*']]);
  await listener.ended();
  assert.ok(listener.response.complete);
});

test('a bucket that is deleted has nothing more to tell', async (t) => {
  const server = await listeningServer(t);
  await server.client().send(new CreateBucketCommand({ Bucket: 'gone' }));
  const listener = await listen(server, '/gone', [['events', 's3:ObjectCreated:*']]);
  await sendRaw(server, { method: 'DELETE', path: '/gone' });
  const stored = await server.context.metadata.range({ from: Buffer.from([0x23]), to: Buffer.from([0x24]), limit: 10 });
  assert.deepEqual(stored, []);
  listener.response.destroy();
});

test('an account has so many streams, and others have theirs', async (t) => {
  const server = await listeningServer(t);
  await server.identity.createAccount({ name: 'other' });
  const other = await server.identity.createAccessKey({ account: 'other' });
  const query = [['events', 's3:ObjectCreated:*']] as const;
  const streams: IncomingMessage[] = [];
  const ask = async (credentials: AccessKeyPair) => {
    const response = await sendListen(server, '/', { query, credentials });
    if (response.statusCode === 200) streams.push(response);
    else response.resume();
    return response.statusCode;
  };
  t.after(() => {
    for (const stream of streams) stream.destroy();
  });
  for (let i = 0; i < 64; i++) assert.equal(await ask(server.root), 200);
  assert.equal(await ask(server.root), 503);
  assert.equal(await ask(other), 200);
  streams.shift()!.destroy();
  while ((await ask(server.root)) !== 200) await server.context.clock.sleep(20);
  assert.equal(await ask(server.root), 503);
});
