import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetBucketAccelerateConfigurationCommand, PutBucketAccelerateConfigurationCommand } from '@aws-sdk/client-s3';
import { givePolicy } from './give-policy.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();
const get = (Bucket: string) => new GetBucketAccelerateConfigurationCommand({ Bucket });

test('there is no status until one is put', async () => {
  const Bucket = await shared.bucket();
  assert.equal((await shared.s3.send(get(Bucket))).Status, undefined);
  for (const Status of ['Enabled', 'Suspended'] as const) {
    const AccelerateConfiguration = { Status };
    await shared.s3.send(new PutBucketAccelerateConfigurationCommand({ Bucket, AccelerateConfiguration }));
    assert.equal((await shared.s3.send(get(Bucket))).Status, Status);
  }
});

test('another account needs the right', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(get(Bucket)), isFailure('AccessDenied', 403));
  await givePolicy(shared.server, Bucket, [{ Effect: 'Allow', Action: 's3:GetAccelerateConfiguration' }]);
  assert.equal((await stranger.send(get(Bucket))).Status, undefined);
});
