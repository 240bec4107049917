import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateBucketCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { assertErrorAnswer } from './error-answer.ts';
import { exchange, RawConnection } from './raw-connection.ts';
import { signedBytes, type Tampering } from './signed-bytes.ts';

let server: TestServer;
before(async () => {
  server = await startS3Server();
  await server.client().send(new CreateBucketCommand({ Bucket: 'framed' }));
});
after(() => server[Symbol.asyncDispose]());

const path = '/framed/key';
const body = Buffer.from('hello');
const put = (tampering: Tampering, payload: 'sha256' | 'UNSIGNED-PAYLOAD' = 'UNSIGNED-PAYLOAD') =>
  signedBytes(server, { method: 'PUT', path, body, payload, tampering });

async function assertNothingStored() {
  const listed = await server.client().send(new ListObjectsV2Command({ Bucket: 'framed' }));
  assert.equal(listed.KeyCount, 0);
  const blobs = await Array.fromAsync(server.context.blobs.scan());
  assert.deepEqual(blobs, []);
  assert.deepEqual(server.errors, []);
}

/** `[what, headers that change, status, code]`. */
const refused: readonly [string, Tampering, number, string][] = [
  ['Content-Length with Transfer-Encoding', { headers: { 'transfer-encoding': 'chunked' } }, 400, 'BadRequest'],
  [
    'an unknown transfer coding',
    { headers: { 'content-length': undefined, 'transfer-encoding': 'gzip' } },
    400,
    'BadRequest',
  ],
  [
    'chunked that is not the last coding',
    { headers: { 'content-length': undefined, 'transfer-encoding': 'chunked, gzip' } },
    400,
    'BadRequest',
  ],
  [
    'a spelling of chunked that some servers take',
    { headers: { 'content-length': undefined, 'transfer-encoding': 'xchunked' } },
    400,
    'BadRequest',
  ],
  ['a negative length', { headers: { 'content-length': '-1' } }, 400, 'BadRequest'],
  ['a signed length', { headers: { 'content-length': '+5' } }, 400, 'BadRequest'],
  ['a hexadecimal length', { headers: { 'content-length': '0x5' } }, 400, 'BadRequest'],
  ['an empty length', { headers: { 'content-length': '' } }, 400, 'BadRequest'],
  ['a list of lengths', { headers: { 'content-length': '5, 5' } }, 400, 'BadRequest'],
  ['a length that no integer holds', { headers: { 'content-length': '99999999999999999999999' } }, 400, 'BadRequest'],
  ['a length that no file has', { headers: { 'content-length': '9007199254740993' } }, 400, 'BadRequest'],
  ['more than an object may hold', { headers: { 'content-length': '5368709121' } }, 400, 'EntityTooLarge'],
  ['no length at all', { headers: { 'content-length': undefined } }, 411, 'MissingContentLength'],
];

for (const [what, tampering, status, code] of refused) {
  test(`${what} is refused`, async () => {
    assertErrorAnswer(await exchange(server.port, put(tampering)), status, code);
    await assertNothingStored();
  });
}

test('a chunked body whose framing is broken is refused once', async () => {
  const headers = { 'content-length': undefined, 'transfer-encoding': 'chunked' };
  using connection = new RawConnection(server.port);
  connection.send(put({ headers, body: Buffer.from('zz\r\nhello') }));
  const reply = await connection.reply();
  assert.equal(reply.status, 400);
  await connection.closed;
  assert.equal(connection.unread.length, 0);
  await assertNothingStored();
});

test('two lengths are refused', async () => {
  const bytes = put({}).toString('latin1').replace('content-length: 5', 'content-length: 5\r\nContent-Length: 50');
  assertErrorAnswer(await exchange(server.port, bytes), 400, 'BadRequest');
  const twice = put({}).toString('latin1').replace('content-length: 5', 'content-length: 5\r\nContent-Length: 5');
  assertErrorAnswer(await exchange(server.port, twice), 400, 'BadRequest');
  await assertNothingStored();
});

test('a request smuggled behind a refused one is never answered', async () => {
  const smuggled = signedBytes(server, { method: 'PUT', path: '/framed/smuggled', body });
  for (const headers of [
    { 'transfer-encoding': 'chunked' },
    { 'transfer-encoding': ' chunked' },
    { 'content-length': '0', 'transfer-encoding': 'chunked' },
    { 'content-length': '+0' },
  ]) {
    using connection = new RawConnection(server.port);
    connection.send(Buffer.concat([put({ headers, body: Buffer.from('0\r\n\r\n') }), smuggled]));
    assertErrorAnswer(await connection.reply(), 400, 'BadRequest');
    await connection.closed;
    assert.equal(connection.unread.length, 0);
  }
  await assertNothingStored();
});

test('a body that is shorter than its length is refused when its client stops sending', async () => {
  using connection = new RawConnection(server.port);
  connection.send(put({ headers: { 'content-length': '6' } }));
  connection.socket.end();
  await connection.closed;
  assert.equal(connection.unread.length === 0 || connection.unread.toString().includes(' 400 '), true);
  await assertNothingStored();
});

test('a body that is not the one that was signed is refused', async () => {
  const reply = await exchange(server.port, put({ body: Buffer.from('jello') }, 'sha256'));
  assertErrorAnswer(reply, 400, 'XAmzContentSHA256Mismatch');
  await assertNothingStored();
});

test('a body on GET, HEAD and DELETE is no part of the next request', async () => {
  const inner = signedBytes(server, { method: 'PUT', path: '/framed/smuggled', body });
  for (const method of ['GET', 'HEAD', 'DELETE']) {
    using connection = new RawConnection(server.port);
    const headers = { 'content-length': String(inner.length) };
    connection.send(signedBytes(server, { method, path: '/framed/none', tampering: { headers, body: inner } }));
    assert.equal((await connection.reply(method)).status, method === 'DELETE' ? 204 : 404);
    connection.send(signedBytes(server, { method: 'GET', path: '/framed' }));
    const next = await connection.reply();
    assert.match(next.body.toString(), /<KeyCount>|<ListBucketResult/);
  }
  await assertNothingStored();
});
