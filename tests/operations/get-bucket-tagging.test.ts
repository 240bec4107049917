import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand, GetBucketTaggingCommand, PutBucketTaggingCommand } from '@aws-sdk/client-s3';
import { givePolicy } from './give-policy.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();
const get = (Bucket: string) => new GetBucketTaggingCommand({ Bucket });

test('a bucket without tags has no set', async () => {
  const Bucket = await shared.bucket();
  await assert.rejects(shared.s3.send(get(Bucket)), isFailure('NoSuchTagSet', 404));
  await assert.rejects(shared.s3.send(get('not-there')), isFailure('NoSuchBucket', 404));
});

test('tags come in the order of their keys, as bytes', async () => {
  const Bucket = await shared.bucket();
  const keys = ['z', 'a', '\u{20BB7}', '\uFF22'];
  const Tagging = { TagSet: keys.map((Key) => ({ Key, Value: 'v' })) };
  await shared.s3.send(new PutBucketTaggingCommand({ Bucket, Tagging }));
  const { TagSet } = await shared.s3.send(get(Bucket));
  assert.deepEqual(
    TagSet?.map(({ Key }) => Key),
    ['a', 'z', '\uFF22', '\u{20BB7}'],
  );
});

test('a bucket may be made with tags', async () => {
  const Tags = [{ Key: 'team', Value: 'storage' }];
  const Bucket = 'made-with-tags';
  await shared.s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { Tags } }));
  assert.deepEqual((await shared.s3.send(get(Bucket))).TagSet, Tags);
});

test('a bucket is not made with tags that it may not have', async () => {
  const Tags = [{ Key: 'aws:team', Value: 'storage' }];
  const Bucket = 'not-made-with-tags';
  const create = new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { Tags } });
  await assert.rejects(shared.s3.send(create), isFailure('InvalidTag', 400));
  await assert.rejects(shared.s3.send(get(Bucket)), isFailure('NoSuchBucket', 404));
});

test('another account needs the right', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'a', Value: '1' }] } }));
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(get(Bucket)), isFailure('AccessDenied', 403));
  await givePolicy(shared.server, Bucket, [{ Effect: 'Allow', Action: 's3:GetBucketTagging' }]);
  assert.deepEqual((await stranger.send(get(Bucket))).TagSet, [{ Key: 'a', Value: '1' }]);
});
