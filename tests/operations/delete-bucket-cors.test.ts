import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeleteBucketCorsCommand, GetBucketCorsCommand, PutBucketCorsCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sendUnsigned } from './send-unsigned.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();
const rules = { CORSRules: [{ AllowedOrigins: ['*'], AllowedMethods: ['GET'] }] };

test('rules go at once, and may be gone already', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: rules }));
  const preflight = () =>
    sendUnsigned(shared.server, {
      method: 'OPTIONS',
      target: `/${Bucket}`,
      headers: { origin: 'https://a.example', 'access-control-request-method': 'GET' },
    });
  assert.equal((await preflight()).status, 200);
  for (let round = 0; round < 2; round++) {
    const { $metadata } = await shared.s3.send(new DeleteBucketCorsCommand({ Bucket }));
    assert.equal($metadata.httpStatusCode, 204);
    assert.equal((await preflight()).status, 403);
    await assert.rejects(
      shared.s3.send(new GetBucketCorsCommand({ Bucket })),
      isFailure('NoSuchCORSConfiguration', 404),
    );
  }
});

test('another account may not', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(new DeleteBucketCorsCommand({ Bucket })), isFailure('AccessDenied', 403));
});
