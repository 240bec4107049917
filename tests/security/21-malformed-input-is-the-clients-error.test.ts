import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { readErrorAnswer } from '../hostile/error-answer.ts';
import { exchange } from '../hostile/raw-connection.ts';
import { type RequestOf, signedBytes } from '../hostile/signed-bytes.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
before(async () => {
  server = await startS3Server();
  await server.client().send(new CreateBucketCommand({ Bucket: 'malformed' }));
  await server.client().send(new PutObjectCommand({ Bucket: 'malformed', Key: 'key', Body: 'x' }));
});
after(() => server[Symbol.asyncDispose]());
afterEach(() => assert.deepEqual(server.errors, []));

const send = (request: RequestOf) => exchange(server.port, signedBytes(server, request), request.method);

async function assertClientError(request: RequestOf) {
  const reply = await send(request);
  assert.ok(reply.status >= 400 && reply.status < 500, `${JSON.stringify(request).slice(0, 300)} ${reply.status}`);
  readErrorAnswer(reply);
}

test('a copy from nothing', async () => {
  for (const source of [
    '',
    '/',
    '//',
    'malformed',
    'malformed/',
    '/malformed/',
    '?versionId=',
    'malformed/key?versionId=',
    '%',
    '%00',
    '%ff/key',
    'a b/c',
  ]) {
    await assertClientError({ method: 'PUT', path: '/malformed/copy', headers: { 'x-amz-copy-source': source } });
  }
});

test('names that are too long or none', async () => {
  for (const name of [
    'b'.repeat(64),
    'b'.repeat(5000),
    'B',
    'b',
    '.b.',
    '192.168.0.1',
    'b..b',
    'xn--b',
    'b_b',
    '\u00e9'.repeat(10),
  ]) {
    await assertClientError({ method: 'PUT', path: `/${name}` });
  }
  for (const key of ['k'.repeat(1025), '\u00e9'.repeat(513), '\u{1f600}'.repeat(257)]) {
    for (const method of ['PUT', 'GET', 'DELETE']) await assertClientError({ method, path: `/malformed/${key}` });
  }
});

test('numbers that do not parse', async () => {
  const numbers = ['x', '-1', '1e3', '0x1', '1.5', '99999999999999999999', 'NaN', ' 1 ', '\u0661'];
  for (const number of numbers) {
    for (const name of ['max-keys', 'max-uploads', 'max-parts', 'part-number-marker', 'max-buckets']) {
      const query = [...(name === 'max-uploads' ? [['uploads', '']] : []), [name, number]] as [string, string][];
      const isPart = name.includes('part');
      if (isPart) query.push(['uploadId', '0'.repeat(32)]);
      await assertClientError({
        method: 'GET',
        path: name === 'max-buckets' ? '/' : isPart ? '/malformed/key' : '/malformed',
        query,
      });
    }
    await assertClientError({ method: 'GET', path: '/malformed/key', query: [['partNumber', number]] });
    const upload = [
      ['partNumber', number],
      ['uploadId', '0'.repeat(32)],
    ] as const;
    await assertClientError({ method: 'PUT', path: '/malformed/key', query: upload, body: Buffer.from('x') });
  }
});

/** Text that makes a careless pattern look at it quadratically or worse; the connection's patience is the limit. */
const bombs = [
  '"'.repeat(15_000),
  ' '.repeat(15_000),
  ','.repeat(15_000),
  '"x",'.repeat(4000),
  '='.repeat(15_000),
  'a=b&'.repeat(4000),
  '-'.repeat(15_000),
  '0'.repeat(15_000),
  '%41'.repeat(5000),
  '=?'.repeat(7000),
  'bytes=0-0,'.repeat(1500),
  '/'.repeat(15_000),
  '\t'.repeat(15_000),
];

test('headers that are bombs for patterns', async () => {
  const names = [
    'if-match',
    'if-none-match',
    'if-modified-since',
    'range',
    'x-amz-tagging',
    'x-amz-copy-source',
    'x-amz-copy-source-range',
    'content-md5',
    'x-amz-checksum-crc32',
    'content-encoding',
    'x-amz-meta-a',
    'x-amz-object-attributes',
    'x-amz-date',
    'date',
    'authorization',
    'expires',
    'x-amz-trailer',
    'x-amz-website-redirect-location',
  ];
  for (const name of names) {
    for (const bomb of bombs) {
      for (const method of name.startsWith('if-') || name === 'range' ? ['GET'] : ['PUT']) {
        const bytes = signedBytes(server, {
          method,
          path: '/malformed/key',
          body: Buffer.from(method === 'PUT' ? 'x' : ''),
          tampering: { headers: { [name]: `a${bomb}b` } },
        });
        const reply = await exchange(server.port, bytes);
        assert.ok(reply.status < 500 || reply.status === 501, `${name} ${bomb.slice(0, 10)} ${reply.status}`);
      }
    }
  }
});

test('queries that are bombs for patterns', async () => {
  for (const name of [
    'prefix',
    'delimiter',
    'continuation-token',
    'X-Amz-Credential',
    'X-Amz-SignedHeaders',
    'response-content-type',
  ]) {
    for (const bomb of ['%2f', '=', '+', '%20', ';', ','].map((piece) => piece.repeat(5000))) {
      const reply = await exchange(
        server.port,
        `GET /malformed?${name}=${bomb} HTTP/1.1\r\nHost: ${server.host}\r\n\r\n`,
      );
      assert.ok(reply.status >= 400 && reply.status < 500);
      readErrorAnswer(reply);
    }
  }
  const many = Array.from({ length: 5000 }, (_, i) => `a${i % 7}`).join('&');
  const reply = await exchange(server.port, `GET /malformed?${many} HTTP/1.1\r\nHost: ${server.host}\r\n\r\n`);
  assert.equal(reply.status, 403);
});
