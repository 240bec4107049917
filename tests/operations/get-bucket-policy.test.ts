import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { bucketRecordType } from '../../src/records/bucket-record.ts';
import { policySetting } from '../../src/records/bucket-setting.ts';
import { keyspace } from '../../src/records/keyspace.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('gives the text back as it was given, to the byte', async () => {
  const Bucket = await shared.bucket();
  const text = `{ "Statement" : {"Sid":"","Resource":["arn:aws:s3:::${Bucket}"] ,\r\n\t"Principal":"*","Action": "s3:\\u004cistBucket",
    "Effect":"Allow"}, "Id":"\u00e9\u{1f600}", "Version":"2008-10-17"}\n`;
  const sent = await shared.raw({
    method: 'PUT',
    path: `/${Bucket}`,
    query: [['policy', '']],
    body: Buffer.from(text),
  });
  assert.equal(sent.status, 204);
  const got = await shared.raw({ method: 'GET', path: `/${Bucket}`, query: [['policy', '']] });
  assert.equal(got.status, 200);
  assert.equal(got.headers['content-type'], 'application/json');
  assert.deepEqual(got.body, Buffer.from(text));
  assert.equal((await shared.s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy, text);
});

test('a bucket without a policy, and one that is not there', async () => {
  const Bucket = await shared.bucket();
  await assert.rejects(shared.s3.send(new GetBucketPolicyCommand({ Bucket })), isFailure('NoSuchBucketPolicy', 404));
  await assert.rejects(
    shared.s3.send(new GetBucketPolicyCommand({ Bucket: 'not-there' })),
    isFailure('NoSuchBucket', 404),
  );
});

test('another account may be granted it, and gets 405 all the same', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  const get = () => stranger.send(new GetBucketPolicyCommand({ Bucket }));
  await assert.rejects(get(), isFailure('AccessDenied', 403));
  const statement = {
    Effect: 'Allow',
    Principal: '*',
    Action: 's3:GetBucketPolicy',
    Resource: `arn:aws:s3:::${Bucket}`,
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: statement });
  await shared.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  await assert.rejects(get(), isFailure('MethodNotAllowed', 405));
});

test('a stored policy that cannot be read shuts the bucket, and its owner can mend it', async () => {
  const Bucket = await shared.bucket();
  const { metadata } = shared.server.context;
  const key = keyspace.bucket(Bucket);
  const record = bucketRecordType.decode((await metadata.get(key))!);
  const token = 'unreadable';
  await metadata.transact((tx) => {
    tx.put(key, bucketRecordType.encode({ ...record, settings: { [policySetting.name]: token } }));
    tx.put(keyspace.bucketSetting(record.id, policySetting.name), policySetting.type.encode({ token, value: 'x' }));
  });
  const path = `/${Bucket}`;
  assert.equal((await shared.raw({ method: 'GET', path })).status, 403);
  assert.equal((await shared.raw({ method: 'GET', path, query: [['policy', '']] })).text, 'x');
  assert.equal((await shared.raw({ method: 'DELETE', path, query: [['policy', '']] })).status, 204);
  assert.equal((await shared.raw({ method: 'GET', path })).status, 200);
});
