import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { CreateBucketCommand, GetObjectCommand, PutBucketAclCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { accountBlock, sendAccountBlock } from './account-public-access-block.ts';
import { bytesOf } from './bytes-of.ts';
import { isFailure } from './is-failure.ts';
import { sendAnonymous } from './send-raw.ts';
import { sharedServer } from './shared-server.ts';
import { type TwoAccounts, twoAccounts } from './two-accounts.ts';

const shared = sharedServer({ domains: ['s3.example.com'] });
let accounts: TwoAccounts;
beforeEach(async () => {
  accounts = await twoAccounts(shared);
  const { accountId } = accounts.owner;
  assert.equal((await sendAccountBlock(shared, 'DELETE', { account: accountId })).status, 200);
});

const put = (...on: string[]) =>
  sendAccountBlock(shared, 'PUT', { account: accounts.owner.accountId, body: accountBlock(...on) });

test('a switch of the account counts for all its buckets, and for no others', async () => {
  const { s3, server } = shared;
  const Bucket = await shared.bucket();
  await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read' }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v', ACL: 'public-read' }));
  await accounts.stranger.send(new CreateBucketCommand({ Bucket: 'of-other', ACL: 'public-read' }));
  const statuses = async () => [
    (await sendAnonymous(server, 'GET', `/${Bucket}`)).status,
    (await sendAnonymous(server, 'GET', `/${Bucket}/k`)).status,
    (await sendAnonymous(server, 'GET', '/of-other')).status,
  ];
  assert.deepEqual(await statuses(), [200, 200, 200]);
  assert.equal((await put('IgnorePublicAcls')).status, 200);
  assert.deepEqual(await statuses(), [403, 403, 200]);
  assert.equal((await put('BlockPublicAcls')).status, 200);
  assert.deepEqual(await statuses(), [200, 200, 200]);
  const denied = isFailure('AccessDenied', 403);
  await assert.rejects(s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read' })), denied);
  await assert.rejects(s3.send(new CreateBucketCommand({ Bucket: 'never-public', ACL: 'public-read' })), denied);
  await assert.rejects(s3.send(new PutObjectCommand({ Bucket, Key: 'k2', Body: 'v', ACL: 'public-read' })), denied);
  await accounts.stranger.send(new PutBucketAclCommand({ Bucket: 'of-other', ACL: 'public-read-write' }));
});

test('nobody sets it for another account, or without signing', async () => {
  const body = accountBlock();
  const { other, owner, keys } = accounts;
  for (const account of [other.accountId, '000000000000', '']) {
    const answer = await sendAccountBlock(shared, 'PUT', { account, body });
    assert.deepEqual([answer.status, /<Code>AccessDenied</.test(answer.text)], [403, true], account);
  }
  assert.equal(
    (await sendAccountBlock(shared, 'PUT', { account: owner.accountId, body, credentials: keys })).status,
    403,
  );
  assert.equal(
    (await sendAccountBlock(shared, 'PUT', { account: other.accountId, body, credentials: keys })).status,
    200,
  );
  assert.equal((await sendAccountBlock(shared, 'GET', { account: owner.accountId })).status, 404);
});

test('the host may name the account, as SDKs have it', async () => {
  const { accountId } = accounts.owner;
  for (const host of [`${accountId}.s3.example.com`, `${accountId}.s3-control.example.com`]) {
    const body = accountBlock('BlockPublicPolicy');
    assert.equal((await sendAccountBlock(shared, 'PUT', { account: accountId, body, host })).status, 200, host);
  }
});

test('a bucket with the name of S3 Control’s version is a bucket, as long as no header names an account', async () => {
  const Bucket = 'v20180820';
  const Key = 'configuration/publicAccessBlock';
  await shared.s3.send(new CreateBucketCommand({ Bucket }));
  await shared.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'an object' }));
  assert.equal((await put('BlockPublicPolicy')).status, 200);
  assert.equal((await bytesOf(await shared.s3.send(new GetObjectCommand({ Bucket, Key })))).toString(), 'an object');
});

test('what else S3 Control does is not implemented, and touches no bucket', async () => {
  const Bucket = 'v20180820';
  await shared.s3.send(new CreateBucketCommand({ Bucket }));
  for (const path of ['/v20180820/accesspoint/name', '/v20180820/', '/v20180820/configuration/publicAccessBlock/']) {
    const answer = await sendAccountBlock(shared, 'PUT', { account: accounts.owner.accountId, path });
    assert.deepEqual([answer.status, /<Code>NotImplemented</.test(answer.text)], [501, true], path);
  }
});

test('a document that is none is refused', async () => {
  const { accountId } = accounts.owner;
  const body = Buffer.from('<PublicAccessBlockConfiguration><Other>true</Other></PublicAccessBlockConfiguration>');
  const answer = await sendAccountBlock(shared, 'PUT', { account: accountId, body });
  assert.match(answer.text, /<Code>MalformedXML</);
});
