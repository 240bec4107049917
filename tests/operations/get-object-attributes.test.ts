import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectAttributesCommand,
  ObjectAttributes,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { checkValue, nine } from './check-values.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();
const all = Object.values(ObjectAttributes);

test('an object that was put whole tells everything but parts', async () => {
  const Bucket = await shared.bucket('Enabled');
  const { ETag, VersionId } = await shared.s3.send(
    new PutObjectCommand({ Bucket, Key: 'k', Body: nine, ChecksumAlgorithm: 'CRC32C', StorageClass: 'STANDARD_IA' }),
  );
  const got = await shared.s3.send(new GetObjectAttributesCommand({ Bucket, Key: 'k', ObjectAttributes: all }));
  assert.equal(`"${got.ETag}"`, ETag);
  assert.deepEqual(got.Checksum, { ChecksumCRC32C: checkValue('CRC32C'), ChecksumType: 'FULL_OBJECT' });
  assert.equal(got.ObjectParts, undefined);
  assert.equal(got.ObjectSize, 9);
  assert.equal(got.StorageClass, 'STANDARD_IA');
  assert.equal(got.VersionId, VersionId);
  assert.ok(got.LastModified instanceof Date);
});

test('only what is asked for is told', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: nine }));
  const got = await shared.s3.send(
    new GetObjectAttributesCommand({ Bucket, Key: 'k', ObjectAttributes: ['ObjectSize'] }),
  );
  assert.deepEqual([got.ObjectSize, got.ETag, got.Checksum, got.StorageClass], [9, undefined, undefined, undefined]);
});

test('parts come in pages, with their sizes and checksums', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const target = { Bucket, Key: 'k' };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'SHA256' }));
  const Parts = [];
  for (const [PartNumber, Body] of [
    [2, Buffer.alloc(5 * 1024 ** 2)],
    [5, nine],
  ] as const) {
    const part = new UploadPartCommand({ ...target, UploadId, PartNumber, Body, ChecksumAlgorithm: 'SHA256' });
    const { ETag, ChecksumSHA256 } = await s3.send(part);
    Parts.push({ PartNumber, ETag, ChecksumSHA256 });
  }
  await s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }));
  const get = (page: { MaxParts?: number; PartNumberMarker?: string }) =>
    s3.send(new GetObjectAttributesCommand({ ...target, ObjectAttributes: ['ObjectParts', 'Checksum'], ...page }));
  const whole = await get({});
  assert.equal(whole.Checksum?.ChecksumType, 'COMPOSITE');
  assert.match(whole.Checksum?.ChecksumSHA256 ?? '', /-2$/);
  assert.equal(whole.ObjectParts?.TotalPartsCount, 2);
  assert.deepEqual(
    whole.ObjectParts?.Parts?.map(({ PartNumber, Size, ChecksumSHA256 }) => [PartNumber, Size, ChecksumSHA256]),
    Parts.map(({ PartNumber, ChecksumSHA256 }) => [PartNumber, PartNumber === 5 ? 9 : 5 * 1024 ** 2, ChecksumSHA256]),
  );
  assert.equal(whole.ObjectParts?.Parts?.[1]?.ChecksumSHA256, checkValue('SHA256'));
  const first = (await get({ MaxParts: 1 })).ObjectParts;
  assert.deepEqual([first?.IsTruncated, first?.NextPartNumberMarker, first?.Parts?.length], [true, '2', 1]);
  const second = (await get({ MaxParts: 1, PartNumberMarker: '2' })).ObjectParts;
  assert.deepEqual([second?.IsTruncated, second?.Parts?.[0]?.PartNumber], [false, 5]);
});

test('attributes that are none, or none at all, are refused', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: nine }));
  for (const names of ['', 'ETag,Nonsense', 'etag']) {
    const answer = await shared.raw({
      method: 'GET',
      path: `/${Bucket}/k`,
      query: [['attributes', '']],
      headers: { 'x-amz-object-attributes': names },
    });
    assert.equal(answer.status, 400, names);
    assert.match(answer.text, /<Code>InvalidArgument</);
  }
});

test('a delete marker and a missing key have none, and another account may not ask', async () => {
  const Bucket = await shared.bucket('Enabled');
  const get = (Key: string, VersionId?: string) =>
    new GetObjectAttributesCommand({ Bucket, Key, VersionId, ObjectAttributes: all });
  const { VersionId } = await shared.s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  await assert.rejects(shared.s3.send(get('k')), isFailure('NoSuchKey', 404));
  await assert.rejects(shared.s3.send(get('none')), isFailure('NoSuchKey', 404));
  await assert.rejects(shared.s3.send(get('k', VersionId)), isFailure('MethodNotAllowed', 405));
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(get('k')), isFailure('AccessDenied', 403));
});
