import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeleteBucketWebsiteCommand, GetBucketWebsiteCommand, PutBucketWebsiteCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('a website is taken away, and once more', async () => {
  const Bucket = await shared.bucket();
  const WebsiteConfiguration = { IndexDocument: { Suffix: 'i' } };
  await shared.s3.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration }));
  for (const _ of [1, 2]) {
    const { $metadata } = await shared.s3.send(new DeleteBucketWebsiteCommand({ Bucket }));
    assert.equal($metadata.httpStatusCode, 204);
    await assert.rejects(
      shared.s3.send(new GetBucketWebsiteCommand({ Bucket })),
      isFailure('NoSuchWebsiteConfiguration', 404),
    );
  }
});

test('of a bucket that is not there nothing is taken', async () => {
  await assert.rejects(
    shared.s3.send(new DeleteBucketWebsiteCommand({ Bucket: 'not-there' })),
    isFailure('NoSuchBucket', 404),
  );
});
