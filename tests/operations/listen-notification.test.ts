import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PutBucketPolicyCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer({ longestStreamMilliseconds: 600 });

test('an account without buckets may listen, and hears nothing', async () => {
  const query = [['events', 's3:ObjectCreated:*']] as const;
  const answer = await shared.raw({ method: 'GET', path: '/', query });
  assert.equal(answer.status, 200);
  assert.match(answer.text, /^ +$/);
});

test('without an event it is the list of buckets, as ever', async () => {
  assert.match((await shared.raw({ method: 'GET', path: '/' })).text, /<ListAllMyBucketsResult/);
});

test('a bucket whose policy denies it is not heard', async () => {
  const [open, closed] = [await shared.bucket(), await shared.bucket()];
  const statement = {
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:ListenBucketNotification',
    Resource: `arn:aws:s3:::${closed}`,
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await shared.s3.send(new PutBucketPolicyCommand({ Bucket: closed, Policy }));
  const listening = shared.raw({ method: 'GET', path: '/', query: [['events', 's3:ObjectCreated:*']] });
  let isOver = false;
  void listening.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await shared.s3.send(new PutObjectCommand({ Bucket: closed, Key: 'key', Body: 'x' }));
    await shared.s3.send(new PutObjectCommand({ Bucket: open, Key: 'key', Body: 'x' }));
  }
  const { text } = await listening;
  assert.ok(text.includes(`"${open}"`));
  assert.ok(!text.includes(`"${closed}"`));
});
