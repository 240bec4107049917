import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetObjectLegalHoldCommand, PutObjectCommand, PutObjectLegalHoldCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { lockedVersion } from './locked-bucket.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('a hold is shown, also one that was taken off, and none that never was', async () => {
  const target = await lockedVersion(shared);
  const get = new GetObjectLegalHoldCommand(target);
  await assert.rejects(shared.s3.send(get), isFailure('NoSuchObjectLockConfiguration', 404));
  for (const Status of ['ON', 'OFF'] as const) {
    await shared.s3.send(new PutObjectLegalHoldCommand({ ...target, LegalHold: { Status } }));
    assert.deepEqual((await shared.s3.send(get)).LegalHold, { Status });
  }
});

test('there is none without object lock', async () => {
  const plain = { Bucket: await shared.bucket(), Key: 'k' };
  await shared.s3.send(new PutObjectCommand({ ...plain, Body: 'x' }));
  await assert.rejects(shared.s3.send(new GetObjectLegalHoldCommand(plain)), isFailure('InvalidRequest', 400));
});
