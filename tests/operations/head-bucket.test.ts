import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sendAnonymous } from './send-raw.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer({ region: 'eu-north-1' });

test('a bucket tells its region', async () => {
  const Bucket = await shared.bucket();
  const head = await shared.s3.send(new HeadBucketCommand({ Bucket }));
  assert.equal(head.BucketRegion, 'eu-north-1');
});

test('a missing bucket is not found, in an answer without a body', async () => {
  await assert.rejects(shared.s3.send(new HeadBucketCommand({ Bucket: 'not-there' })), isFailure('NotFound', 404));
  const raw = await shared.raw({ method: 'HEAD', path: '/not-there', region: 'eu-north-1' });
  assert.equal(raw.status, 404);
  assert.equal(raw.body.length, 0);
});

test('another account and nobody at all are denied', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(new HeadBucketCommand({ Bucket })), isFailure('Unknown', 403));
  assert.equal((await sendAnonymous(shared.server, 'HEAD', `/${Bucket}`)).status, 403);
});

test('the expected owner has to be the owner', async () => {
  const Bucket = await shared.bucket();
  const credential = await shared.server.identity.findCredential(shared.server.root.accessKeyId);
  assert.ok(credential?.principal.kind === 'account');
  const { accountId } = credential.principal.account;
  await shared.s3.send(new HeadBucketCommand({ Bucket, ExpectedBucketOwner: accountId }));
  await assert.rejects(
    shared.s3.send(new HeadBucketCommand({ Bucket, ExpectedBucketOwner: '111122223333' })),
    isFailure('Unknown', 403),
  );
});
