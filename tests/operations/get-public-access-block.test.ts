import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetPublicAccessBlockCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('a bucket has none until it is put', async () => {
  const Bucket = await shared.bucket();
  await assert.rejects(
    shared.s3.send(new GetPublicAccessBlockCommand({ Bucket })),
    isFailure('NoSuchPublicAccessBlockConfiguration', 404),
  );
});

test('only the owner reads it', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(new GetPublicAccessBlockCommand({ Bucket })), isFailure('AccessDenied', 403));
});
