import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DeleteBucketOwnershipControlsCommand,
  GetBucketOwnershipControlsCommand,
  PutBucketAclCommand,
  PutBucketOwnershipControlsCommand,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('without ownership controls ACLs count again; deleting what is not there is a success', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const OwnershipControls = { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' } as const] };
  await s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
  await assert.rejects(
    s3.send(new PutBucketAclCommand({ Bucket, ACL: 'private' })),
    isFailure('AccessControlListNotSupported', 400),
  );
  for (let i = 0; i < 2; i++) {
    const answer = await s3.send(new DeleteBucketOwnershipControlsCommand({ Bucket }));
    assert.equal(answer.$metadata.httpStatusCode, 204);
    await assert.rejects(
      s3.send(new GetBucketOwnershipControlsCommand({ Bucket })),
      isFailure('OwnershipControlsNotFoundError', 404),
    );
  }
  await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read' }));
});

test('only the owner deletes it', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  await assert.rejects(
    stranger.send(new DeleteBucketOwnershipControlsCommand({ Bucket })),
    isFailure('AccessDenied', 403),
  );
});
