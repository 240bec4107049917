import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetBucketLoggingCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('a bucket that logs nothing answers an empty status', async () => {
  const Bucket = await shared.bucket();
  const answer = await shared.raw({ method: 'GET', path: `/${Bucket}`, query: [['logging', '']] });
  assert.equal(answer.status, 200);
  assert.match(answer.text, /<BucketLoggingStatus xmlns="[^"]+"\s*(\/>|><\/BucketLoggingStatus>)$/);
});

test('a bucket that is not there logs nothing', async () => {
  await assert.rejects(
    shared.s3.send(new GetBucketLoggingCommand({ Bucket: 'not-there' })),
    isFailure('NoSuchBucket', 404),
  );
});
