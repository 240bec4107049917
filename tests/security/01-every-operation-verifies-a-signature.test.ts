import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { CreateBucketCommand, CreateMultipartUploadCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Operation } from '../../src/s3/operation.ts';
import { operations } from '../../src/s3/operations/index.ts';
import { exchange } from '../hostile/raw-connection.ts';
import { type RequestOf, signedFor, wireBytes } from '../hostile/signed-bytes.ts';
import { type StoredState, storedState } from '../hostile/stored-state.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { type PayloadKind, presignV4 } from '../signing/sign-v4.ts';

let server: TestServer;
let uploadId: string;
let stored: StoredState;
before(async () => {
  server = await startS3Server();
  const s3 = server.client();
  await s3.send(new CreateBucketCommand({ Bucket: 'kept' }));
  await s3.send(new PutObjectCommand({ Bucket: 'kept', Key: 'key', Body: 'kept' }));
  uploadId = (await s3.send(new CreateMultipartUploadCommand({ Bucket: 'kept', Key: 'key' }))).UploadId!;
  stored = await storedState(server, 'kept');
});
after(() => server[Symbol.asyncDispose]());
afterEach(async () =>
  assert.deepEqual(await storedState(server, 'kept'), stored, 'a refused request changed something'),
);

const payloads: readonly PayloadKind[] = [
  'sha256',
  'UNSIGNED-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
];

/** A request that would be this operation, were it signed well. */
function requestOf({ route }: Operation): RequestOf & { headers: Record<string, string> } {
  const values: Record<string, string> = { uploadId, partNumber: '1', 'x-amz-copy-source': '/kept/key' };
  const query = Object.entries(route.query ?? {}).map(
    ([name, value]) => [name, value === true ? (values[name] ?? '') : value] as const,
  );
  const path = {
    service: '/',
    bucket: route.method === 'PUT' && query.length === 0 ? '/new-bucket' : '/kept',
    object: '/kept/key',
  }[route.target];
  const names = ['x-amz-object-attributes', ...(route.headers ?? [])];
  const headers = Object.fromEntries(names.map((name) => [name, values[name] ?? 'ETag']));
  return {
    method: route.method,
    path,
    query,
    headers,
    body: Buffer.from('<Delete><Object><Key>key</Key></Object></Delete>'),
  };
}

for (const operation of operations) {
  const request = () => requestOf(operation);
  const statusOf = async (bytes: Buffer) => (await exchange(server.port, bytes, operation.route.method)).status;

  test(`${operation.name} refuses a wrong signature over every kind of payload`, async () => {
    for (const payload of payloads) {
      for (const change of [{ secretAccessKey: 'another-secret' }, { accessKeyId: 'nobody' }]) {
        const signed = signedFor(server, { ...request(), payload, credentials: { ...server.root, ...change } });
        assert.equal(await statusOf(wireBytes(signed)), 403, payload);
      }
    }
  });

  test(`${operation.name} refuses a request that nobody signed`, async () => {
    for (const payload of payloads) {
      const signed = signedFor(server, { ...request(), payload });
      const status = await statusOf(wireBytes(signed, { headers: { authorization: undefined } }));
      assert.ok(status === 403 || (status === 400 && payload.startsWith('STREAMING-AWS4')), `${payload} ${status}`);
      const bare = { authorization: undefined, 'x-amz-date': undefined, 'x-amz-content-sha256': undefined };
      if (payload === 'sha256') assert.equal(await statusOf(wireBytes(signed, { headers: bare })), 403);
    }
  });

  test(`${operation.name} refuses a credential in the query without a signature, or with another's`, async () => {
    const presigned = presignV4({
      host: server.host,
      credentials: server.root,
      date: new Date(),
      expiresSeconds: 60,
      ...request(),
    });
    const without = presigned.target.replace(/&X-Amz-Signature=[^&]*/, '');
    assert.equal(await statusOf(wireBytes(presigned, { target: without })), 400);
    for (const signature of ['0'.repeat(64), '']) {
      const target = presigned.target.replace(/(&X-Amz-Signature=)[^&]*/, `$1${signature}`);
      assert.ok([400, 403].includes(await statusOf(wireBytes(presigned, { target }))));
    }
    const { authorization = '' } = signedFor(server, request()).headers;
    const onlyCredential = authorization.replace(/, Signature=.*/, '');
    assert.equal(
      await statusOf(wireBytes(signedFor(server, request()), { headers: { authorization: onlyCredential } })),
      400,
    );
  });
}
