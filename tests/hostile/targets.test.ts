import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateBucketCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { presignV4 } from '../signing/sign-v4.ts';
import { assertErrorAnswer, readErrorAnswer } from './error-answer.ts';
import { exchange, RawConnection } from './raw-connection.ts';
import { headBytes, signedBytes, signedFor, wireBytes } from './signed-bytes.ts';

let server: TestServer;
before(async () => {
  server = await startS3Server({ domains: ['s3.example.com'] });
  for (const Bucket of ['first', 'other']) await server.client().send(new CreateBucketCommand({ Bucket }));
});
after(() => server[Symbol.asyncDispose]());

const get = (target: string, version = '1.1') =>
  exchange(server.port, `GET ${target} HTTP/${version}\r\nHost: ${server.host}\r\n\r\n`);

async function keysOf(bucket: string): Promise<readonly (string | undefined)[]> {
  const listed = await server.client().send(new ListObjectsV2Command({ Bucket: bucket, EncodingType: 'url' }));
  return (listed.Contents ?? []).map(({ Key }) => Key);
}

for (const [what, target] of [
  ['a percent sign without digits', '/first/%zz'],
  ['a percent sign at the end', '/first/%'],
  ['half an escape', '/first/%4'],
  ['an overlong slash', '/first/%c0%af'],
  ['an overlong slash of three bytes', '/first/%e0%80%af'],
  ['an encoded surrogate', '/first/%ed%a0%80'],
  ['UTF-8 cut short', '/first/%e2%82'],
  ['a byte that UTF-8 does not have', '/first/%ff'],
  ['an encoded surrogate in the query', '/first?prefix=%ed%a0%80'],
  ['a percent sign without digits in the query', '/first?prefix=%zz'],
  ['a byte that UTF-8 does not have in the query', '/first?prefix=%ff'],
  ['an asterisk', '*'],
] as const) {
  test(`${what} in a target is refused`, async () => {
    assertErrorAnswer(await get(target), 400, 'InvalidURI');
  });
}

for (const target of [
  'first/key',
  '?x',
  'ftp://first/key',
  '//',
  '//key',
  '///',
  '/./key',
  '/../key',
  '/%2e%2e/key',
  '/FIRST',
  '/a',
  '/first%00',
  '/first%2fkey%2f..%2f..',
]) {
  test(`the target ${target} names no bucket and shows nothing`, async () => {
    const reply = await get(target);
    const { Code } = readErrorAnswer(reply);
    assert.ok([400, 403, 404].includes(reply.status), String(Code));
  });
}

test('dots, empty segments and escapes are ordinary parts of keys', async () => {
  const keys = [
    '..',
    '../other/x',
    './a',
    'a//b',
    'a/./b',
    '/lead',
    'a/../../other/x',
    '\0',
    'a\nb',
    '%2e%2e',
    'é',
    '\u{1f600}',
  ];
  for (const key of keys) {
    const put = await exchange(
      server.port,
      signedBytes(server, { method: 'PUT', path: `/first/${key}`, body: Buffer.from(key) }),
    );
    assert.equal(put.status, 200, `${JSON.stringify(key)} ${put.body}`);
    const got = await exchange(server.port, signedBytes(server, { method: 'GET', path: `/first/${key}` }));
    assert.equal(got.body.toString(), key);
  }
  assert.deepEqual(await keysOf('other'), []);
  assert.equal((await keysOf('first')).length, keys.length);
});

test('the host of an absolute target is the one that must be signed', async () => {
  const request = { host: 'first.s3.example.com', credentials: server.root, date: new Date(), expiresSeconds: 60 };
  const presigned = presignV4({ ...request, method: 'PUT', path: '/moved', body: Buffer.from('x') });
  const moved = wireBytes(presigned, { target: `http://other.s3.example.com${presigned.target}` });
  assertErrorAnswer(await exchange(server.port, moved), 403, 'SignatureDoesNotMatch');
  assert.deepEqual(await keysOf('other'), []);
  const same = wireBytes(presigned, { target: `http://first.s3.example.com${presigned.target}` });
  assert.equal((await exchange(server.port, same)).status, 200);
});

test('an absolute target without a path lists the buckets', async () => {
  const list = headBytes(signedFor(server, { method: 'GET', path: '/' }), { target: `http://${server.host}` });
  const reply = await exchange(server.port, list);
  assert.equal(reply.status, 200);
  assert.match(reply.body.toString(), /<ListAllMyBucketsResult/);
});

for (const method of ['PATCH', 'TRACE', 'PROPFIND', 'LOCK']) {
  test(`${method} is no method of S3`, async () => {
    for (const path of ['/', '/first', '/first/key']) {
      const reply = await exchange(server.port, signedBytes(server, { method, path }));
      assertErrorAnswer(reply, 405, 'MethodNotAllowed');
      assert.doesNotMatch(reply.body.toString(), /Signature=/);
      assert.match(reply.headers.allow ?? '', /^[A-Z, ]+$/);
    }
  });
}

test('CONNECT, a tunnel, is refused', async () => {
  using connection = new RawConnection(server.port);
  connection.send('CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n');
  assertErrorAnswer(await connection.reply(), 400, 'BadRequest');
  await connection.closed;
});

test('OPTIONS for the server as a whole is refused', async () => {
  const reply = await exchange(server.port, `OPTIONS * HTTP/1.1\r\nHost: ${server.host}\r\n\r\n`);
  assertErrorAnswer(reply, 400, 'InvalidURI');
});

test('an unknown method and another protocol are no requests', async () => {
  for (const line of [
    'BREW /first HTTP/1.1',
    'get /first HTTP/1.1',
    'GET /first HTTP/9.9',
    'GET /first',
    'PRI * HTTP/2.0',
    '\x16\x03\x01\x02\x00\x01\x00',
  ]) {
    const reply = await exchange(server.port, `${line}\r\nHost: x\r\n\r\n`);
    assertErrorAnswer(reply, 400, 'BadRequest');
  }
});

test('parameters called like parts of JavaScript are parameters like others', async () => {
  await exchange(server.port, signedBytes(server, { method: 'PUT', path: '/first/plain', body: Buffer.from('x') }));
  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'prototype']) {
    const query = [[name, name]] as const;
    for (const path of ['/', '/first', '/first/plain']) {
      const reply = await exchange(server.port, signedBytes(server, { method: 'GET', path, query }));
      assert.equal(reply.status, 200, `${path}?${name} ${reply.body}`);
    }
  }
  assert.deepEqual(server.errors, []);
});

test('bytes that are not ASCII must be encoded', async () => {
  for (const target of [
    '/first/\xff',
    '/first/\xc3\xa9',
    '/first?prefix=\xff',
    '/first/a b',
    '/first/\0',
    '/first/\x7f',
  ]) {
    assertErrorAnswer(await get(target), 400, 'BadRequest');
  }
});
