import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CopyObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type Payer,
  PutBucketRequestPaymentCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { givePolicy } from './give-policy.ts';
import { isFailure } from './is-failure.ts';
import { sendPresigned } from './send-raw.ts';
import { sendUnsigned } from './send-unsigned.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

const setPayer = (Bucket: string, Payer: Payer) =>
  shared.s3.send(new PutBucketRequestPaymentCommand({ Bucket, RequestPaymentConfiguration: { Payer } }));

/** A bucket that everybody may use, with an object in it. */
async function openBucket(payer: Payer): Promise<{ Bucket: string; Key: string }> {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  await givePolicy(shared.server, Bucket, [{ Effect: 'Allow', Action: 's3:*' }]);
  await setPayer(Bucket, payer);
  return { Bucket, Key: 'k' };
}

test('a requester that does not agree to pay is refused, an anonymous one always', async () => {
  const target = await openBucket('Requester');
  const stranger = await shared.server.stranger('poor');
  await assert.rejects(stranger.send(new GetObjectCommand(target)), isFailure('AccessDenied', 403));
  await assert.rejects(stranger.send(new PutObjectCommand({ ...target, Body: 'y' })), isFailure('AccessDenied', 403));
  const agreements: Record<string, string>[] = [{}, { 'x-amz-request-payer': 'requester' }];
  for (const headers of agreements) {
    const answer = await sendUnsigned(shared.server, { method: 'GET', target: `/${target.Bucket}/k`, headers });
    assert.equal(answer.status, 403);
  }
});

test('one that agrees is told that it pays', async () => {
  const target = await openBucket('Requester');
  const RequestPayer = 'requester';
  const stranger = await shared.server.stranger('payer');
  const got = await stranger.send(new GetObjectCommand({ ...target, RequestPayer }));
  await got.Body?.transformToByteArray();
  const answers = [
    got,
    await stranger.send(new HeadObjectCommand({ ...target, RequestPayer })),
    await stranger.send(new ListObjectsV2Command({ Bucket: target.Bucket, RequestPayer })),
    await stranger.send(new PutObjectCommand({ ...target, RequestPayer, Body: 'y' })),
  ];
  assert.deepEqual(
    answers.map(({ RequestCharged }) => RequestCharged),
    answers.map(() => 'requester'),
  );
});

test('agreement in the query of a presigned URL counts', async () => {
  const target = await openBucket('Requester');
  await shared.server.identity.createAccount({ name: 'linked' });
  const credentials = await shared.server.identity.createAccessKey({ account: 'linked' });
  const path = `/${target.Bucket}/k`;
  const plain = await sendPresigned(shared.server, { method: 'GET', path, credentials });
  assert.equal(plain.status, 403);
  const query = [['x-amz-request-payer', 'requester']] as const;
  const paid = await sendPresigned(shared.server, { method: 'GET', path, query, credentials });
  assert.deepEqual([paid.status, paid.headers['x-amz-request-charged']], [200, 'requester']);
});

test('nobody is charged by an owner that pays, nor the owner itself', async () => {
  const free = await openBucket('BucketOwner');
  const stranger = await shared.server.stranger('guest');
  const RequestPayer = 'requester';
  const head = new HeadObjectCommand({ ...free, RequestPayer });
  assert.equal((await stranger.send(head)).RequestCharged, undefined);
  await stranger.send(new HeadObjectCommand(free));
  const paid = await openBucket('Requester');
  assert.equal((await shared.s3.send(new HeadObjectCommand({ ...paid, RequestPayer }))).RequestCharged, undefined);
  await shared.s3.send(new HeadObjectCommand(paid));
  await setPayer(paid.Bucket, 'BucketOwner');
  await stranger.send(new HeadObjectCommand(paid));
});

test('a copy is paid for where its source asks for it', async () => {
  const source = await openBucket('Requester');
  const destination = await openBucket('BucketOwner');
  const stranger = await shared.server.stranger('copyist');
  const copy = { Bucket: destination.Bucket, Key: 'copy', CopySource: `${source.Bucket}/k` };
  await assert.rejects(stranger.send(new CopyObjectCommand(copy)), isFailure('AccessDenied', 403));
  const answer = await stranger.send(new CopyObjectCommand({ ...copy, RequestPayer: 'requester' }));
  assert.equal(answer.RequestCharged, 'requester');
});

test('another payer, or none, is malformed; another account may not', async () => {
  const Bucket = await shared.bucket();
  for (const inner of ['', '<Payer>requester</Payer>', '<Payer>Nobody</Payer>']) {
    const answer = await shared.raw({
      method: 'PUT',
      path: `/${Bucket}`,
      query: [['requestPayment', '']],
      body: Buffer.from(`<RequestPaymentConfiguration>${inner}</RequestPaymentConfiguration>`),
    });
    assert.match(answer.text, /<Code>MalformedXML</, inner);
  }
  const stranger = await shared.server.stranger('other');
  const RequestPaymentConfiguration = { Payer: 'Requester' } as const;
  await assert.rejects(
    stranger.send(new PutBucketRequestPaymentCommand({ Bucket, RequestPaymentConfiguration })),
    isFailure('AccessDenied', 403),
  );
});
