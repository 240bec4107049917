import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DeletePublicAccessBlockCommand,
  GetPublicAccessBlockCommand,
  PutBucketAclCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('what was blocked is not any more; deleting what is not there is a success', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const PublicAccessBlockConfiguration = { BlockPublicAcls: true };
  await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
  await assert.rejects(
    s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read' })),
    isFailure('AccessDenied', 403),
  );
  for (let i = 0; i < 2; i++) {
    const answer = await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
    assert.equal(answer.$metadata.httpStatusCode, 204);
    await assert.rejects(
      s3.send(new GetPublicAccessBlockCommand({ Bucket })),
      isFailure('NoSuchPublicAccessBlockConfiguration', 404),
    );
  }
  await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read' }));
});

test('only the owner deletes it', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(new DeletePublicAccessBlockCommand({ Bucket })), isFailure('AccessDenied', 403));
});
