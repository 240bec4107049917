import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { assertErrorAnswer } from './error-answer.ts';
import { exchange, RawConnection } from './raw-connection.ts';
import { headBytes, signedBytes, signedFor } from './signed-bytes.ts';

let server: TestServer;
before(async () => {
  server = await startS3Server();
  await server.client().send(new CreateBucketCommand({ Bucket: 'reused' }));
});
after(() => server[Symbol.asyncDispose]());

const mebibyte = 1024 * 1024;
const list = () => signedBytes(server, { method: 'GET', path: '/reused' });

test('a connection serves on after an error, whether or not its request had a body', async () => {
  using connection = new RawConnection(server.port);
  const body = Buffer.alloc(mebibyte, 'x');
  const wrong = { credentials: { accessKeyId: 'nobody', secretAccessKey: 'x'.repeat(20) } };
  for (const [bytes, status, code] of [
    [signedBytes(server, { method: 'GET', path: '/reused/none' }), 404, 'NoSuchKey'],
    [signedBytes(server, { method: 'PUT', path: '/reused/key', body, ...wrong }), 403, 'InvalidAccessKeyId'],
    [
      signedBytes(server, {
        method: 'PUT',
        path: '/reused/key',
        body,
        payload: 'sha256',
        headers: { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' },
      }),
      400,
      'BadDigest',
    ],
    [signedBytes(server, { method: 'POST', path: '/reused', query: [['delete', '']], body }), 400, 'InvalidRequest'],
  ] as const) {
    assertErrorAnswer(await connection.send(bytes).reply(), status, code);
    assert.match((await connection.send(list()).reply()).body.toString(), /<ListBucketResult/);
  }
  const head = await connection.send(signedBytes(server, { method: 'HEAD', path: '/reused/none' })).reply('HEAD');
  assert.equal(head.status, 404);
  assert.equal((await connection.send(list()).reply()).status, 200);
});

test('a refused upload too large to be thrown away is answered, and its connection ends', async () => {
  using connection = new RawConnection(server.port);
  const request = signedFor(server, { method: 'PUT', path: '/missing/key', payload: 'UNSIGNED-PAYLOAD' });
  connection.send(headBytes(request, { headers: { 'content-length': String(64 * mebibyte) } }));
  connection.send(Buffer.alloc(20 * mebibyte));
  const reply = await connection.reply();
  assertErrorAnswer(reply, 404, 'NoSuchBucket');
  assert.equal(reply.headers.connection, 'close');
  await connection.closed;
});

test('requests sent at once are answered in their order', async () => {
  using connection = new RawConnection(server.port);
  const bodies = ['one', 'two', 'three'];
  for (const body of bodies)
    connection.send(signedBytes(server, { method: 'PUT', path: `/reused/${body}`, body: Buffer.from(body) }));
  for (const _ of bodies) assert.equal((await connection.reply()).status, 200);
  const gets = bodies.map((body) => signedBytes(server, { method: 'GET', path: `/reused/${body}` }));
  connection.send(Buffer.concat([...gets, signedBytes(server, { method: 'GET', path: '/reused/none' }), list()]));
  for (const body of bodies) assert.equal((await connection.reply()).body.toString(), body);
  assertErrorAnswer(await connection.reply(), 404, 'NoSuchKey');
  assert.equal((await connection.reply()).status, 200);
});

test('what comes behind a whole request and is none does not take its answer away', async () => {
  for (let requests = 1; requests <= 3; requests++) {
    using connection = new RawConnection(server.port);
    const puts = Array.from({ length: requests }, (_, i) =>
      signedBytes(server, { method: 'PUT', path: `/reused/behind-${i}`, body: Buffer.from('x') }),
    );
    connection.send(Buffer.concat([...puts, Buffer.from('this is not HTTP\r\n\r\n')]));
    for (const _ of puts) assert.equal((await connection.reply()).status, 200);
    await connection.closed;
  }
});

test('a body that breaks its framing is not answered in place of an earlier request', async () => {
  using connection = new RawConnection(server.port);
  const first = signedBytes(server, { method: 'PUT', path: '/reused/earlier', body: Buffer.from('x') });
  const broken = signedBytes(server, {
    method: 'PUT',
    path: '/reused/broken',
    tampering: {
      headers: { 'content-length': undefined, 'transfer-encoding': 'chunked' },
      body: Buffer.from('zz\r\n'),
    },
  });
  connection.send(Buffer.concat([first, broken]));
  assert.equal((await connection.reply()).status, 200);
  assert.equal((await connection.reply()).status, 400);
  await connection.closed;
});

test('HTTP/1.0 is served, without a host too, and its connection ends', async () => {
  using connection = new RawConnection(server.port);
  connection.send(list().toString('latin1').replace('HTTP/1.1', 'HTTP/1.0'));
  assert.equal((await connection.reply()).status, 200);
  await connection.closed;
  assertErrorAnswer(await exchange(server.port, 'GET /reused HTTP/1.0\r\n\r\n'), 403, 'AccessDenied');
});

test('a thousand idle connections cost nobody else anything', async () => {
  const idle = Array.from({ length: 1000 }, () => new RawConnection(server.port));
  await Promise.all(idle.map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve))));
  for (const connection of idle.slice(0, 500)) connection.send('PUT /reused/key HTTP/1.1\r\nHost: x\r\n');
  for (let i = 0; i < 5; i++) assert.equal((await exchange(server.port, list())).status, 200);
  assert.equal(idle.filter(({ socket }) => socket.destroyed).length, 0);
  for (const connection of idle) connection[Symbol.dispose]();
});
