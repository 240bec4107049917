import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { exchange } from '../hostile/raw-connection.ts';
import { headBytes, signedFor } from '../hostile/signed-bytes.ts';
import { sendRaw } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { done, putPolicy } from './policies.ts';

let server: TestServer;
let credentials: AccessKeyPair;
before(async () => {
  server = await startS3Server();
  await server.identity.createAccount({ name: 'stranger' });
  credentials = await server.identity.createAccessKey({ account: 'stranger' });
  await done(server, { method: 'PUT', path: '/keys' });
  for (const key of ['private/key', 'public/key', 'public/*', 'other']) {
    await done(server, { method: 'PUT', path: `/keys/${key}`, body: Buffer.from(`content of ${key}`) });
  }
  const all = { Principal: '*', Action: ['s3:GetObject', 's3:PutObject'] };
  await putPolicy(server, 'keys', [
    { ...all, Effect: 'Allow', Resource: ['arn:aws:s3:::keys/public/*', 'arn:aws:s3:::keys/private/*'] },
    { ...all, Effect: 'Deny', Resource: 'arn:aws:s3:::keys/private/*' },
  ]);
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

/** `path` is what is signed, `sent` what goes over the wire and means the same when it is decoded once. */
const spellings: readonly { readonly path: string; readonly sent: string; readonly status: number }[] = [
  { path: '/keys/public/key', sent: '/keys/public/key', status: 200 },
  { path: '/keys/public/key', sent: '/keys/%70ublic%2Fkey', status: 200 },
  { path: '/keys/private/key', sent: '/keys/private/key', status: 403 },
  { path: '/keys/private/key', sent: '/keys/private%2fkey', status: 403 },
  { path: '/keys/private/key', sent: '/keys/%70rivate/key', status: 403 },
  { path: '/keys/private/key', sent: '/keys%2Fprivate%2Fkey', status: 403 },
  { path: '/keys/public/../private/key', sent: '/keys/public/../private/key', status: 403 },
  { path: '/keys/public/../private/key', sent: '/keys/public%2f..%2fprivate%2fkey', status: 403 },
  { path: '/keys/public/%2e%2e/private/key', sent: '/keys/public/%252e%252e/private/key', status: 403 },
  { path: '/keys//private/key', sent: '/keys//private/key', status: 403 },
  { path: '/keys/./private/key', sent: '/keys/./private/key', status: 403 },
  { path: '/keys/public/*', sent: '/keys/public/%2A', status: 200 },
  { path: '/keys/*', sent: '/keys/*', status: 403 },
  { path: '/keys/publi?/key', sent: '/keys/publi%3F/key', status: 403 },
  { path: '/keys/Private/key', sent: '/keys/Private/key', status: 403 },
];

for (const { path, sent, status } of spellings) {
  test(`${sent} is weighed as the key that it is`, async () => {
    const signed = signedFor(server, { method: 'GET', path, credentials });
    const reply = await exchange(server.port, headBytes(signed, { target: sent }));
    assert.equal(reply.status, status, reply.body.toString());
    assert.doesNotMatch(reply.body.toString(), /SignatureDoesNotMatch|content of private|content of other/);
  });
}

test('the source of a copy is weighed as the key that it is', async () => {
  for (const [source, status] of [
    ['keys/public/key', 200],
    ['/keys/public%2Fkey', 200],
    ['keys/private/key', 403],
    ['keys/%70rivate/key', 403],
    ['keys%2Fprivate%2Fkey', 403],
    ['keys/public/../private/key', 403],
    ['keys/public/%2e%2e/private/key', 403],
    ['keys/private/key?versionId=null', 403],
  ] as const) {
    const headers = { 'x-amz-copy-source': source };
    const reply = await sendRaw(server, { method: 'PUT', path: '/keys/public/copy', headers, credentials });
    assert.equal(reply.status, status, `${source} ${reply.text}`);
  }
});
