import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { exchange } from '../hostile/raw-connection.ts';
import { headBytes, signedFor } from '../hostile/signed-bytes.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import type { Credentials } from '../signing/sign-v4.ts';

let server: TestServer;
let stranger: Credentials;
before(async () => {
  server = await startS3Server({ domains: ['s3.example.com'] });
  await server.identity.createAccount({ name: 'stranger' });
  stranger = await server.identity.createAccessKey({ account: 'stranger' });
  await server.client().send(new CreateBucketCommand({ Bucket: 'theirs' }));
  await server.client().send(new PutObjectCommand({ Bucket: 'theirs', Key: 'secret', Body: 'the secret itself' }));
  await server.client({ credentials: stranger }).send(new CreateBucketCommand({ Bucket: 'mine' }));
});
after(() => server[Symbol.asyncDispose]());

/** `decoded` is what is signed, `sent` the bytes on the wire, which mean the same when they are decoded once. */
const detours: readonly { decoded: string; sent: string; host?: string }[] = [
  { decoded: '/theirs/secret', sent: '/theirs/secret' },
  { decoded: '/mine/../theirs/secret', sent: '/mine/../theirs/secret' },
  { decoded: '/mine/../theirs/secret', sent: '/mine/%2e%2e/theirs/secret' },
  { decoded: '/mine/../theirs/secret', sent: '/mine%2f..%2ftheirs%2fsecret' },
  { decoded: '/mine/%2e%2e/theirs/secret', sent: '/mine/%252e%252e/theirs/secret' },
  { decoded: '/mine/%2e%2e%2ftheirs%2fsecret', sent: '/mine/%252e%252e%252ftheirs%252fsecret' },
  { decoded: '/theirs/secret', sent: '/theirs%2fsecret' },
  { decoded: '/theirs/secret', sent: '/%74heirs/secret' },
  { decoded: '//theirs/secret', sent: '//theirs/secret' },
  { decoded: '/mine//theirs/secret', sent: '/mine//theirs/secret' },
  { decoded: '/mine/..\\theirs\\secret', sent: '/mine/..%5ctheirs%5csecret' },
  { decoded: '/mine\0/theirs/secret', sent: '/mine%00/theirs/secret' },
  { decoded: '/secret', sent: '/secret', host: 'theirs.s3.example.com' },
  { decoded: '/../theirs/secret', sent: '/../theirs/secret', host: 'mine.s3.example.com' },
  { decoded: '/theirs/secret', sent: '/theirs/secret', host: 'mine.s3.example.com' },
];

for (const { decoded, sent, host } of detours) {
  test(`${host ?? ''}${sent} leads no stranger to a secret`, async () => {
    const request = { method: 'GET', path: decoded, credentials: stranger, ...(host && { host }) };
    const reply = await exchange(server.port, headBytes(signedFor(server, request), { target: sent }));
    assert.ok([400, 403, 404].includes(reply.status), String(reply.status));
    assert.equal(reply.body.includes('the secret itself'), false);
    assert.doesNotMatch(
      reply.body.toString(),
      /SignatureDoesNotMatch/,
      'the request was refused for its signature only',
    );
  });
}

test('the owner reads it by the plain path', async () => {
  const reply = await exchange(server.port, headBytes(signedFor(server, { method: 'GET', path: '/theirs/secret' })));
  assert.equal(reply.body.toString(), 'the secret itself');
});
