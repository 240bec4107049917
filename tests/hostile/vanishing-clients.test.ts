import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { CreateBucketCommand, CreateMultipartUploadCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { startS3Server, type TestServer } from '../s3-server.ts';
import type { PayloadKind } from '../signing/sign-v4.ts';
import { exchange, RawConnection } from './raw-connection.ts';
import { headBytes, type RequestOf, signedBytes, signedFor } from './signed-bytes.ts';
import { storedState } from './stored-state.ts';

let server: TestServer;
let uploadId: string;
before(async () => {
  server = await startS3Server();
  const s3 = server.client();
  await s3.send(new CreateBucketCommand({ Bucket: 'gone' }));
  await s3.send(new PutObjectCommand({ Bucket: 'gone', Key: 'kept', Body: 'before' }));
  const upload = await s3.send(new CreateMultipartUploadCommand({ Bucket: 'gone', Key: 'kept' }));
  uploadId = upload.UploadId!;
});
after(() => server[Symbol.asyncDispose]());

/** Waits for `100 Continue`, so that the server is at the body, sends a part of it and hangs up. Resolves to the outcome. */
async function vanish(request: RequestOf, { share, how }: { share: number; how: 'reset' | 'end' }) {
  const outcomes = server.outcomes.length;
  using connection = new RawConnection(server.port);
  const signed = signedFor(server, request);
  connection.send(headBytes(signed, { headers: { expect: '100-continue' } }));
  assert.equal((await connection.reply()).status, 100);
  connection.send(signed.body.subarray(0, Math.floor(signed.body.length * share)));
  await connection.flushed();
  if (how === 'reset') connection.vanish();
  else connection.socket.end();
  while (server.outcomes.length === outcomes) await new Promise((resolve) => setImmediate(resolve));
  return server.outcomes.at(-1)!;
}

const payloads: readonly PayloadKind[] = [
  'sha256',
  'UNSIGNED-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
];

for (const payload of payloads) {
  test(`a client that vanishes in the middle of a ${payload} body leaves nothing`, async () => {
    const before = await storedState(server, 'gone');
    for (const size of [1000, 300_000]) {
      const body = Buffer.alloc(size, 'x');
      for (const query of [
        [],
        [
          ['partNumber', '1'],
          ['uploadId', uploadId],
        ],
      ] as const) {
        for (const share of [0, 0.5, 0.999]) {
          for (const how of ['reset', 'end'] as const) {
            const { status, errorCode } = await vanish(
              { method: 'PUT', path: '/gone/kept', query, body, payload },
              { share, how },
            );
            assert.ok(status === 400 || errorCode !== undefined, `${size} ${share} ${how}: ${status}`);
          }
        }
      }
    }
    assert.deepEqual(await storedState(server, 'gone'), before);
    const kept = await exchange(server.port, signedBytes(server, { method: 'GET', path: '/gone/kept' }));
    assert.equal(kept.body.toString(), 'before');
    assert.deepEqual(server.errors, []);
  });
}

test('a client that vanishes in the middle of a document changes nothing', async () => {
  const before = await storedState(server, 'gone');
  const body = Buffer.from('<Delete><Object><Key>kept</Key></Object></Delete>');
  const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
  for (const how of ['reset', 'end'] as const) {
    await vanish({ method: 'POST', path: '/gone', query: [['delete', '']], headers, body }, { share: 0.9, how });
  }
  assert.deepEqual(await storedState(server, 'gone'), before);
});

test('a client that vanishes during a large download lets the server go on', async () => {
  await server.client().send(new PutObjectCommand({ Bucket: 'gone', Key: 'large', Body: Buffer.alloc(20_000_000) }));
  const outcomes = server.outcomes.length;
  const count = 20;
  for (let i = 0; i < count; i++) {
    using connection = new RawConnection(server.port);
    connection.send(signedBytes(server, { method: 'GET', path: '/gone/large' }));
    await new Promise((resolve) => connection.socket.once('data', resolve));
    connection.vanish();
  }
  while (server.outcomes.length < outcomes + count) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(server.errors, []);
  const kept = await exchange(server.port, signedBytes(server, { method: 'GET', path: '/gone/kept' }));
  assert.equal(kept.body.toString(), 'before');
});
