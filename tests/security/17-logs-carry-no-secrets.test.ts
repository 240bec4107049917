import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { memoryBlobEngine } from '../../src/engines/blobs/memory/memory-blob-engine.ts';
import { exchange } from '../hostile/raw-connection.ts';
import { signedBytes, signedFor, wireBytes } from '../hostile/signed-bytes.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { presignV4 } from '../signing/sign-v4.ts';

const customerKey = Buffer.from('a key of the customer, 32 bytes!').toString('base64');
const token = 'a-session-token-that-is-secret';

function assertTellsNothing(server: TestServer, secrets: readonly string[]) {
  const told = inspect([server.outcomes, server.errors], { depth: 20, maxStringLength: null, maxArrayLength: null });
  for (const secret of secrets) assert.equal(told.includes(secret), false, `a log tells ${secret}`);
}

const signatureOf = (text: string) => /Signature=([^&]+)$/.exec(text)![1]!;

test('outcomes and logged errors carry no signatures, tokens or keys', async () => {
  const blobs = memoryBlobEngine();
  blobs.create = () => Promise.reject(new Error('the medium is gone'));
  await using server = await startS3Server({ engines: { blobs }, inlineBytes: 0 });
  await server.client().send(new CreateBucketCommand({ Bucket: 'logged' }));
  const headers = {
    'x-amz-server-side-encryption-customer-key': customerKey,
    'x-amz-server-side-encryption-customer-algorithm': 'AES256',
  };
  const signed = signedFor(server, { method: 'PUT', path: '/logged/key', body: Buffer.from('x') });
  assert.equal((await exchange(server.port, wireBytes(signed))).status, 500);
  assert.equal(server.errors.length, 1);
  const withKey = signedFor(server, { method: 'PUT', path: '/logged/key', headers, body: Buffer.from('x') });
  await exchange(server.port, wireBytes(withKey));
  await exchange(
    server.port,
    signedBytes(server, { method: 'GET', path: '/logged', headers: { 'x-amz-security-token': token } }),
  );
  const query = [['X-Amz-Security-Token', token]] as const;
  const presigned = presignV4({
    host: server.host,
    credentials: server.root,
    date: new Date(),
    expiresSeconds: 60,
    method: 'PUT',
    path: '/logged/key',
    query,
    body: Buffer.from('x'),
  });
  await exchange(server.port, wireBytes(presigned));
  const encoded = presigned.target
    .replace('X-Amz-Signature', 'X-Amz-%53ignature')
    .replace('X-Amz-Security-Token', '%58-Amz-Security-Token');
  await exchange(server.port, wireBytes(presigned, { target: encoded }));
  await exchange(
    server.port,
    `GET /logged?AWSAccessKeyId=k&Signature=v2signature%3D&Expires=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`,
  );
  assert.equal(server.outcomes.length, 7);
  assertTellsNothing(server, [
    server.root.secretAccessKey,
    customerKey,
    token,
    'v2signature',
    signatureOf(presigned.target),
    signatureOf(signed.headers.authorization!),
    signatureOf(withKey.headers.authorization!),
  ]);
});

test('an answer to a wrong signature does not tell the right one', async () => {
  await using server = await startS3Server();
  const request = { method: 'GET', path: '/', date: new Date() };
  const right = signatureOf(signedFor(server, request).headers.authorization!);
  const wrong = signedFor(server, request);
  const authorization = wrong.headers.authorization!.replace(right, '0'.repeat(64));
  const reply = await exchange(server.port, wireBytes(wrong, { headers: { authorization } }));
  assert.equal(reply.status, 403);
  assert.equal(reply.body.includes(right), false);
  assert.equal(reply.body.includes(server.root.secretAccessKey), false);
});
