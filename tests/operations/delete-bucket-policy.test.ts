import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeleteBucketPolicyCommand, GetBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

const policyOf = (Bucket: string, Action: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: '*', Action, Resource: `arn:aws:s3:::${Bucket}` },
  });

test('takes the policy away, and answers 204 where there is none', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: policyOf(Bucket, 's3:ListBucket') }));
  for (let i = 0; i < 2; i++) {
    const { $metadata } = await shared.s3.send(new DeleteBucketPolicyCommand({ Bucket }));
    assert.equal($metadata.httpStatusCode, 204);
    await assert.rejects(shared.s3.send(new GetBucketPolicyCommand({ Bucket })), isFailure('NoSuchBucketPolicy', 404));
  }
  await assert.rejects(
    shared.s3.send(new DeleteBucketPolicyCommand({ Bucket: 'not-there' })),
    isFailure('NoSuchBucket', 404),
  );
});

test('a stranger gets 403, and 405 where it is granted to them', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  const remove = () => stranger.send(new DeleteBucketPolicyCommand({ Bucket }));
  await assert.rejects(remove(), isFailure('AccessDenied', 403));
  const Policy = policyOf(Bucket, 's3:DeleteBucketPolicy');
  await shared.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  await assert.rejects(remove(), isFailure('MethodNotAllowed', 405));
  assert.equal((await shared.s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy, Policy);
});
