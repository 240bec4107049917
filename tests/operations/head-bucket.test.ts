import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sendAnonymous, sendPresigned } from './send-raw.ts';
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

test('who is denied, or signed for another region, learns the region: there is no body to tell it', async () => {
  const Bucket = await shared.bucket();
  const region = (reply: { readonly headers: Readonly<Record<string, string | undefined>> }) =>
    reply.headers['x-amz-bucket-region'];
  const denied = await sendAnonymous(shared.server, 'HEAD', `/${Bucket}`);
  assert.deepEqual([denied.status, region(denied)], [403, 'eu-north-1']);
  for (const path of [`/${Bucket}`, `/${Bucket}/key`]) {
    const misled = await shared.raw({ method: 'HEAD', path, region: 'us-east-1' });
    assert.deepEqual([misled.status, region(misled)], [400, 'eu-north-1']);
    const presigned = await sendPresigned(shared.server, { method: 'HEAD', path, region: 'us-east-1' });
    assert.deepEqual([presigned.status, region(presigned)], [400, 'eu-north-1']);
  }
  const missing = await shared.raw({ method: 'HEAD', path: '/not-there', region: 'eu-north-1' });
  assert.deepEqual([missing.status, region(missing)], [404, undefined]);
  const service = await sendAnonymous(shared.server, 'GET', '/');
  assert.deepEqual([service.status, region(service)], [403, undefined]);
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
