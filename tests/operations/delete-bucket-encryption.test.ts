import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DeleteBucketEncryptionCommand,
  GetBucketEncryptionCommand,
  GetObjectCommand,
  PutBucketEncryptionCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('new objects are no longer encrypted, older ones stay readable, and there need be nothing to delete', async () => {
  const Bucket = await shared.bucket();
  const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } as const }];
  await shared.s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }));
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  for (let i = 0; i < 2; i++) await shared.s3.send(new DeleteBucketEncryptionCommand({ Bucket }));
  const none = isFailure('ServerSideEncryptionConfigurationNotFoundError', 404);
  await assert.rejects(shared.s3.send(new GetBucketEncryptionCommand({ Bucket })), none);
  const kept = await shared.s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.deepEqual([kept.ServerSideEncryption, await kept.Body!.transformToString()], ['AES256', 'x']);
  const written = await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  assert.equal(written.ServerSideEncryption, undefined);
});

test('another account may not', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  const command = new DeleteBucketEncryptionCommand({ Bucket });
  await assert.rejects(stranger.send(command), isFailure('AccessDenied', 403));
});
