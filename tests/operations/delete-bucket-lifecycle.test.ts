import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DeleteBucketCommand,
  DeleteBucketLifecycleCommand,
  GetBucketLifecycleConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('rules are taken away, where there are any and where there are none', async () => {
  const Bucket = await shared.bucket();
  const Rules = [{ ID: 'r', Status: 'Enabled' as const, Filter: { Prefix: '' }, Expiration: { Days: 1 } }];
  await shared.s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
  for (let times = 0; times < 2; times++) {
    const { $metadata } = await shared.s3.send(new DeleteBucketLifecycleCommand({ Bucket }));
    assert.equal($metadata.httpStatusCode, 204);
  }
  const get = new GetBucketLifecycleConfigurationCommand({ Bucket });
  await assert.rejects(shared.s3.send(get), isFailure('NoSuchLifecycleConfiguration', 404));
  await shared.s3.send(new DeleteBucketCommand({ Bucket }));
});
