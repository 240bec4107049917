import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { CreateBucketCommand, CreateMultipartUploadCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Operation } from '../../src/s3/operation.ts';
import { operations } from '../../src/s3/operations/index.ts';
import { exchange, type RawReply } from '../hostile/raw-connection.ts';
import { type RequestOf, signedFor, wireBytes } from '../hostile/signed-bytes.ts';
import { type StoredState, storedState } from '../hostile/stored-state.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { type Credentials, type PayloadKind, presignV4 } from '../signing/sign-v4.ts';
import { formBody, requestOf as requestOfOperation } from './request-of-operation.ts';

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

const listOfOne = Buffer.from('<Delete><Object><Key>key</Key></Object></Delete>');

/** A request that would be this operation, were it signed well. */
function requestOf(operation: Operation): RequestOf & { headers: Record<string, string> } {
  const { name, body: kind } = operation;
  const place = { bucket: 'kept', key: 'key', versionId: 'null', uploadId, accountId: '123456789012' };
  const wanted = requestOfOperation(operation, place);
  const body = wanted.body ?? listOfOne;
  const headers: Record<string, string> = { 'x-amz-object-attributes': 'ETag', ...wanted.headers };
  if (kind.kind === 'xml' && kind.integrityRequired) headers['content-md5'] = md5(body).toString('base64');
  const path = name === 'CreateBucket' ? '/new-bucket' : wanted.path;
  return { method: wanted.method, path, query: wanted.query ?? [], headers, body };
}

const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest();

/** Of several objects in one request each is refused by itself, as on AWS. */
function isDenial({ status, body }: RawReply): boolean {
  if (status !== 200) return status === 403;
  return (
    /<DeleteResult/.test(body.toString()) && !/<Deleted>/.test(body.toString()) && /AccessDenied/.test(body.toString())
  );
}

for (const operation of operations) {
  if (operation.body.kind === 'form') continue;
  const request = () => requestOf(operation);
  const replyTo = (bytes: Buffer) => exchange(server.port, bytes, operation.route.method);
  const statusOf = async (bytes: Buffer) => (await replyTo(bytes)).status;

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
      const reply = await replyTo(wireBytes(signed, { headers: { authorization: undefined } }));
      const isMalformed = reply.status === 400 && payload.startsWith('STREAMING-AWS4');
      assert.ok(isDenial(reply) || isMalformed, `${payload} ${reply.status}`);
      const bare = { authorization: undefined, 'x-amz-date': undefined, 'x-amz-content-sha256': undefined };
      if (payload === 'sha256') assert.ok(isDenial(await replyTo(wireBytes(signed, { headers: bare }))));
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

for (const { name } of operations.filter(({ body }) => body.kind === 'form')) {
  const send = async (credentials: Credentials | undefined, headers: Record<string, string> = {}) => {
    const place = { bucket: 'kept', key: 'key', versionId: '', uploadId: '', accountId: '' };
    const { contentType, body } = formBody(place, credentials);
    const signed = signedFor(server, { method: 'POST', path: '/kept', body });
    const { host = '' } = signed.headers;
    const length = String(body.length);
    const sent = { ...signed, headers: { host, 'content-type': contentType, 'content-length': length, ...headers } };
    return (await exchange(server.port, wireBytes(sent), 'POST')).status;
  };

  test(`${name} refuses a form that nobody signed, or somebody else`, async () => {
    assert.equal(await send(undefined), 403);
    assert.equal(await send({ ...server.root, secretAccessKey: 'another-secret' }), 403);
    assert.equal(await send({ ...server.root, accessKeyId: 'nobody' }), 403);
  });

  test(`${name} refuses a signature around the form in place of one in it`, async () => {
    const { authorization = '', ...rest } = signedFor(server, { method: 'POST', path: '/kept' }).headers;
    const around = { authorization, 'x-amz-date': rest['x-amz-date']!, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    for (const credentials of [undefined, server.root]) {
      assert.ok([400, 403].includes(await send(credentials, around)));
    }
  });
}
