import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateMultipartUploadCommand, HeadObjectCommand, type StorageClass } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { beginUpload, completeUpload, uploadParts } from './multipart.ts';
import { sendAnonymous } from './send-raw.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('every upload has an id of its own', async () => {
  const Bucket = await shared.bucket();
  const ids = await Promise.all(
    Array.from({ length: 20 }, async () => (await beginUpload(shared.s3, { Bucket, Key: 'same key' })).UploadId),
  );
  assert.equal(new Set(ids).size, 20);
});

test('what it says of the object holds once the object is complete', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const description = {
    CacheControl: 'no-cache',
    ContentDisposition: 'inline',
    ContentEncoding: 'gzip',
    ContentLanguage: 'de',
    ContentType: 'text/plain',
    StorageClass: 'STANDARD_IA' as const,
    Metadata: { one: 'eins' },
  };
  const target = await beginUpload(s3, { Bucket, Key: 'k', ...description, Tagging: 'a=b' });
  assert.equal((await shared.raw({ method: 'HEAD', path: `/${Bucket}/k` })).status, 404, 'nothing is visible yet');
  await completeUpload(s3, target, await uploadParts(s3, target, ['only part']));
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
  for (const [name, value] of Object.entries(description)) {
    assert.deepEqual(head[name as keyof typeof description], value, name);
  }
  assert.equal(head.TagCount, 1);
});

test('algorithm and type of the checksum are chosen here, and told', async () => {
  const Bucket = await shared.bucket();
  const create = (headers: Record<string, string>) =>
    shared.raw({ method: 'POST', path: `/${Bucket}/k`, query: [['uploads', '']], headers });
  for (const [algorithm, type, told] of [
    ['CRC32', undefined, 'COMPOSITE'],
    ['CRC32', 'FULL_OBJECT', 'FULL_OBJECT'],
    ['CRC32C', 'COMPOSITE', 'COMPOSITE'],
    ['CRC64NVME', undefined, 'FULL_OBJECT'],
    ['SHA256', undefined, 'COMPOSITE'],
    ['XXHASH3', undefined, 'COMPOSITE'],
  ] as const) {
    const typeHeader: Record<string, string> = type ? { 'x-amz-checksum-type': type } : {};
    const made = await create({ 'x-amz-checksum-algorithm': algorithm, ...typeHeader });
    assert.equal(made.status, 200, made.text);
    assert.equal(made.headers['x-amz-checksum-algorithm'], algorithm);
    assert.equal(made.headers['x-amz-checksum-type'], told);
  }
  for (const headers of [
    { 'x-amz-checksum-algorithm': 'SHA256', 'x-amz-checksum-type': 'FULL_OBJECT' },
    { 'x-amz-checksum-algorithm': 'CRC64NVME', 'x-amz-checksum-type': 'COMPOSITE' },
    { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': 'SOME' },
    { 'x-amz-checksum-algorithm': 'ADLER32' },
    { 'x-amz-checksum-type': 'COMPOSITE' },
  ] as Record<string, string>[]) {
    const refused = await create(headers);
    assert.equal(refused.status, 400, JSON.stringify(headers));
    assert.match(refused.text, /<Code>InvalidRequest</);
  }
});

test('bad descriptions, missing buckets and strangers are refused', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const create = (input: object) => s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k', ...input }));
  await assert.rejects(create({ StorageClass: 'NONE' as StorageClass }), isFailure('InvalidStorageClass', 400));
  await assert.rejects(create({ Metadata: { a: 'v'.repeat(2048) } }), isFailure('MetadataTooLarge', 400));
  await assert.rejects(create({ Key: 'k'.repeat(1025) }), isFailure('KeyTooLongError', 400));
  await assert.rejects(create({ Bucket: 'not-there' }), isFailure('NoSuchBucket', 404));
  const stranger = await shared.server.stranger();
  await assert.rejects(
    stranger.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' })),
    isFailure('AccessDenied', 403),
  );
  assert.equal((await sendAnonymous(shared.server, 'POST', `/${Bucket}/k?uploads`)).status, 403);
});
