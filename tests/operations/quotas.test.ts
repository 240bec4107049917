import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  RenameObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Quota } from '../../src/domain/quota.ts';
import { QuotaService } from '../../src/services/quotas/quota-service.ts';
import { recountUsage } from '../../src/services/quotas/recount-usage.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer({ inlineBytes: 4 });
const quotas = () => new QuotaService(shared.server.context.metadata);
const refused = isFailure('QuotaExceeded', 403);

async function limited(quota: Quota, versioning?: 'Enabled'): Promise<string> {
  const bucket = await shared.bucket(versioning);
  await quotas().changeOfBucket(bucket, () => quota);
  return bucket;
}

const put = (Bucket: string, Key: string, size: number, s3: S3Client = shared.s3) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x'.repeat(size) }));

async function assertCountersRight(): Promise<void> {
  const { metadata } = shared.server.context;
  for await (const difference of recountUsage(metadata, { repairs: false })) assert.fail(JSON.stringify(difference));
}

test('bytes: all of it fits, one more does not, and what makes room passes', async () => {
  const bucket = await limited({ bytes: 10 });
  await put(bucket, 'a', 6);
  await put(bucket, 'b', 4);
  await assert.rejects(put(bucket, 'c', 1), refused);
  await put(bucket, 'c', 0);
  await assert.rejects(put(bucket, 'a', 7), refused);
  await put(bucket, 'a', 5);
  await put(bucket, 'c', 1);
  await shared.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a' }));
  await put(bucket, 'd', 5);
  await assert.rejects(
    shared.s3.send(new CopyObjectCommand({ Bucket: bucket, Key: 'e', CopySource: `${bucket}/d` })),
    refused,
  );
  await assertCountersRight();
});

test('a rename makes nothing more, and is not refused for what there is', async () => {
  const bucket = await limited({ bytes: 10, objects: 2 });
  await put(bucket, 'a', 6);
  await put(bucket, 'b', 4);
  const rename = (from: string, Key: string) =>
    shared.s3.send(new RenameObjectCommand({ Bucket: bucket, Key, RenameSource: from }));
  await rename('a', 'c');
  await rename('c', 'b');
  await assertCountersRight();
  await put(bucket, 'd', 4);
  await assert.rejects(put(bucket, 'e', 0), refused);
});

test('objects: versions count, and markers, but nobody is refused a deletion', async () => {
  const bucket = await limited({ objects: 2 }, 'Enabled');
  await put(bucket, 'a', 1);
  const { VersionId } = await put(bucket, 'a', 1);
  await assert.rejects(put(bucket, 'a', 1), refused);
  await shared.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a' }));
  await shared.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a', VersionId }));
  await assert.rejects(put(bucket, 'b', 1), refused);
  assert.equal((await quotas().ofBucket(bucket)).usage.versions, 2);
});

test('parts of uploads count from when they come, once', async () => {
  const bucket = await limited({ bytes: 10 });
  const named = { Bucket: bucket, Key: 'parts' };
  const { UploadId } = await shared.s3.send(new CreateMultipartUploadCommand(named));
  const part = (PartNumber: number, size: number) =>
    shared.s3.send(new UploadPartCommand({ ...named, UploadId, PartNumber, Body: 'x'.repeat(size) }));
  await part(1, 9);
  await assert.rejects(part(2, 2), refused);
  await assert.rejects(put(bucket, 'other', 2), refused);
  await assert.rejects(part(1, 11), refused);
  const { ETag } = await part(1, 10);
  await shared.s3.send(
    new CompleteMultipartUploadCommand({ ...named, UploadId, MultipartUpload: { Parts: [{ ETag, PartNumber: 1 }] } }),
  );
  await assert.rejects(put(bucket, 'other', 1), refused);
  const { usage } = await quotas().ofBucket(bucket);
  assert.deepEqual([usage.bytes, usage.uploadBytes], [10, 0]);
  await shared.server.reclaim();
  await assertCountersRight();
});

test('writers side by side never get past a quota together, and nothing of the refused is left', async () => {
  const bucket = await limited({ bytes: 50, objects: 8 });
  const puts = await Promise.allSettled(Array.from({ length: 30 }, (_, at) => put(bucket, `k${at}`, 7)));
  const stored = puts.filter(({ status }) => status === 'fulfilled').length;
  assert.equal(stored, 7);
  const { usage } = await quotas().ofBucket(bucket);
  assert.deepEqual([usage.bytes, usage.objects], [49, 7]);
  let blobs = 0;
  for await (const blob of shared.server.context.blobs.scan()) {
    blobs++;
    assert.ok(blob.id);
  }
  await shared.server.reclaim();
  await assertCountersRight();
  assert.ok(blobs > 0);
});

test("an account's quota counts for all its buckets together, those that are made later too", async () => {
  const writer = await shared.server.stranger('bounded');
  const { accountId } = await shared.server.identity.resolveAccount('bounded');
  await writer.send(new CreateBucketCommand({ Bucket: 'bounded-1' }));
  await put('bounded-1', 'a', 5, writer);
  await quotas().changeOfAccount(accountId, () => ({ bytes: 8 }));
  await writer.send(new CreateBucketCommand({ Bucket: 'bounded-2' }));
  await put('bounded-2', 'b', 3, writer);
  await assert.rejects(put('bounded-1', 'c', 1, writer), refused);
  await assert.rejects(put('bounded-2', 'c', 1, writer), refused);
  await writer.send(new DeleteObjectCommand({ Bucket: 'bounded-1', Key: 'a' }));
  await put('bounded-2', 'c', 5, writer);
  await quotas().changeOfAccount(accountId, () => undefined);
  await put('bounded-1', 'd', 100, writer);
  const { usage, quota } = await quotas().ofAccount(accountId);
  assert.deepEqual([usage.bytes, usage.versions, quota], [108, 3, undefined]);
});
