import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand, GetBucketOwnershipControlsCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('a bucket about which nothing was said has no ownership controls; one that was made with them has', async () => {
  const Bucket = await shared.bucket();
  await assert.rejects(
    shared.s3.send(new GetBucketOwnershipControlsCommand({ Bucket })),
    isFailure('OwnershipControlsNotFoundError', 404),
  );
  for (const ObjectOwnership of ['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter'] as const) {
    const name = `made-${ObjectOwnership.toLowerCase()}`;
    await shared.s3.send(new CreateBucketCommand({ Bucket: name, ObjectOwnership }));
    const { OwnershipControls } = await shared.s3.send(new GetBucketOwnershipControlsCommand({ Bucket: name }));
    assert.deepEqual(OwnershipControls, { Rules: [{ ObjectOwnership }] });
  }
});

test('only the owner reads it', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  await assert.rejects(
    stranger.send(new GetBucketOwnershipControlsCommand({ Bucket })),
    isFailure('AccessDenied', 403),
  );
});
