import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { assertErrorAnswer } from './error-answer.ts';
import { exchange, RawConnection } from './raw-connection.ts';
import { headBytes, type RequestOf, signedBytes, signedFor } from './signed-bytes.ts';

let server: TestServer;
before(async () => {
  server = await startS3Server();
  await server.client().send(new CreateBucketCommand({ Bucket: 'expect' }));
});
after(() => server[Symbol.asyncDispose]());

const body = Buffer.alloc(100_000, 'x');
const put: RequestOf = { method: 'PUT', path: '/expect/key', body };
const expecting = { expect: '100-continue' };

test('100 Continue comes when signature and headers have passed, and then the body is taken', async () => {
  for (const expect of ['100-continue', '100-Continue', '100-continue, x']) {
    using connection = new RawConnection(server.port);
    connection.send(headBytes(signedFor(server, put), { headers: { expect } }));
    assert.equal((await connection.reply()).status, 100);
    connection.send(body);
    assert.equal((await connection.reply()).status, 200);
  }
});

test('a refused request never gets 100 Continue, and its connection closes', async () => {
  const refused: readonly [RequestOf, Record<string, string>, number, string][] = [
    [put, { 'x-amz-acl': 'public-read' }, 403, 'AccessDenied'],
    [put, { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }, 403, 'SignatureDoesNotMatch'],
    [{ ...put, path: '/missing/key' }, {}, 404, 'NoSuchBucket'],
    [{ ...put, path: `/expect/${'k'.repeat(1025)}` }, {}, 400, 'KeyTooLongError'],
    [{ ...put, headers: { 'content-md5': 'x' } }, {}, 400, 'InvalidDigest'],
    [{ ...put, headers: { 'x-amz-server-side-encryption': 'aws:kms:dsse' } }, {}, 501, 'NotImplemented'],
    [put, { 'content-length': '6000000000' }, 400, 'EntityTooLarge'],
  ];
  for (const [request, headers, status, code] of refused) {
    using connection = new RawConnection(server.port);
    connection.send(headBytes(signedFor(server, request), { headers: { ...expecting, ...headers } }));
    assertErrorAnswer(await connection.reply(), status, code);
    await connection.closed;
  }
});

test('a client that waits for nothing and sends its body anyway is served', async () => {
  using connection = new RawConnection(server.port);
  connection.send(signedBytes(server, { ...put, tampering: { headers: expecting } }));
  assert.equal((await connection.reply()).status, 100);
  assert.equal((await connection.reply()).status, 200);
});

test('an expectation that nobody knows is passed over', async () => {
  for (const expect of ['200', '', 'x', '100-continued', '\xe9', '99-continue']) {
    const reply = await exchange(server.port, signedBytes(server, { ...put, tampering: { headers: { expect } } }));
    assert.equal(reply.status, 200, `${expect} ${reply.body}`);
  }
});

test('100 Continue is not sent where there is no body to wait for', async () => {
  for (const request of [
    { method: 'GET', path: '/expect' },
    { method: 'PUT', path: '/expect/empty' },
  ]) {
    const bytes = signedBytes(server, { ...request, tampering: { headers: expecting } });
    assert.equal((await exchange(server.port, bytes)).status, 200);
  }
});

test('HTTP/1.0 knows no 100 Continue', async () => {
  const bytes = signedBytes(server, { ...put, tampering: { headers: expecting } });
  const old = bytes.toString('latin1').replace(' HTTP/1.1', ' HTTP/1.0');
  assert.equal((await exchange(server.port, old)).status, 200);
});
