import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { type TestContext, test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { signV4 } from '../signing/sign-v4.ts';
import { bucketArn, putPolicy } from './policies.ts';

/*
 * 5: whoever listens to the changes of a bucket hears nothing more as soon as it may not, however long the stream has
 * been open.
 */

async function opened(t: TestContext): Promise<TestServer> {
  const server = await startS3Server({ longestStreamMilliseconds: 60_000 });
  t.after(() => server[Symbol.asyncDispose]());
  await server.client().send(new CreateBucketCommand({ Bucket: 'heard' }));
  return server;
}

/** All that a listener is told, and a way to wait until something of it was. */
async function listen(server: TestServer, path: string, credentials: AccessKeyPair) {
  const { method, target, headers } = signV4({
    method: 'GET',
    path,
    query: [['events', 's3:ObjectCreated:*']],
    host: server.host,
    credentials,
    date: new Date(),
  });
  const outgoing = request({ host: '127.0.0.1', port: server.port, method, path: target, headers, agent: false });
  outgoing.on('error', () => undefined);
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  assert.equal(response.statusCode, 200);
  response.setEncoding('utf8');
  let told = '';
  const pieces = response[Symbol.asyncIterator]();
  const take = async () => {
    const { value, done } = await pieces.next();
    told += done ? '' : value;
    return !done;
  };
  await take();
  return {
    async until(text: string) {
      while (!told.includes(text)) assert.ok(await take(), 'the stream has ended');
    },
    /** Or until it is told what it must not be. */
    async toItsEnd() {
      while (!told.includes('second') && (await take()));
      return told;
    },
    /** So many signs of life later: about half a second each. */
    async after(looks: number) {
      for (let look = 0; look < looks; look++) await take();
      return told;
    },
  };
}

const put = (server: TestServer, Key: string) =>
  server.client().send(new PutObjectCommand({ Bucket: 'heard', Key, Body: 'x' }));

async function guestOf(server: TestServer): Promise<AccessKeyPair> {
  await server.identity.createAccount({ name: 'guest' });
  const Statement = {
    Effect: 'Allow',
    Principal: '*',
    Action: 's3:ListenBucketNotification',
    Resource: bucketArn('heard'),
  };
  await putPolicy(server, 'heard', [Statement]);
  return server.identity.createAccessKey({ account: 'guest' });
}

test('a policy that is taken back ends the stream before the next change is told', async (t) => {
  const server = await opened(t);
  const listener = await listen(server, '/heard', await guestOf(server));
  await put(server, 'first');
  await listener.until('first');
  await server.client().send(new DeleteBucketPolicyCommand({ Bucket: 'heard' }));
  await put(server, 'second');
  assert.equal((await listener.toItsEnd()).includes('second'), false);
});

test('so does an access key that is deleted', async (t) => {
  const server = await opened(t);
  const guest = await guestOf(server);
  const listener = await listen(server, '/heard', guest);
  await put(server, 'first');
  await listener.until('first');
  await server.identity.deleteAccessKey(guest.accessKeyId);
  await put(server, 'second');
  assert.equal((await listener.toItsEnd()).includes('second'), false);
});

test('whoever listens to all of its buckets hears none that a policy has closed meanwhile', async (t) => {
  const server = await opened(t);
  const listener = await listen(server, '/', server.root);
  await put(server, 'first');
  await listener.until('first');
  const closed = {
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:ListenBucketNotification',
    Resource: bucketArn('heard'),
  };
  await putPolicy(server, 'heard', [closed]);
  await put(server, 'second');
  assert.equal((await listener.after(4)).includes('second'), false);
});

test('a bucket that somebody else has made anew is not heard', async (t) => {
  const server = await opened(t);
  const listener = await listen(server, '/heard', server.root);
  await put(server, 'first');
  await listener.until('first');
  const s3 = server.client();
  await s3.send(new DeleteObjectCommand({ Bucket: 'heard', Key: 'first' }));
  await s3.send(new DeleteBucketCommand({ Bucket: 'heard' }));
  const other = await server.stranger();
  await other.send(new CreateBucketCommand({ Bucket: 'heard' }));
  await other.send(new PutObjectCommand({ Bucket: 'heard', Key: 'second', Body: 'x' }));
  assert.equal((await listener.after(3)).includes('second'), false);
});
