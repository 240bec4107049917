import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateBucketCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { assertErrorAnswer, readErrorAnswer } from './error-answer.ts';
import { exchange, RawConnection } from './raw-connection.ts';
import { headBytes, signedBytes, signedFor } from './signed-bytes.ts';

let server: TestServer;
before(async () => {
  server = await startS3Server();
  await server.client().send(new CreateBucketCommand({ Bucket: 'heads' }));
});
after(() => server[Symbol.asyncDispose]());

/** A signed request for a listing with lines put behind its own. */
const withLines = (lines: string, request = signedFor(server, { method: 'GET', path: '/heads' })) =>
  `${headBytes(request).slice(0, -2)}${lines}\r\n`;

test('a megabyte of headers is refused without being taken in', async () => {
  const large = 'x'.repeat(1024 * 1024);
  for (const lines of [`x-large: ${large}\r\n`, `${large}: x\r\n`, 'x-many: 1\r\n'.repeat(100_000)]) {
    using connection = new RawConnection(server.port);
    connection.send(withLines(lines));
    assertErrorAnswer(await connection.reply(), 400, 'RequestHeaderSectionTooLarge');
    await connection.closed;
  }
  const target = `/heads/${'k'.repeat(1024 * 1024)}`;
  const reply = await exchange(server.port, `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
  assertErrorAnswer(reply, 400, 'RequestHeaderSectionTooLarge');
});

test('a thousand small headers are all read', async () => {
  const headers: Record<string, string> = {};
  for (let i = 0; i < 1000; i++) headers[`x-own-${i}`] = '1';
  const request = signedFor(server, { method: 'GET', path: '/heads', headers });
  assert.equal((await exchange(server.port, headBytes(request))).status, 200);
});

for (const [what, lines] of [
  ['a folded header', 'x-folded: a\r\n b\r\n'],
  ['a folded header with a tab', 'x-folded: a\r\n\tb\r\n'],
  ['a name with a space', 'x folded: a\r\n'],
  ['a space before the colon', 'x-spaced : a\r\n'],
  ['a name that is no token', 'x(y): a\r\n'],
  ['a name in Latin-1', 'x-\xe9: a\r\n'],
  ['an empty name', ': a\r\n'],
  ['a line without a colon', 'x-colon\r\n'],
  ['NUL in a value', 'x-nul: a\0b\r\n'],
  ['a lone CR in a value', 'x-cr: a\rb\r\n'],
  ['an escape character in a value', 'x-escape: a\x1bb\r\n'],
  ['DEL in a value', 'x-delete: a\x7fb\r\n'],
] as const) {
  test(`${what} is refused`, async () => {
    const reply = await exchange(server.port, withLines(lines));
    assertErrorAnswer(reply, 400, 'BadRequest');
  });
}

test('a request without a host, or with two, is refused', async () => {
  assertErrorAnswer(await exchange(server.port, 'GET /heads HTTP/1.1\r\n\r\n'), 400, 'BadRequest');
  for (const host of [server.host, 'other', server.host.toUpperCase()]) {
    const reply = await exchange(server.port, withLines(`Host: ${host}\r\n`));
    assertErrorAnswer(reply, 400, 'InvalidRequest');
  }
});

test('hosts that name nothing sensible lead to no error of ours', async () => {
  for (const host of ['', '[', '::::', '[::1]:99999', 'a'.repeat(5000), '../..', 'x\ty', '\xe9', '%00', 'a,b']) {
    const reply = await exchange(server.port, `GET /heads HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.ok([400, 403].includes(reply.status), `${host}: ${reply.status}`);
    readErrorAnswer(reply);
  }
  assert.deepEqual(server.errors, []);
});

for (const name of [
  'authorization',
  'x-amz-date',
  'x-amz-content-sha256',
  'content-type',
  'range',
  'x-amz-meta-own',
  'if-match',
  'expect',
  'user-agent',
]) {
  test(`${name} sent twice is refused`, async () => {
    const value = name === 'authorization' ? 'AWS4-HMAC-SHA256 x' : '1';
    const request = signedFor(server, { method: 'GET', path: '/heads', headers: { [name]: value } });
    const reply = await exchange(server.port, withLines(`${name}: ${value}\r\n`, request));
    assertErrorAnswer(reply, 400, 'InvalidRequest');
  });
}

for (const [method, header, values] of [
  ['GET', 'x-amz-object-attributes', ['ETag', 'ObjectSize']],
  ['GET', 'x-amz-optional-object-attributes', ['RestoreStatus', 'RestoreStatus']],
  ['PUT', 'cache-control', ['no-transform', 'max-age=5']],
] as const) {
  // As the AWS SDK for Go sends them.
  test(`the list ${header} in several lines is signed as one, with commas alone`, async () => {
    const body = Buffer.from('x');
    await exchange(server.port, signedBytes(server, { method: 'PUT', path: '/heads/list', body }));
    const query = header === 'x-amz-object-attributes' ? ([['attributes', '']] as const) : [];
    const path = header === 'x-amz-optional-object-attributes' ? '/heads' : '/heads/list';
    const signed = signedFor(server, { method, path, query, headers: { [header]: values.join(',') } });
    const lines = values.map((value) => `${header}: ${value}\r\n`).join('');
    const bytes = headBytes(signed).replace(`${header}: ${values.join(',')}\r\n`, lines);
    const reply = await exchange(server.port, bytes);
    assert.equal(reply.status, 200, String(reply.body));
    if (header === 'x-amz-object-attributes') assert.match(String(reply.body), /<ETag>.*<ObjectSize>1</s);
  });
}

test('control characters do not get into an answer through response-* parameters', async () => {
  await exchange(server.port, signedBytes(server, { method: 'PUT', path: '/heads/key', body: Buffer.from('x') }));
  const names = ['type', 'language', 'disposition', 'encoding'].map((name) => `response-content-${name}`);
  for (const name of [...names, 'response-expires', 'response-cache-control']) {
    for (const value of ['a\0b', 'a\r\nSet-Cookie: b', 'a\nb', 'a\rb', 'a\x7fb', 'a\x1fb']) {
      for (const method of ['GET', 'HEAD']) {
        const reply = await exchange(
          server.port,
          signedBytes(server, { method, path: '/heads/key', query: [[name, value]] }),
          method,
        );
        assert.equal(reply.status, 400, `${name} ${JSON.stringify(value)}`);
        assert.equal(reply.headers['set-cookie'], undefined);
      }
    }
    const odd = signedBytes(server, { method: 'GET', path: '/heads/key', query: [[name, 'é\u{1f600}\t"']] });
    assert.equal((await exchange(server.port, odd)).status, 200);
  }
  assert.deepEqual(server.errors, []);
});

test('what a client stored as headers comes back as headers or is refused, never as a failure', async () => {
  const names = [
    'content-type',
    'cache-control',
    'content-disposition',
    'content-language',
    'expires',
    'content-encoding',
    'x-amz-meta-odd',
    'x-amz-website-redirect-location',
  ];
  for (const value of [
    '\x80\xff',
    'é',
    '\u{1f600}',
    '=?UTF-8?Q?=00=0D=0A?=',
    '=?UTF-8?B?AA0K?=',
    '%00',
    '/',
    '',
    ' ',
    '=?utf-8?q?=ED=A0=80?=',
  ]) {
    const headers = Object.fromEntries(names.map((name) => [name, name.endsWith('location') ? `/${value}` : value]));
    const put = await exchange(
      server.port,
      signedBytes(server, { method: 'PUT', path: '/heads/odd', headers, body: Buffer.from('x') }),
    );
    assert.ok([200, 400].includes(put.status), `${value} ${put.body}`);
    for (const method of ['GET', 'HEAD']) {
      const got = await exchange(server.port, signedBytes(server, { method, path: '/heads/odd' }), method);
      assert.ok([200, 404].includes(got.status), `${JSON.stringify(value)} ${got.status}`);
    }
  }
  assert.deepEqual(server.errors, []);
});

test('no control character gets into an object’s headers', async () => {
  for (let code = 0; code < 0x80; code++) {
    if (code === 9 || (code >= 0x20 && code !== 0x7f)) continue;
    const headers = { 'x-amz-meta-odd': `a${String.fromCharCode(code)}b` };
    const put = signedBytes(server, { method: 'PUT', path: '/heads/control', headers, body: Buffer.from('x') });
    assertErrorAnswer(await exchange(server.port, put), 400, 'BadRequest');
  }
  const get = await exchange(server.port, signedBytes(server, { method: 'GET', path: '/heads/control' }));
  assertErrorAnswer(get, 404, 'NoSuchKey');
});

test('a version id that no header could repeat is refused', async () => {
  for (const id of ['\u{1f600}', 'a\r\nb', '\0', '../..', ' ', 'x'.repeat(1025)]) {
    for (const method of ['DELETE', 'GET', 'HEAD']) {
      const reply = await exchange(
        server.port,
        signedBytes(server, { method, path: '/heads/key', query: [['versionId', id]] }),
        method,
      );
      assert.equal(reply.status, 400, `${method} ${JSON.stringify(id)}`);
    }
  }
});

test('metadata called __proto__ is metadata', async () => {
  const headers = { 'x-amz-meta-__proto__': 'a', 'x-amz-meta-constructor': 'b', 'x-amz-meta-tostring': 'c' };
  await exchange(
    server.port,
    signedBytes(server, { method: 'PUT', path: '/heads/proto', headers, body: Buffer.from('x') }),
  );
  const got = await exchange(server.port, signedBytes(server, { method: 'GET', path: '/heads/proto' }));
  for (const [name, value] of Object.entries(headers)) assert.equal(got.headers[name], value);
});

test('nothing was stored by what was refused', async () => {
  const before = await server.client().send(new ListObjectsV2Command({ Bucket: 'heads' }));
  const put = signedFor(server, { method: 'PUT', path: '/heads/never', body: Buffer.from('x') });
  for (const lines of ['x-nul: \0\r\n', 'Host: other\r\n', 'x-amz-meta-late: unsigned\r\n']) {
    await exchange(server.port, `${withLines(lines, put)}x`);
  }
  const now = await server.client().send(new ListObjectsV2Command({ Bucket: 'heads' }));
  assert.equal(now.KeyCount, before.KeyCount);
});
