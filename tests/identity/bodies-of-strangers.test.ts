import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { sendRaw } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { told } from '../sts/sessions.ts';
import { sendQuery } from './send-query.ts';

/*
 * Bodies on the query protocol are read before it is known who has signed them: strangers are not to hold memory by it,
 * nor to take from others what is there for all.
 */

let server: TestServer;
const open: Socket[] = [];
before(async () => {
  server = await startS3Server({ trustedProxies: ['127.0.0.1'] });
  await sendRaw(server, { method: 'PUT', path: '/bucket' });
});
after(async () => {
  for (const socket of open) socket.destroy();
  await server[Symbol.asyncDispose]();
});

/** A head as somebody without a key could send it, whose body never comes. */
async function begin(service: string, length: number, from = '10.9.9.9'): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  open.push(socket);
  socket.on('error', () => undefined);
  const date = `${new Date().toISOString().replace(/[-:]|\.\d{3}/g, '')}`;
  const credential = `AKIANOBODY/${date.slice(0, 8)}/us-east-1/${service}/aws4_request`;
  socket.write(
    `POST / HTTP/1.1\r\nHost: ${server.host}\r\nContent-Type: application/x-www-form-urlencoded\r\n` +
      `X-Forwarded-For: ${from}\r\n` +
      `Content-Length: ${length}\r\nX-Amz-Date: ${date}\r\nX-Amz-Content-Sha256: ${'a'.repeat(64)}\r\n` +
      `Authorization: AWS4-HMAC-SHA256 Credential=${credential}, ` +
      `SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${'b'.repeat(64)}\r\n\r\n`,
  );
  await once(socket, 'connect');
  return socket;
}

test('a long body is not waited for before its signature is verified', { timeout: 10_000 }, async () => {
  const socket = await begin('cairn', 32 * 1024 * 1024);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 403 [\s\S]*InvalidClientTokenId/);
});

test('who says before what a long body is may send one', async () => {
  const body = Buffer.from(`Action=NoSuchAction&Version=2026-11-01&Padding=${'x'.repeat(600_000)}`);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const request = { method: 'POST', path: '/', service: 'cairn', headers, body };
  assert.deepEqual(told(await sendRaw(server, request)), [400, 'InvalidAction']);
  const other = { ...headers, 'x-amz-content-sha256': 'a'.repeat(64) };
  assert.deepEqual(told(await sendRaw(server, { ...request, headers: other })), [403, 'SignatureDoesNotMatch']);
  const secretAccessKey = 'of somebody else';
  const credentials = { accessKeyId: server.root.accessKeyId, secretAccessKey };
  assert.deepEqual(told(await sendRaw(server, { ...request, credentials })), [403, 'SignatureDoesNotMatch']);
});

test('what strangers begin takes nothing from documents of S3, nor from requests of others', {
  timeout: 20_000,
}, async () => {
  await Promise.all(Array.from({ length: 270 }, () => begin('iam', 262_144)));
  const listed = await sendQuery(server, { parameters: { Action: 'ListUsers' } });
  assert.equal(listed.status, 200, listed.text);
  const body = Buffer.from('<Delete><Object><Key>a</Key></Object></Delete>');
  const answer = await sendRaw(server, {
    method: 'POST',
    path: '/bucket',
    query: [['delete', '']],
    body,
    headers: { 'content-md5': (await import('node:crypto')).hash('md5', body, 'base64') },
  });
  assert.equal(answer.status, 200, answer.text);
});
