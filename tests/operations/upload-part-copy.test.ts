import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  GetObjectCommand,
  PutObjectCommand,
  UploadPartCopyCommand,
  type UploadPartCopyCommandInput,
} from '@aws-sdk/client-s3';
import { bytesOf } from './bytes-of.ts';
import { checkValue, nine } from './check-values.ts';
import { isFailure } from './is-failure.ts';
import { beginUpload, completeUpload, partSize, uploadParts } from './multipart.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

/** A source of bytes that differ, and an upload that may copy from it. */
async function prepare(versioning?: 'Enabled') {
  const Bucket = await shared.bucket(versioning);
  const body = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 31) % 253));
  const { VersionId, ETag } = await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'source +ü', Body: body }));
  const target = await beginUpload(shared.s3, { Bucket, Key: 'k' });
  const CopySource = `${Bucket}/${encodeURIComponent('source +ü')}`;
  const copy = (input: Partial<UploadPartCopyCommandInput> = {}) =>
    shared.s3.send(new UploadPartCopyCommand({ ...target, PartNumber: 1, CopySource, ...input }));
  const completed = async (ETag: string | undefined) => {
    await completeUpload(shared.s3, target, [{ PartNumber: 1, ETag }]);
    return bytesOf(await shared.s3.send(new GetObjectCommand({ Bucket, Key: 'k' })));
  };
  return { Bucket, body, CopySource, VersionId, ETag, target, copy, completed };
}

test('a whole object becomes a part', async () => {
  const { copy, completed, body, ETag } = await prepare();
  const { CopyPartResult, CopySourceVersionId } = await copy();
  assert.equal(CopyPartResult?.ETag, ETag);
  assert.ok(CopyPartResult?.LastModified instanceof Date);
  assert.equal(CopySourceVersionId, undefined);
  assert.deepEqual(await completed(CopyPartResult?.ETag), body);
});

test('a range of an object becomes a part', async () => {
  const { copy, completed, body } = await prepare();
  const { CopyPartResult } = await copy({ CopySourceRange: 'bytes=1000-69999' });
  assert.deepEqual(await completed(CopyPartResult?.ETag), body.subarray(1000, 70_000));
});

test('a range that is none, or beyond the source, is refused', async () => {
  const { copy } = await prepare();
  for (const range of ['bytes=0-', 'bytes=-5', '0-5', 'bytes=5-2', 'bytes=a-b', 'bytes=0-1,3-4']) {
    await assert.rejects(copy({ CopySourceRange: range }), isFailure('InvalidArgument', 400), range);
  }
  await assert.rejects(copy({ CopySourceRange: 'bytes=0-100000' }), isFailure('InvalidRange', 416));
});

test('an object of parts is copied from across its parts', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const source = await beginUpload(s3, { Bucket, Key: 'source' });
  await completeUpload(s3, source, await uploadParts(s3, source, [Buffer.alloc(partSize, 'a'), 'bcdef']));
  const target = await beginUpload(s3, { Bucket, Key: 'k' });
  const { CopyPartResult } = await s3.send(
    new UploadPartCopyCommand({
      ...target,
      PartNumber: 1,
      CopySource: `${Bucket}/source`,
      CopySourceRange: `bytes=${partSize - 2}-${partSize + 2}`,
    }),
  );
  await completeUpload(s3, target, [{ PartNumber: 1, ETag: CopyPartResult?.ETag }]);
  assert.equal((await bytesOf(await s3.send(new GetObjectCommand({ Bucket, Key: 'k' })))).toString(), 'aabcd');
});

test('a version of the source may be named', async () => {
  const { copy, completed, body, Bucket, CopySource, VersionId } = await prepare('Enabled');
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'source +ü', Body: 'newer' }));
  const { CopyPartResult, CopySourceVersionId } = await copy({ CopySource: `${CopySource}?versionId=${VersionId}` });
  assert.equal(CopySourceVersionId, VersionId);
  assert.deepEqual(await completed(CopyPartResult?.ETag), body);
});

test('the source’s conditions decide', async () => {
  const { copy, ETag } = await prepare();
  await copy({ CopySourceIfMatch: ETag });
  await assert.rejects(copy({ CopySourceIfMatch: '"other"' }), isFailure('PreconditionFailed', 412));
  await assert.rejects(copy({ CopySourceIfNoneMatch: ETag }), isFailure('PreconditionFailed', 412));
  await assert.rejects(
    copy({ CopySourceIfModifiedSince: new Date(Date.now() + 60_000) }),
    isFailure('PreconditionFailed', 412),
  );
});

test('the checksum of the upload’s algorithm is computed', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  await s3.send(new PutObjectCommand({ Bucket, Key: 'source', Body: nine }));
  const target = await beginUpload(s3, { Bucket, Key: 'k', ChecksumAlgorithm: 'CRC64NVME' });
  const copy = new UploadPartCopyCommand({ ...target, PartNumber: 1, CopySource: `${Bucket}/source` });
  assert.equal((await s3.send(copy)).CopyPartResult?.ChecksumCRC64NVME, checkValue('CRC64NVME'));
});

test('a source that is missing or another account’s is refused', async () => {
  const { copy, Bucket } = await prepare();
  await assert.rejects(copy({ CopySource: `${Bucket}/none` }), isFailure('NoSuchKey', 404));
  await assert.rejects(copy({ CopySource: 'not-there/k' }), isFailure('NoSuchBucket', 404));
  await assert.rejects(copy({ CopySource: 'nonsense' }), isFailure('InvalidArgument', 400));
  await assert.rejects(copy({ UploadId: 'f'.repeat(32) }), isFailure('NoSuchUpload', 404));
  const stranger = await shared.server.stranger();
  await stranger.send(new CreateBucketCommand({ Bucket: 'of-a-stranger' }));
  await stranger.send(new PutObjectCommand({ Bucket: 'of-a-stranger', Key: 'secret', Body: 'v' }));
  await assert.rejects(copy({ CopySource: 'of-a-stranger/secret' }), isFailure('AccessDenied', 403));
});

test('a source that is overwritten meanwhile is copied as it was or as it is', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const put = (fill: number) =>
    s3.send(new PutObjectCommand({ Bucket, Key: 'source', Body: Buffer.alloc(2000, fill) }));
  const etags = new Set<string | undefined>();
  for (let fill = 0; fill < 3; fill++) etags.add((await put(fill)).ETag);
  const target = await beginUpload(s3, { Bucket, Key: 'k' });
  const copies = Array.from({ length: 20 }, async (_, i) => {
    const copy = { ...target, PartNumber: i + 1, CopySource: `${Bucket}/source` };
    const { CopyPartResult } = await s3.send(new UploadPartCopyCommand(copy));
    assert.ok(etags.has(CopyPartResult?.ETag));
  });
  await Promise.all([...copies, ...Array.from({ length: 20 }, (_, i) => put(i % 3))]);
});
