import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetObjectCommand, GetObjectRetentionCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { givePolicy } from './give-policy.ts';
import { isFailure } from './is-failure.ts';
import { lockedVersion, retainedFor } from './locked-bucket.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('the retention of a version is shown, also where it is not the newest', async () => {
  const lock = retainedFor('GOVERNANCE', 1);
  const target = await lockedVersion(shared, lock);
  const { Bucket, Key } = target;
  await shared.s3.send(new PutObjectCommand({ Bucket, Key, Body: '2' }));
  const { Retention } = await shared.s3.send(new GetObjectRetentionCommand(target));
  assert.deepEqual(Retention, { Mode: 'GOVERNANCE', RetainUntilDate: lock.ObjectLockRetainUntilDate });
  const newest = new GetObjectRetentionCommand({ Bucket, Key });
  await assert.rejects(shared.s3.send(newest), isFailure('NoSuchObjectLockConfiguration', 404));
});

test('there is none without object lock, and none of what is not there', async () => {
  const plain = { Bucket: await shared.bucket(), Key: 'k' };
  await shared.s3.send(new PutObjectCommand({ ...plain, Body: 'x' }));
  await assert.rejects(shared.s3.send(new GetObjectRetentionCommand(plain)), isFailure('InvalidRequest', 400));
  const { Bucket } = await lockedVersion(shared);
  const missing = new GetObjectRetentionCommand({ Bucket, Key: 'none' });
  await assert.rejects(shared.s3.send(missing), isFailure('NoSuchKey', 404));
});

test('a reader sees of the lock what it may', async () => {
  const target = await lockedVersion(shared, { ...retainedFor('GOVERNANCE', 1), ObjectLockLegalHoldStatus: 'ON' });
  const { Bucket, Key } = target;
  const reader = await shared.server.stranger('reader');
  const seen = async () => {
    const { ObjectLockMode, ObjectLockLegalHoldStatus, Body } = await reader.send(
      new GetObjectCommand({ Bucket, Key }),
    );
    await Body?.transformToByteArray();
    return [ObjectLockMode, ObjectLockLegalHoldStatus];
  };
  await givePolicy(shared.server, Bucket, [{ Effect: 'Allow', Action: 's3:GetObject' }]);
  assert.deepEqual(await seen(), [undefined, undefined]);
  await assert.rejects(reader.send(new GetObjectRetentionCommand({ Bucket, Key })), isFailure('AccessDenied', 403));
  await givePolicy(shared.server, Bucket, [{ Effect: 'Allow', Action: ['s3:GetObject', 's3:GetObjectRetention'] }]);
  assert.deepEqual(await seen(), ['GOVERNANCE', undefined]);
  await givePolicy(shared.server, Bucket, [{ Effect: 'Allow', Action: ['s3:GetObject', 's3:GetObjectLegalHold'] }]);
  assert.deepEqual(await seen(), [undefined, 'ON']);
});
