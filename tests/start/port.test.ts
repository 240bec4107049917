import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFile, rename } from 'node:fs/promises';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import {
  eventually,
  placeholder,
  runToEnd,
  type SpawnedServer,
  spawnServer,
  temporaryDirectory,
} from './spawn-server.ts';

/** Sends bytes as they are and resolves to everything that comes back until the server closes. */
async function raw({ port }: SpawnedServer, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  let answer = '';
  socket.on('data', (piece) => {
    answer += piece;
  });
  socket.on('error', () => {});
  // A server that does not answer must fail the test, not hold it.
  socket.setTimeout(10_000, () => socket.destroy());
  socket.write(bytes);
  await once(socket, 'close');
  return answer;
}

const malformed: readonly [what: string, bytes: string, code: string][] = [
  ['what is not HTTP', 'hello\r\n\r\n', 'BadRequest'],
  ['a header without a name', 'GET / HTTP/1.1\r\nhost: a\r\n: b\r\n\r\n', 'BadRequest'],
  ['a request without a host', 'GET / HTTP/1.1\r\n\r\n', 'BadRequest'],
  [
    'a length and chunks',
    'PUT /b/k HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    'BadRequest',
  ],
  [
    'chunks and a length',
    'PUT /b/k HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n',
    'BadRequest',
  ],
  ['two lengths', 'PUT /b/k HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n', 'BadRequest'],
  [
    'a head that is too large',
    `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`,
    'RequestHeaderSectionTooLarge',
  ],
  ['a NUL in a header', 'GET / HTTP/1.1\r\nhost: a\r\nx: a\0b\r\n\r\n', 'BadRequest'],
];

test('requests that cannot be read get an error document, and the server goes on', async (t) => {
  const server = await spawnServer(t, { entry: placeholder });
  for (const [what, bytes, code] of malformed) {
    await t.test(what, async () => {
      const answer = await raw(server, bytes);
      assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
      assert.match(answer, /x-amz-request-id: [0-9A-F]{16}\r\n/);
      assert.ok(answer.includes(`<Code>${code}</Code>`), answer);
    });
  }
  assert.equal((await fetch(`${server.url}/health`)).status, 200);
});

test('a head or a body that stops half-way is answered RequestTimeout', async (t) => {
  const server = await spawnServer(t, {
    entry: placeholder,
    environment: { CAIRN_HEADER_TIMEOUT_SECONDS: '1', CAIRN_BODY_TIMEOUT_SECONDS: '1' },
  });
  const answers = await Promise.all([
    raw(server, 'GET / HTTP/1.1\r\nhost: a\r\n'),
    raw(server, 'POST /slow HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n12345'),
  ]);
  for (const answer of answers) assert.ok(answer.includes('<Code>RequestTimeout</Code>'), answer);
});

test('probes are answered by exact path, and yield to buckets of the same name', async (t) => {
  const server = await spawnServer(t, { entry: placeholder, environment: { CAIRN_DOMAINS: 's3.example' } });
  const answerOf = async (head: string) => (await raw(server, `${head}connection: close\r\n\r\n`)).split('\r\n\r\n')[1];
  assert.equal(await answerOf('GET /health HTTP/1.1\r\nhost: a\r\n'), 'alive\n');
  assert.equal(await answerOf('GET /ready HTTP/1.1\r\nhost: s3.example\r\n'), 'ready\n');
  for (const ofS3 of [
    'GET /health?list-type=2 HTTP/1.1\r\nhost: a\r\n',
    'GET /health/ HTTP/1.1\r\nhost: a\r\n',
    'GET /ready HTTP/1.1\r\nhost: bucket.s3.example:9000\r\n',
    'GET /health HTTP/1.1\r\nhost: a\r\nauthorization: AWS4-HMAC-SHA256 …\r\n',
    'PUT /metrics HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n',
  ]) {
    assert.match((await answerOf(ofS3)) ?? '', /"bytesIn":0/, ofS3);
  }
});

test('metrics add up over all processes', async (t) => {
  const server = await spawnServer(t, { entry: placeholder, environment: { CAIRN_WORKERS: '2' } });
  await eventually(async () =>
    (server.errors().match(/"msg":"worker serves"/g)?.length ?? 0) === 2 ? true : undefined,
  );
  for (let i = 0; i < 10; i++) {
    await fetch(`${server.url}/any`, { method: 'POST', body: '12345', headers: { connection: 'close' } });
  }
  const text = await eventually(async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    return metrics.includes('cairn_requests_total{operation="Placeholder",status="200"} 10') ? metrics : undefined;
  });
  assert.match(text, /cairn_received_bytes_total\{operation="Placeholder"\} 50\n/);
  assert.match(text, /cairn_request_duration_seconds_bucket\{operation="Placeholder",le="\+Inf"\} 10\n/);
  assert.match(text, /cairn_request_duration_seconds_count\{operation="Placeholder"\} 10\n/);
  assert.match(text, /process_cpu_seconds_total/);
});

test('metrics are for this machine, or for whoever has the token', async (t) => {
  const token = 'a-token-for-metrics';
  const server = await spawnServer(t, { entry: placeholder, environment: { CAIRN_METRICS_TOKEN: token } });
  const status = async (headers: Record<string, string>) => (await fetch(`${server.url}/metrics`, { headers })).status;
  assert.equal(await status({}), 200);
  assert.equal(await status({ 'x-forwarded-for': '192.0.2.1' }), 401);
  assert.equal(await status({ 'x-forwarded-for': '192.0.2.1', authorization: `Bearer ${token}` }), 200);
  for (const wrong of ['b-token-for-metrics', `${token}x`, 'a']) {
    assert.equal(await status({ authorization: `Bearer ${wrong}` }), 401, wrong);
  }
});

const certificateFile = (name: string) => new URL(`./certificates/test-only-${name}`, import.meta.url);

/** Puts a certificate in place as renewing tools do: written beside, then renamed. */
async function install(directory: string, name: 'first' | 'second'): Promise<Record<string, string>> {
  for (const kind of ['key', 'crt']) {
    await copyFile(certificateFile(`${name}.${kind}`), join(directory, `new.${kind}`));
    await rename(join(directory, `new.${kind}`), join(directory, `server.${kind}`));
  }
  return { CAIRN_TLS_CERT: join(directory, 'server.crt'), CAIRN_TLS_KEY: join(directory, 'server.key') };
}

async function servedCertificate(url: string): Promise<string> {
  const asked = secureRequest(`${url}/ready`, { rejectUnauthorized: false, agent: false }).end();
  const [response] = await once(asked, 'response');
  assert.equal(response.statusCode, 200);
  const { subject } = (response.socket as TLSSocket).getPeerCertificate() as DetailedPeerCertificate;
  response.destroy();
  return String(subject.O);
}

test('HTTPS from certificate files, which are taken up anew when they change', async (t: TestContext) => {
  const directory = await temporaryDirectory(t);
  const server = await spawnServer(t, { entry: placeholder, environment: await install(directory, 'first') });
  assert.match(server.url, /^https:/);
  assert.match(await servedCertificate(server.url), /first/);
  await install(directory, 'second');
  await server.says(/took up the changed certificate/);
  assert.match(await servedCertificate(server.url), /second/);
});

test('a certificate that does not fit its key stops the start', async (t) => {
  const environment = {
    CAIRN_TLS_CERT: certificateFile('first.crt').pathname,
    CAIRN_TLS_KEY: certificateFile('second.key').pathname,
  };
  const { code, errors } = await runToEnd(t, { entry: placeholder, environment });
  assert.equal(code, 1);
  assert.match(errors, /^cairn: CAIRN_TLS_CERT: .*first\.crt.*\n$/);
});
