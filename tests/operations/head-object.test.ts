import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sendAnonymous } from './send-raw.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('it answers what GET answers, without the bytes', async () => {
  const Bucket = await shared.bucket('Enabled');
  const path = `/${Bucket}/k`;
  const headers = { 'x-amz-meta-a': 'b', 'cache-control': 'no-cache', 'x-amz-storage-class': 'GLACIER' };
  await shared.raw({ method: 'PUT', path, body: Buffer.alloc(70_000), headers });
  for (const extra of [{}, { range: 'bytes=5-9' }, { 'x-amz-checksum-mode': 'ENABLED' }] as Record<string, string>[]) {
    const got = await shared.raw({ method: 'GET', path, headers: extra });
    const head = await shared.raw({ method: 'HEAD', path, headers: extra });
    assert.equal(head.status, got.status);
    assert.equal(head.body.length, 0);
    const volatile = ['date', 'x-amz-request-id', 'x-amz-id-2'];
    for (const name of [...Object.keys(got.headers), ...Object.keys(head.headers)]) {
      if (!volatile.includes(name)) assert.equal(head.headers[name], got.headers[name], name);
    }
  }
});

test('a part has its length and place', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'twelve bytes' }));
  const head = await shared.s3.send(new HeadObjectCommand({ Bucket, Key: 'k', PartNumber: 1 }));
  assert.equal(head.ContentLength, 12);
  assert.equal(head.PartsCount, undefined);
  const beyond = await shared.raw({ method: 'HEAD', path: `/${Bucket}/k`, query: [['partNumber', '2']] });
  assert.equal(beyond.status, 416);
});

test('the stored checksum is told where it is asked for', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v', ChecksumAlgorithm: 'SHA256' }));
  const asked = await shared.s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }));
  assert.equal(asked.ChecksumSHA256, createHash('sha256').update('v').digest('base64'));
  assert.equal(asked.ChecksumType, 'FULL_OBJECT');
});

test('the query may put other headers in place of the stored ones', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v', ContentType: 'text/plain' }));
  const head = await shared.s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ResponseContentType: 'text/other' }));
  assert.equal(head.ContentType, 'text/other');
});

test('failures are told by status and headers alone', async () => {
  const Bucket = await shared.bucket('Enabled');
  const path = `/${Bucket}/k`;
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v' }));
  const marker = await shared.raw({ method: 'DELETE', path });
  const hidden = await shared.raw({ method: 'HEAD', path });
  assert.deepEqual([hidden.status, hidden.body.length], [404, 0]);
  assert.equal(hidden.headers['x-amz-delete-marker'], 'true');
  assert.equal(hidden.headers['x-amz-version-id'], marker.headers['x-amz-version-id']);
  const ofMarker: [string, string][] = [['versionId', marker.headers['x-amz-version-id']!]];
  assert.equal((await shared.raw({ method: 'HEAD', path, query: ofMarker })).status, 405);
  assert.equal((await shared.raw({ method: 'HEAD', path: `/${Bucket}/none` })).status, 404);
  await assert.rejects(shared.s3.send(new HeadObjectCommand({ Bucket, Key: 'none' })), isFailure('NotFound', 404));
  assert.equal((await sendAnonymous(shared.server, 'HEAD', path)).status, 403);
});
