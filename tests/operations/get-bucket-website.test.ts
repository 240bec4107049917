import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeleteBucketCommand, GetBucketWebsiteCommand, PutBucketWebsiteCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('a bucket without a website answers NoSuchWebsiteConfiguration', async () => {
  const Bucket = await shared.bucket();
  const answer = await shared.raw({ method: 'GET', path: `/${Bucket}`, query: [['website', '']] });
  assert.equal(answer.status, 404);
  assert.match(answer.text, /<Code>NoSuchWebsiteConfiguration<\/Code>.*<BucketName>bucket-/);
});

test('a bucket made anew has no website', async () => {
  const Bucket = await shared.bucket();
  const WebsiteConfiguration = { IndexDocument: { Suffix: 'i' } };
  await shared.s3.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration }));
  await shared.s3.send(new DeleteBucketCommand({ Bucket }));
  await assert.rejects(shared.s3.send(new GetBucketWebsiteCommand({ Bucket })), isFailure('NoSuchBucket', 404));
  await shared.raw({ method: 'PUT', path: `/${Bucket}` });
  await assert.rejects(
    shared.s3.send(new GetBucketWebsiteCommand({ Bucket })),
    isFailure('NoSuchWebsiteConfiguration', 404),
  );
});
