import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetObjectLockConfigurationCommand, PutObjectLockConfigurationCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('the configuration comes back as it was given, and there is none before', async () => {
  const Bucket = await shared.bucket('Enabled');
  const get = new GetObjectLockConfigurationCommand({ Bucket });
  await assert.rejects(shared.s3.send(get), isFailure('ObjectLockConfigurationNotFoundError', 404));
  for (const DefaultRetention of [
    { Mode: 'GOVERNANCE', Days: 3 } as const,
    { Mode: 'COMPLIANCE', Years: 2 } as const,
  ]) {
    const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention } } as const;
    await shared.s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
    assert.deepEqual((await shared.s3.send(get)).ObjectLockConfiguration, ObjectLockConfiguration);
  }
});
