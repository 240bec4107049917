import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetBucketPolicyStatusCommand, PutBucketAclCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

const put = (Bucket: string, statement: object) =>
  shared.s3.send(
    new PutBucketPolicyCommand({
      Bucket,
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: { Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*`, ...statement },
      }),
    }),
  );
const isPublic = async (Bucket: string) =>
  (await shared.s3.send(new GetBucketPolicyStatusCommand({ Bucket }))).PolicyStatus?.IsPublic;

test('says whether the policy lets everybody do something', async () => {
  const Bucket = await shared.bucket();
  const { accountId } = await shared.server.identity.createAccount({ name: 'somebody' });
  await put(Bucket, { Effect: 'Allow', Principal: '*' });
  assert.equal(await isPublic(Bucket), true);
  await put(Bucket, { Effect: 'Deny', Principal: '*' });
  assert.equal(await isPublic(Bucket), false);
  await put(Bucket, { Effect: 'Allow', Principal: { AWS: accountId } });
  assert.equal(await isPublic(Bucket), false);
  await put(Bucket, { Effect: 'Allow', Principal: '*', Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } });
  assert.equal(await isPublic(Bucket), false);
  await put(Bucket, { Effect: 'Allow', Principal: '*', Condition: { IpAddress: { 'aws:SourceIp': '0.0.0.0/1' } } });
  assert.equal(await isPublic(Bucket), true);
});

test('ACLs have no say: a bucket without a policy has no status', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read-write' }));
  await assert.rejects(isPublic(Bucket), isFailure('NoSuchBucketPolicy', 404));
  await put(Bucket, { Effect: 'Deny', Principal: '*' });
  assert.equal(await isPublic(Bucket), false);
});

test('a stranger needs s3:GetBucketPolicyStatus', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  const ask = () => stranger.send(new GetBucketPolicyStatusCommand({ Bucket }));
  await put(Bucket, { Effect: 'Allow', Principal: '*' });
  await assert.rejects(ask(), isFailure('AccessDenied', 403));
  await put(Bucket, {
    Effect: 'Allow',
    Principal: '*',
    Action: 's3:GetBucketPolicyStatus',
    Resource: `arn:aws:s3:::${Bucket}`,
  });
  assert.equal((await ask()).PolicyStatus?.IsPublic, true);
});
