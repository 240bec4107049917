import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { exchange } from '../hostile/raw-connection.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { bucketArn, done, objectsOf, putPolicy } from './policies.ts';

let direct: TestServer;
let proxied: TestServer;
before(async () => {
  direct = await startS3Server({ domains: ['s3.example.com'] });
  proxied = await startS3Server({ trustedProxies: ['127.0.0.1', '172.16.0.0/12'] });
  for (const server of [direct, proxied]) {
    for (const bucket of ['office', 'encrypted']) {
      await done(server, { method: 'PUT', path: `/${bucket}` });
      await done(server, { method: 'PUT', path: `/${bucket}/key`, body: Buffer.from('content') });
    }
    const read = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject' };
    await putPolicy(server, 'office', [
      { ...read, Resource: objectsOf('office'), Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
    ]);
    await putPolicy(server, 'encrypted', [
      { ...read, Resource: objectsOf('encrypted') },
      {
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [bucketArn('encrypted'), objectsOf('encrypted')],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ]);
  }
});
after(async () => {
  await direct[Symbol.asyncDispose]();
  await proxied[Symbol.asyncDispose]();
});

async function statusOf(server: TestServer, path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return (await exchange(server.port, `GET ${path} HTTP/1.1\r\nHost: ${server.host}\r\n${lines.join('')}\r\n`)).status;
}

test('nobody is where a header says, unless a trusted proxy says so', async () => {
  for (const name of ['X-Forwarded-For', 'X-Real-IP', 'X-Client-IP', 'True-Client-IP', 'CF-Connecting-IP']) {
    assert.equal(await statusOf(direct, '/office/key', { [name]: '10.1.2.3' }), 403, name);
  }
  assert.equal(await statusOf(direct, '/office/key', { Forwarded: 'for=10.1.2.3' }), 403);
  assert.equal(await statusOf(proxied, '/office/key', { 'X-Real-IP': '10.1.2.3' }), 403);
  assert.equal(await statusOf(proxied, '/office/key', {}), 403);
  assert.equal(await statusOf(proxied, '/office/key', { 'X-Forwarded-For': '10.1.2.3' }), 200);
});

test('of a list, only what trusted proxies have added counts', async () => {
  const status = (list: string) => statusOf(proxied, '/office/key', { 'X-Forwarded-For': list });
  assert.equal(await status('10.1.2.3, 203.0.113.9'), 403);
  assert.equal(await status('10.1.2.3,203.0.113.9, 172.16.5.5'), 403);
  assert.equal(await status('203.0.113.9, 10.1.2.3, 172.16.5.5'), 200);
  assert.equal(await status('203.0.113.9, 10.1.2.3'), 200);
  assert.equal(await status('10.1.2.3, nonsense'), 403);
  assert.equal(await status('10.1.2.3,'), 403);
});

test('nobody came by TLS because a header says so, unless a trusted proxy says it of every leg', async () => {
  const status = (server: TestServer, protocol: string) =>
    statusOf(server, '/encrypted/key', { 'X-Forwarded-Proto': protocol });
  assert.equal(await status(direct, 'https'), 403);
  assert.equal(await status(proxied, 'https'), 200);
  assert.equal(await status(proxied, 'https, https'), 200);
  for (const protocol of ['http', 'http, https', 'https, http', '', 'httpss']) {
    assert.equal(await status(proxied, protocol), 403, protocol);
  }
});

test('a forwarded host points at no other bucket', async () => {
  for (const name of ['X-Forwarded-Host', 'X-Host', 'X-Original-Host', 'X-Forwarded-Server']) {
    const lines = `Host: office.s3.example.com\r\n${name}: encrypted.s3.example.com\r\nX-Original-URL: /other\r\n`;
    const reply = await exchange(direct.port, `GET /missing HTTP/1.1\r\n${lines}\r\n`);
    assert.equal(reply.status, 403);
    assert.equal(direct.outcomes.at(-1)?.bucket, 'office');
    assert.equal(direct.outcomes.at(-1)?.key, 'missing');
  }
});

test('logs name the address that decided', async () => {
  await statusOf(proxied, '/office/key', { 'X-Forwarded-For': '10.1.2.3, 203.0.113.9' });
  assert.equal(proxied.outcomes.at(-1)?.remoteAddress, '203.0.113.9');
  await statusOf(direct, '/office/key', { 'X-Forwarded-For': '10.1.2.3' });
  assert.equal(direct.outcomes.at(-1)?.remoteAddress, '127.0.0.1');
});
