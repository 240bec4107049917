import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

async function begin(Bucket: string, Key: string): Promise<string> {
  const { UploadId } = await shared.s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  return UploadId!;
}

test('an aborted upload is gone, its parts too', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const target = { Bucket, Key: 'k', UploadId: await begin(Bucket, 'k') };
  await s3.send(new UploadPartCommand({ ...target, PartNumber: 1, Body: 'bytes' }));
  const aborted = await s3.send(new AbortMultipartUploadCommand(target));
  assert.equal(aborted.$metadata.httpStatusCode, 204);
  assert.equal((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads, undefined);
  await assert.rejects(s3.send(new ListPartsCommand(target)), isFailure('NoSuchUpload', 404));
  await assert.rejects(
    s3.send(new UploadPartCommand({ ...target, PartNumber: 2, Body: 'more' })),
    isFailure('NoSuchUpload', 404),
  );
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: 'any' }] };
  await assert.rejects(
    s3.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload })),
    isFailure('NoSuchUpload', 404),
  );
});

test('an abort is refused for an upload that was aborted, never was, or is of another key', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const UploadId = await begin(Bucket, 'k');
  await assert.rejects(
    s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'other', UploadId })),
    isFailure('NoSuchUpload', 404),
  );
  await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'k', UploadId }));
  for (const id of [UploadId, 'nonsense', '0'.repeat(32), '../../etc']) {
    await assert.rejects(
      s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'k', UploadId: id })),
      isFailure('NoSuchUpload', 404),
    );
  }
});

test('an abort leaves the other uploads of the key alone', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const first = await begin(Bucket, 'k');
  const second = await begin(Bucket, 'k');
  await s3.send(new UploadPartCommand({ Bucket, Key: 'k', UploadId: second, PartNumber: 1, Body: 'kept' }));
  await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'k', UploadId: first }));
  await shared.server.reclaim();
  const { Parts } = await s3.send(new ListPartsCommand({ Bucket, Key: 'k', UploadId: second }));
  assert.equal(Parts?.length, 1);
});

test('nobody else may abort an upload', async () => {
  const Bucket = await shared.bucket();
  const UploadId = await begin(Bucket, 'k');
  const stranger = await shared.server.stranger();
  await assert.rejects(
    stranger.send(new AbortMultipartUploadCommand({ Bucket, Key: 'k', UploadId })),
    isFailure('AccessDenied', 403),
  );
});
