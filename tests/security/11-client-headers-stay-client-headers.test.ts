import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { exchange } from '../hostile/raw-connection.ts';
import { signedBytes } from '../hostile/signed-bytes.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
before(async () => {
  server = await startS3Server();
  await server.client().send(new CreateBucketCommand({ Bucket: 'metadata' }));
});
after(() => server[Symbol.asyncDispose]());

/** Names that some store keeps its own state under, or that answers carry. */
const forged: Readonly<Record<string, string>> = {
  'x-minio-internal-server-side-encryption-sealed-key': 'forged',
  'x-minio-replication-server-side-encryption-sealed-key': 'forged',
  'x-rustfs-internal-healing': 'true',
  'x-cairn-internal': 'forged',
  'x-amz-meta-x-cairn-internal': 'kept',
  'x-amz-meta-etag': 'kept',
  'x-amz-meta-content-length': '0',
  'x-amz-version-id': 'forged',
  'x-amz-delete-marker': 'true',
  'x-amz-replication-status': 'REPLICA',
  'x-amz-mp-parts-count': '99',
  'x-amz-request-id': 'forged',
  'x-amz-id-2': 'forged',
  'x-amz-expiration': 'forged',
  'x-amz-restore': 'forged',
  'x-amz-tagging-count': '99',
  'x-amz-checksum-type': 'COMPOSITE',
  etag: '"forged"',
  'last-modified': 'Thu, 01 Jan 1970 00:00:00 GMT',
  'accept-ranges': 'none',
  server: 'forged',
};

test('an object put with forged headers reads back as it is', async () => {
  const body = Buffer.from('the body');
  const put = signedBytes(server, { method: 'PUT', path: '/metadata/forged', headers: forged, body });
  assert.equal((await exchange(server.port, put)).status, 200);
  for (const method of ['GET', 'HEAD']) {
    const got = await exchange(server.port, signedBytes(server, { method, path: '/metadata/forged' }), method);
    assert.equal(got.status, 200);
    assert.equal(got.headers['content-length'], String(body.length));
    if (method === 'GET') assert.deepEqual(got.body, body);
    for (const [name, value] of Object.entries(forged)) {
      if (name.startsWith('x-amz-meta-')) assert.equal(got.headers[name], value);
      else assert.notEqual(got.headers[name], value, name);
    }
    const metadata = Object.keys(got.headers).filter((name) => name.startsWith('x-amz-meta-'));
    assert.equal(metadata.length, 3);
  }
});

test('headers that name a caller name nobody', async () => {
  const headers = {
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-user': 'root',
    'x-amz-user': 'root',
    'x-amz-principal': 'root',
    'x-cairn-account': 'root',
    'x-minio-source-proxy-request': 'true',
    'x-minio-source-replication-request': 'true',
    'x-original-url': '/',
    'x-http-method-override': 'DELETE',
    cookie: 'token=root',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  for (const path of ['/', '/metadata', '/metadata/forged']) {
    const reply = await exchange(server.port, `GET ${path} HTTP/1.1\r\nHost: ${server.host}\r\n${lines.join('')}\r\n`);
    assert.equal(reply.status, 403, path);
  }
  const outcome = server.outcomes.at(-1)!;
  assert.equal(outcome.principal, undefined);
  const read = await exchange(server.port, signedBytes(server, { method: 'GET', path: '/metadata/forged', headers }));
  assert.equal(read.status, 200);
});
