import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand, GetBucketEncryptionCommand } from '@aws-sdk/client-s3';
import { startS3Server } from '../s3-server.ts';
import { givePolicy } from './give-policy.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();
const get = (Bucket: string) => new GetBucketEncryptionCommand({ Bucket });
const none = isFailure('ServerSideEncryptionConfigurationNotFoundError', 404);

test('a new bucket has no encryption, unless the server says so', async () => {
  await assert.rejects(shared.s3.send(get(await shared.bucket())), none);
  await using server = await startS3Server({ defaultEncryption: { kind: 'SSE-S3', bucketKeyEnabled: false } });
  const s3 = server.client();
  await s3.send(new CreateBucketCommand({ Bucket: 'encrypted' }));
  const { ServerSideEncryptionConfiguration } = await s3.send(get('encrypted'));
  assert.deepEqual(ServerSideEncryptionConfiguration, {
    Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false }],
  });
});

test('another account needs the right', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(get(Bucket)), isFailure('AccessDenied', 403));
  await givePolicy(shared.server, Bucket, [{ Effect: 'Allow', Action: 's3:GetEncryptionConfiguration' }]);
  await assert.rejects(stranger.send(get(Bucket)), none);
});
