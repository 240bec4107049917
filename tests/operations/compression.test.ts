import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { CopyObjectCommand, GetObjectCommand, PutObjectCommand, type PutObjectCommandInput } from '@aws-sdk/client-s3';
import { blobRecordType } from '../../src/records/blob-record.ts';
import { BucketSettings } from '../../src/services/buckets/bucket-settings.ts';
import { BucketCompression } from '../../src/services/content/bucket-compression.ts';
import { entriesOf } from '../../src/services/verification/table-scan.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { sharedServer } from './shared-server.ts';
import { uploadInParts } from './upload-in-parts.ts';

const shared = sharedServer({ inlineBytes: 4000 });

async function compressedBucket(): Promise<string> {
  const name = await shared.bucket();
  const { context } = shared.server;
  await new BucketCompression(context.metadata, new BucketSettings(context)).set(name, 'zstd');
  return name;
}

const text = (length: number) => Buffer.from('lines that are much alike\n'.repeat(length / 26 + 1)).subarray(0, length);
const put = (Bucket: string, Body: Buffer, more: Partial<PutObjectCommandInput> = {}) =>
  shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body, ...more }));
async function bytesOf(Bucket: string, Key: string, Range?: string): Promise<Buffer> {
  const { Body } = await shared.s3.send(new GetObjectCommand({ Bucket, Key, Range }));
  return Buffer.from(await Body!.transformToByteArray());
}

/** Of everything that is stored outside of records about it. */
async function storedBytes(): Promise<number> {
  await shared.server.reclaim();
  const { metadata } = shared.server.context;
  let stored = 0;
  for await (const { value } of entriesOf(metadata, 'inlineContent')) stored += value.length;
  for await (const { value } of entriesOf(metadata, 'blob')) stored += blobRecordType.decode(value).length ?? 0;
  return stored;
}

test('contents take less room, and nobody sees it', async () => {
  const Bucket = await compressedBucket();
  for (const how of [{}, { ServerSideEncryption: 'AES256' } as const]) {
    for (const length of [3000, 500_000]) {
      const body = text(length);
      const before = await storedBytes();
      const { ETag } = await put(Bucket, body, how);
      assert.equal(ETag, `"${createHash('md5').update(body).digest('hex')}"`);
      assert.ok((await storedBytes()) - before < length / 4);
      assert.deepEqual(await bytesOf(Bucket, 'k'), body);
      const from = length - 2000;
      assert.deepEqual(await bytesOf(Bucket, 'k', `bytes=${from}-${from + 99}`), body.subarray(from, from + 100));
      const CopySource = `${Bucket}/k`;
      await shared.s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource, ...how }));
      assert.deepEqual(await bytesOf(Bucket, 'copy'), body);
    }
  }
  const parts = [text(5 * 1024 * 1024), text(70_000)];
  await uploadInParts(shared.s3, { Bucket, Key: 'parts' }, { parts });
  assert.deepEqual(await bytesOf(Bucket, 'parts'), Buffer.concat(parts));
  const { metadata, blobs, encryption: keys } = shared.server.context;
  for await (const { message } of verifyStore({ metadata, blobs, keys }, { bytes: true })) assert.fail(message);
});

test('what does not shrink, or says that it would not, is stored as it came', async () => {
  const Bucket = await compressedBucket();
  const plain = await shared.bucket();
  for (const [body, more] of [
    [randomBytes(50_000), {}],
    [text(50_000), { ContentType: 'video/mp4' }],
    [text(50_000), { ContentEncoding: 'gzip' }],
  ] as const) {
    const before = await storedBytes();
    await put(Bucket, body, { ...more, Key: 'one' } as object);
    const grown = (await storedBytes()) - before;
    assert.ok(grown === 0 || grown === body.length, String(grown));
    assert.deepEqual(await bytesOf(Bucket, 'one'), body);
  }
  const before = await storedBytes();
  await put(plain, text(50_000));
  assert.equal((await storedBytes()) - before, 50_000);
});
