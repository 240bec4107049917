import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetBucketRequestPaymentCommand, PutBucketRequestPaymentCommand } from '@aws-sdk/client-s3';
import { givePolicy } from './give-policy.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();
const get = (Bucket: string) => new GetBucketRequestPaymentCommand({ Bucket });

test('the owner pays until something else is said, and again when it is taken back', async () => {
  const Bucket = await shared.bucket();
  const payer = async () => (await shared.s3.send(get(Bucket))).Payer;
  assert.equal(await payer(), 'BucketOwner');
  for (const Payer of ['Requester', 'BucketOwner'] as const) {
    await shared.s3.send(new PutBucketRequestPaymentCommand({ Bucket, RequestPaymentConfiguration: { Payer } }));
    assert.equal(await payer(), Payer);
  }
});

test('another account needs the right', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(get(Bucket)), isFailure('AccessDenied', 403));
  await givePolicy(shared.server, Bucket, [{ Effect: 'Allow', Action: 's3:GetBucketRequestPayment' }]);
  assert.equal((await stranger.send(get(Bucket))).Payer, 'BucketOwner');
});
