import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeleteObjectCommand, PutObjectCommand, PutObjectLegalHoldCommand } from '@aws-sdk/client-s3';
import { givePolicy } from './give-policy.ts';
import { isFailure } from './is-failure.ts';
import { type LockedVersion, lockedVersion, retainedFor } from './locked-bucket.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

const hold = (target: { Bucket: string; Key: string }, Status: 'ON' | 'OFF') =>
  new PutObjectLegalHoldCommand({ ...target, LegalHold: { Status } });
const remove = (target: LockedVersion) => new DeleteObjectCommand({ ...target, BypassGovernanceRetention: true });

test('a held version stays until the hold is taken off, whoever may bypass what', async () => {
  const target = await lockedVersion(shared);
  await shared.s3.send(hold(target, 'ON'));
  await assert.rejects(shared.s3.send(remove(target)), isFailure('AccessDenied', 403));
  await shared.s3.send(hold(target, 'OFF'));
  await shared.s3.send(remove(target));
});

test('hold and retention bind each by itself', async () => {
  const target = await lockedVersion(shared, { ...retainedFor('GOVERNANCE', 1), ObjectLockLegalHoldStatus: 'ON' });
  await assert.rejects(shared.s3.send(remove(target)), isFailure('AccessDenied', 403));
  await shared.s3.send(hold(target, 'OFF'));
  await assert.rejects(shared.s3.send(new DeleteObjectCommand({ ...target })), isFailure('AccessDenied', 403));
  await shared.s3.send(remove(target));
});

test('a hold needs a bucket with object lock and a word that it knows', async () => {
  const plain = { Bucket: await shared.bucket('Enabled'), Key: 'k' };
  await shared.s3.send(new PutObjectCommand({ ...plain, Body: 'x' }));
  await assert.rejects(shared.s3.send(hold(plain, 'ON')), isFailure('InvalidRequest', 400));
  const target = await lockedVersion(shared);
  await assert.rejects(shared.s3.send(hold(target, 'on' as 'ON')), isFailure('MalformedXML', 400));
  await assert.rejects(shared.s3.send(hold({ ...target, Key: 'none' }, 'ON')), isFailure('NoSuchVersion', 404));
});

test('a policy may let somebody set holds and not take them off', async () => {
  const target = await lockedVersion(shared);
  const keeper = await shared.server.stranger('keeper');
  await givePolicy(shared.server, target.Bucket, [
    {
      Effect: 'Allow',
      Action: 's3:PutObjectLegalHold',
      Condition: { StringEquals: { 's3:object-lock-legal-hold': 'ON' } },
    },
  ]);
  await keeper.send(hold(target, 'ON'));
  await assert.rejects(keeper.send(hold(target, 'OFF')), isFailure('AccessDenied', 403));
});
