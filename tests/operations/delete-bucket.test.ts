import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sendAnonymous } from './send-raw.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('an empty bucket goes', async () => {
  const Bucket = await shared.bucket();
  const deleted = await shared.s3.send(new DeleteBucketCommand({ Bucket }));
  assert.equal(deleted.$metadata.httpStatusCode, 204);
  await assert.rejects(shared.s3.send(new HeadBucketCommand({ Bucket })), isFailure('NotFound', 404));
  await assert.rejects(shared.s3.send(new DeleteBucketCommand({ Bucket })), isFailure('NoSuchBucket', 404));
});

test('a bucket with an object stays', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v' }));
  await assert.rejects(shared.s3.send(new DeleteBucketCommand({ Bucket })), isFailure('BucketNotEmpty', 409));
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k2', Body: 'still writable' }));
});

test('a bucket with nothing but a delete marker stays', async () => {
  const Bucket = await shared.bucket('Enabled');
  const { VersionId } = await shared.s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  await assert.rejects(shared.s3.send(new DeleteBucketCommand({ Bucket })), isFailure('BucketNotEmpty', 409));
  await shared.s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId }));
  await shared.s3.send(new DeleteBucketCommand({ Bucket }));
});

test('uploads in progress go with their bucket, and a new bucket of the name knows nothing of them', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }));
  const part = { Bucket, Key: 'k', UploadId, PartNumber: 1, Body: 'bytes' };
  await s3.send(new UploadPartCommand(part));
  await s3.send(new DeleteBucketCommand({ Bucket }));
  await s3.send(new CreateBucketCommand({ Bucket }));
  assert.equal((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads, undefined);
  await assert.rejects(s3.send(new UploadPartCommand(part)), isFailure('NoSuchUpload', 404));
});

test('only the owner deletes a bucket', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(new DeleteBucketCommand({ Bucket })), isFailure('AccessDenied', 403));
  assert.equal((await sendAnonymous(shared.server, 'DELETE', `/${Bucket}`)).status, 403);
  await shared.s3.send(new HeadBucketCommand({ Bucket }));
});

test('a put that meets the deletion of its bucket either fails or keeps the bucket', async () => {
  const { s3 } = shared;
  for (let round = 0; round < 20; round++) {
    const Bucket = await shared.bucket();
    const [put, deletion] = await Promise.allSettled([
      s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v' })),
      s3.send(new DeleteBucketCommand({ Bucket })),
    ]);
    if (put.status === 'fulfilled') {
      assert.equal(deletion.status, 'rejected', 'an answered put is never lost with its bucket');
      await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
    } else if (deletion.status === 'fulfilled') {
      await assert.rejects(s3.send(new ListObjectsV2Command({ Bucket })), isFailure('NoSuchBucket', 404));
    }
  }
});
