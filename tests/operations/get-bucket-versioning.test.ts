import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetBucketVersioningCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('a bucket whose versioning was never set has no status', async () => {
  const Bucket = await shared.bucket();
  assert.equal((await shared.s3.send(new GetBucketVersioningCommand({ Bucket }))).Status, undefined);
});

test('the status is what was put', async () => {
  for (const status of ['Enabled', 'Suspended'] as const) {
    const Bucket = await shared.bucket(status);
    assert.equal((await shared.s3.send(new GetBucketVersioningCommand({ Bucket }))).Status, status);
  }
});

test('a missing bucket is not found, and another account may not ask', async () => {
  const Bucket = await shared.bucket();
  await assert.rejects(
    shared.s3.send(new GetBucketVersioningCommand({ Bucket: 'not-there' })),
    isFailure('NoSuchBucket', 404),
  );
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(new GetBucketVersioningCommand({ Bucket })), isFailure('AccessDenied', 403));
});
