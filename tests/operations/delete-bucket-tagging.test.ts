import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketTaggingCommand,
  GetBucketTaggingCommand,
  PutBucketTaggingCommand,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('tags go, and may be gone already', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'a', Value: '1' }] } }));
  for (let round = 0; round < 2; round++) {
    const { $metadata } = await shared.s3.send(new DeleteBucketTaggingCommand({ Bucket }));
    assert.equal($metadata.httpStatusCode, 204);
    await assert.rejects(shared.s3.send(new GetBucketTaggingCommand({ Bucket })), isFailure('NoSuchTagSet', 404));
  }
});

test('a bucket that is made anew does not inherit tags', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'a', Value: '1' }] } }));
  await shared.s3.send(new DeleteBucketCommand({ Bucket }));
  await shared.s3.send(new CreateBucketCommand({ Bucket }));
  await assert.rejects(shared.s3.send(new GetBucketTaggingCommand({ Bucket })), isFailure('NoSuchTagSet', 404));
});

test('another account may not', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(new DeleteBucketTaggingCommand({ Bucket })), isFailure('AccessDenied', 403));
});
