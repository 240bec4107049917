import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand, GetBucketLocationCommand } from '@aws-sdk/client-s3';
import { startS3Server } from '../s3-server.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('us-east-1 is spelt as nothing', async () => {
  const Bucket = await shared.bucket();
  assert.equal((await shared.s3.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint, undefined);
  const { text } = await shared.raw({ method: 'GET', path: `/${Bucket}`, query: [['location', '']] });
  assert.match(
    text,
    /<LocationConstraint xmlns="http:\/\/s3\.amazonaws\.com\/doc\/2006-03-01\/"\s*(\/>|><\/LocationConstraint>)$/,
  );
});

test('another region is told', async () => {
  await using server = await startS3Server({ region: 'eu-central-1' });
  const s3 = server.client();
  await s3.send(new CreateBucketCommand({ Bucket: 'elsewhere' }));
  const { LocationConstraint } = await s3.send(new GetBucketLocationCommand({ Bucket: 'elsewhere' }));
  assert.equal(LocationConstraint, 'eu-central-1');
});

test('a missing bucket has no location, and another account may not ask', async () => {
  const Bucket = await shared.bucket();
  await assert.rejects(
    shared.s3.send(new GetBucketLocationCommand({ Bucket: 'not-there' })),
    isFailure('NoSuchBucket', 404),
  );
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(new GetBucketLocationCommand({ Bucket })), isFailure('AccessDenied', 403));
});
