import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  type CreateBucketCommandInput,
  DeleteBucketCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer({ region: 'eu-west-1' });
const refused = isFailure('InvalidBucketName', 400);

const create = (Bucket: string, more: Partial<CreateBucketCommandInput> = {}, s3 = shared.s3) =>
  s3.send(new CreateBucketCommand({ Bucket, ...more }));
const own = { BucketNamespace: 'account-regional' } as const;

async function suffix(account = 'root'): Promise<string> {
  const { accountId } = await shared.server.identity.resolveAccount(account);
  return `-${accountId}-eu-west-1-an`;
}

test('a bucket of the account’s own namespace has its account and region in its name', async () => {
  const Bucket = `data${await suffix()}`;
  await create(Bucket, own);
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  const page = await shared.s3.send(new ListBucketsCommand({ BucketRegion: 'eu-west-1', Prefix: 'data-' }));
  assert.deepEqual(
    page.Buckets?.map(({ Name, BucketRegion }) => [Name, BucketRegion]),
    [[Bucket, 'eu-west-1']],
  );
  assert.deepEqual((await shared.s3.send(new ListBucketsCommand({ BucketRegion: 'us-east-1' }))).Buckets ?? [], []);
});

test('names of one namespace are refused in the other', async () => {
  await assert.rejects(create('plain', own), refused);
  await assert.rejects(create(`theirs-123456789012-eu-west-1-an`, own), refused);
  await assert.rejects(create(`elsewhere${(await suffix()).replace('eu-west-1', 'us-east-1')}`, own), refused);
  await assert.rejects(create((await suffix()).slice(1), own), refused);
  await assert.rejects(create(`without${await suffix()}`), refused);
  await assert.rejects(create('ends-with-an'), refused);
  await create('global-name', { BucketNamespace: 'global' });
});

test('no other account gets such a name, not even after the bucket is gone', async () => {
  const Bucket = `once${await suffix()}`;
  const stranger = await shared.server.stranger('namesake');
  await create(Bucket, own);
  await shared.s3.send(new DeleteBucketCommand({ Bucket }));
  await assert.rejects(create(Bucket, own, stranger), refused);
  await assert.rejects(create(Bucket, {}, stranger), refused);
  await create(`once${await suffix('namesake')}`, own, stranger);
});
