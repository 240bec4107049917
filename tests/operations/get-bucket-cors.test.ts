import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetBucketCorsCommand, PutBucketCorsCommand } from '@aws-sdk/client-s3';
import { givePolicy } from './give-policy.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();
const get = (Bucket: string) => new GetBucketCorsCommand({ Bucket });

test('a bucket without rules has no configuration', async () => {
  const Bucket = await shared.bucket();
  await assert.rejects(shared.s3.send(get(Bucket)), isFailure('NoSuchCORSConfiguration', 404));
  await assert.rejects(shared.s3.send(get('not-there')), isFailure('NoSuchBucket', 404));
});

test('another account needs the right', async () => {
  const Bucket = await shared.bucket();
  const CORSRules = [{ AllowedOrigins: ['https://a.example'], AllowedMethods: ['GET'] }];
  await shared.s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(get(Bucket)), isFailure('AccessDenied', 403));
  await givePolicy(shared.server, Bucket, [{ Effect: 'Allow', Action: 's3:GetBucketCORS' }]);
  assert.deepEqual((await stranger.send(get(Bucket))).CORSRules, CORSRules);
});
