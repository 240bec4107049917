import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertErrorAnswer } from '../hostile/error-answer.ts';
import { exchange } from '../hostile/raw-connection.ts';
import { signedBytes } from '../hostile/signed-bytes.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
before(async () => {
  server = await startS3Server();
});
after(() => server[Symbol.asyncDispose]());

const get = (target: string, lines = '', method = 'GET') =>
  exchange(server.port, `${method} ${target} HTTP/1.1\r\nHost: ${server.host}\r\n${lines}\r\n`, method);

test('metrics are for this machine, and a proxy on it is not this machine', async () => {
  assert.equal((await get('/metrics')).status, 200);
  for (const line of [
    'X-Forwarded-For: 127.0.0.1',
    'X-Forwarded-For: 10.0.0.1',
    'Forwarded: for=127.0.0.1',
    'X-Real-IP: 127.0.0.1',
    'X-Forwarded-For:',
  ]) {
    assert.equal((await get('/metrics', `${line}\r\n`)).status, 401, line);
  }
  for (const token of ['', 'x', 'undefined', 'null']) {
    const lines = `X-Forwarded-For: 10.0.0.1\r\nAuthorization: Bearer ${token}\r\n`;
    assert.equal((await get('/metrics', lines)).status, 401, token);
  }
});

test('other spellings of the probes are requests to S3, which nobody signed', async () => {
  for (const target of [
    '/metrics/',
    '/metrics?x',
    '/METRICS',
    '//metrics',
    '/%6detrics',
    '/metrics/..',
    '/./metrics',
    `http://${server.host}/metrics`,
  ]) {
    const reply = await get(target);
    assert.ok([400, 403, 404].includes(reply.status), `${target} ${reply.status}`);
  }
  for (const method of ['POST', 'PUT', 'DELETE']) {
    assert.ok([403, 404, 405, 411].includes((await get('/metrics', '', method)).status), method);
  }
});

test('no bucket can be made under the name of a probe', async () => {
  for (const name of ['metrics', 'health', 'ready']) {
    const reply = await exchange(server.port, signedBytes(server, { method: 'PUT', path: `/${name}` }));
    assertErrorAnswer(reply, 400, 'InvalidBucketName');
  }
});

test('paths under which programs keep their doors for debugging are buckets and keys', async () => {
  for (const target of [
    '/debug/pprof/heap',
    '/debug',
    '/json',
    '/json/version',
    '/_nodes',
    '/admin',
    '/minio/admin/v3/info',
    '/license',
    '/profile',
    '/console',
    '/.well-known/x',
  ]) {
    const reply = await get(target);
    assert.ok([400, 403, 404].includes(reply.status), `${target} ${reply.status}`);
    assert.match(reply.body.toString(), /^<\?xml[^>]*>\s*<Error>/);
  }
});
