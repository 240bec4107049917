import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  RenameObjectCommand,
  type RenameObjectCommandInput,
} from '@aws-sdk/client-s3';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { givePolicy } from './give-policy.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer({ inlineBytes: 100 });

const put = (Bucket: string, Key: string, Body: string) =>
  shared.s3.send(new PutObjectCommand({ Bucket, Key, Body, Tagging: 'team=blue', Metadata: { of: 'old' } }));
const rename = (Bucket: string, from: string, Key: string, more: Partial<RenameObjectCommandInput> = {}) =>
  shared.s3.send(new RenameObjectCommand({ Bucket, Key, RenameSource: encodeURIComponent(from), ...more }));
const text = async (Bucket: string, Key: string) =>
  (await shared.s3.send(new GetObjectCommand({ Bucket, Key }))).Body!.transformToString();
const missing = isFailure('NoSuchKey', 404);

async function assertSound(): Promise<void> {
  await shared.server.reclaim();
  const { metadata, blobs } = shared.server.context;
  for await (const { message } of verifyStore({ metadata, blobs }, { bytes: true, orphans: true }))
    assert.fail(message);
}

test('an object gets another key and stays what it is', async () => {
  const Bucket = await shared.bucket();
  await put(Bucket, 'from here', 'x'.repeat(200));
  const before = await shared.s3.send(new HeadObjectCommand({ Bucket, Key: 'from here' }));
  await rename(Bucket, 'from here', 'to/thère');
  await assert.rejects(text(Bucket, 'from here'), missing);
  assert.equal(await text(Bucket, 'to/thère'), 'x'.repeat(200));
  const after = await shared.s3.send(new HeadObjectCommand({ Bucket, Key: 'to/thère' }));
  assert.deepEqual(
    [after.ETag, after.LastModified, after.Metadata],
    [before.ETag, before.LastModified, before.Metadata],
  );
  const { TagSet } = await shared.s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'to/thère' }));
  assert.deepEqual(TagSet, [{ Key: 'team', Value: 'blue' }]);
  await assertSound();
});

test('what had the key is overwritten, unless a condition forbids it', async () => {
  const Bucket = await shared.bucket();
  await put(Bucket, 'a', 'A');
  await put(Bucket, 'b', 'B');
  const failed = isFailure('PreconditionFailed', 412);
  await assert.rejects(rename(Bucket, 'a', 'b', { DestinationIfNoneMatch: '*' }), failed);
  await assert.rejects(rename(Bucket, 'a', 'b', { DestinationIfMatch: '"0"' }), failed);
  await assert.rejects(rename(Bucket, 'a', 'none', { DestinationIfMatch: '"0"' }), failed);
  await assert.rejects(rename(Bucket, 'a', 'b', { SourceIfMatch: '"0"' }), failed);
  await assert.rejects(rename(Bucket, 'a', 'b', { SourceIfNoneMatch: '*' }), failed);
  assert.deepEqual([await text(Bucket, 'a'), await text(Bucket, 'b')], ['A', 'B']);
  await rename(Bucket, 'a', 'b');
  assert.equal(await text(Bucket, 'b'), 'A');
  await assert.rejects(rename(Bucket, 'a', 'b'), missing);
  await assertSound();
});

test('the same client token does the same thing once, and no other', async () => {
  const Bucket = await shared.bucket();
  await put(Bucket, 'a', 'A');
  await rename(Bucket, 'a', 'b', { ClientToken: 'once' });
  await put(Bucket, 'a', 'another A');
  await rename(Bucket, 'a', 'b', { ClientToken: 'once' });
  assert.deepEqual([await text(Bucket, 'a'), await text(Bucket, 'b')], ['another A', 'A']);
  await assert.rejects(
    rename(Bucket, 'a', 'c', { ClientToken: 'once' }),
    isFailure('IdempotencyParameterMismatch', 400),
  );
  await assertSound();
});

test('sources elsewhere, odd tokens, folders and buckets with versioning are refused', async () => {
  const Bucket = await shared.bucket();
  await put(Bucket, 'a', 'A');
  const invalid = isFailure('InvalidRequest', 400);
  await assert.rejects(rename(Bucket, '/other-bucket/a', 'b'), invalid);
  await assert.rejects(rename(Bucket, 'a', 'folder/'), invalid);
  await assert.rejects(rename(Bucket, 'a', 'b', { ClientToken: 'x'.repeat(65) }), isFailure('InvalidArgument', 400));
  const versioned = await shared.bucket('Enabled');
  await put(versioned, 'a', 'A');
  await assert.rejects(rename(versioned, 'a', 'b'), invalid);
  await rename(Bucket, `/${Bucket}/a`, 'b');
  assert.equal(await text(Bucket, 'b'), 'A');
});

test('whoever may not read, write and delete may not rename', async () => {
  const Bucket = await shared.bucket();
  await put(Bucket, 'a', 'A');
  const stranger = await shared.server.stranger('renamer');
  const all = ['s3:PutObject', 's3:GetObject', 's3:DeleteObject', 's3:GetObjectTagging', 's3:PutObjectTagging'];
  const command = new RenameObjectCommand({ Bucket, Key: 'b', RenameSource: 'a' });
  for (const left of all) {
    const Action = all.filter((action) => action !== left);
    await givePolicy(shared.server, Bucket, [{ Effect: 'Allow', Action }]);
    await assert.rejects(stranger.send(command), isFailure('AccessDenied', 403), left);
  }
  await givePolicy(shared.server, Bucket, [{ Effect: 'Allow', Action: all }]);
  await stranger.send(command);
  assert.equal(await text(Bucket, 'b'), 'A');
});
