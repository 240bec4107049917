import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type Tag,
} from '@aws-sdk/client-s3';
import { givePolicy } from './give-policy.ts';
import { isFailure } from './is-failure.ts';
import { sendAnonymous } from './send-raw.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

interface Target {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId?: string | undefined;
}
const put = (target: Target, ...TagSet: Tag[]) => new PutObjectTaggingCommand({ ...target, Tagging: { TagSet } });
const tagsOf = async (target: Target) => (await shared.s3.send(new GetObjectTaggingCommand(target))).TagSet;
const a = { Key: 'a', Value: '1' };
const b = { Key: 'b', Value: '2' };

test('tags replace those that were there, and change nothing else', async () => {
  const target = { Bucket: await shared.bucket(), Key: 'k' };
  await shared.s3.send(new PutObjectCommand({ ...target, Body: 'x', Metadata: { m: '1' }, Tagging: 'old=1' }));
  const before = await shared.s3.send(new HeadObjectCommand(target));
  const answer = await shared.s3.send(put(target, a, b));
  assert.deepEqual([answer.$metadata.httpStatusCode, answer.VersionId], [200, undefined]);
  assert.deepEqual(await tagsOf(target), [a, b]);
  const after = await shared.s3.send(new HeadObjectCommand(target));
  const { $metadata: _before, TagCount: one, ...same } = before;
  const { $metadata: _after, TagCount: two, ...still } = after;
  assert.deepEqual([one, two], [1, 2]);
  assert.deepEqual(still, same);
});

test('a version is tagged by its id, and the others keep their tags', async () => {
  const target = { Bucket: await shared.bucket('Enabled'), Key: 'k' };
  const first = await shared.s3.send(new PutObjectCommand({ ...target, Body: '1' }));
  const second = await shared.s3.send(new PutObjectCommand({ ...target, Body: '2' }));
  const old = { ...target, VersionId: first.VersionId };
  assert.equal((await shared.s3.send(put(old, a))).VersionId, first.VersionId);
  assert.equal((await shared.s3.send(put(target, b))).VersionId, second.VersionId);
  assert.deepEqual([await tagsOf(old), await tagsOf(target)], [[a], [b]]);
});

test('ten tags are the most, and bad ones leave all as it was', async () => {
  const target = { Bucket: await shared.bucket(), Key: 'k' };
  await shared.s3.send(new PutObjectCommand({ ...target, Body: 'x' }));
  const many = (count: number) => Array.from({ length: count }, (_, at) => ({ Key: `k${at}`, Value: 'v' }));
  await shared.s3.send(put(target, ...many(10)));
  for (const tags of [many(11), [a, a], [{ Key: 'aws:a', Value: '' }], [{ Key: 'a', Value: '<' }]]) {
    await assert.rejects(shared.s3.send(put(target, ...tags)), isFailure('InvalidTag', 400));
  }
  assert.equal((await tagsOf(target))?.length, 10);
});

test('what is not there, and a delete marker, cannot be tagged', async () => {
  const target = { Bucket: await shared.bucket('Enabled'), Key: 'k' };
  await assert.rejects(shared.s3.send(put(target, a)), isFailure('NoSuchKey', 404));
  const { VersionId } = await shared.s3.send(new DeleteObjectCommand(target));
  await assert.rejects(shared.s3.send(put(target, a)), isFailure('MethodNotAllowed', 405));
  await assert.rejects(shared.s3.send(put({ ...target, VersionId }, a)), isFailure('MethodNotAllowed', 405));
  const none = { ...target, VersionId: '0'.repeat(32) };
  await assert.rejects(shared.s3.send(put(none, a)), isFailure('NoSuchVersion', 404));
});

test('nobody else may, and a named version needs a right of its own', async () => {
  const target = { Bucket: await shared.bucket('Enabled'), Key: 'k' };
  const { VersionId } = await shared.s3.send(new PutObjectCommand({ ...target, Body: 'x' }));
  const stranger = await shared.server.stranger('writer');
  await assert.rejects(stranger.send(put(target, a)), isFailure('AccessDenied', 403));
  assert.notEqual((await sendAnonymous(shared.server, 'PUT', `/${target.Bucket}/k?tagging`)).status, 200);
  await givePolicy(shared.server, target.Bucket, [{ Effect: 'Allow', Action: 's3:PutObjectTagging' }]);
  await stranger.send(put(target, a));
  await assert.rejects(stranger.send(put({ ...target, VersionId }, b)), isFailure('AccessDenied', 403));
  await givePolicy(shared.server, target.Bucket, [{ Effect: 'Allow', Action: 's3:PutObjectVersionTagging' }]);
  await stranger.send(put({ ...target, VersionId }, b));
  await assert.rejects(stranger.send(put(target, a)), isFailure('AccessDenied', 403));
  assert.deepEqual(await tagsOf(target), [b]);
});

test('a policy may ask for the tags that the body names, and a header does not stand for them', async () => {
  const target = { Bucket: await shared.bucket(), Key: 'k' };
  await shared.s3.send(new PutObjectCommand({ ...target, Body: 'x' }));
  await givePolicy(shared.server, target.Bucket, [
    {
      Effect: 'Allow',
      Action: 's3:PutObjectTagging',
      Condition: {
        StringEquals: { 's3:RequestObjectTag/a': '1' },
        'ForAllValues:StringEquals': { 's3:RequestObjectTagKeys': ['a', 'b'] },
      },
    },
  ]);
  const { server } = shared;
  await server.identity.createAccount({ name: 'tagger' });
  const credentials = await server.identity.createAccessKey({ account: 'tagger' });
  const send = (headers: Record<string, string>, ...tags: Tag[]) => {
    const xml = tags.map(({ Key, Value }) => `<Tag><Key>${Key}</Key><Value>${Value}</Value></Tag>`).join('');
    const body = Buffer.from(`<Tagging><TagSet>${xml}</TagSet></Tagging>`);
    return shared.raw({
      method: 'PUT',
      path: `/${target.Bucket}/k`,
      query: [['tagging', '']],
      headers,
      body,
      credentials,
    });
  };
  assert.equal((await send({}, a)).status, 200);
  assert.equal((await send({}, a, b)).status, 200);
  assert.equal((await send({}, b)).status, 403);
  assert.equal((await send({}, { Key: 'a', Value: '2' })).status, 403);
  assert.equal((await send({}, a, { Key: 'c', Value: '' })).status, 403);
  assert.equal((await send({ 'x-amz-tagging': 'a=1' }, b)).status, 403);
  assert.deepEqual(await tagsOf(target), [a, b]);
});

test('a denial by tags holds for the owner, too', async () => {
  const target = { Bucket: await shared.bucket(), Key: 'k' };
  await shared.s3.send(new PutObjectCommand({ ...target, Body: 'x' }));
  await givePolicy(shared.server, target.Bucket, [
    {
      Effect: 'Deny',
      Action: 's3:PutObjectTagging',
      Condition: { StringNotEquals: { 's3:RequestObjectTag/a': '1' } },
    },
  ]);
  await shared.s3.send(put(target, a));
  await assert.rejects(shared.s3.send(put(target, b)), isFailure('AccessDenied', 403));
  assert.deepEqual(await tagsOf(target), [a]);
});

test('who may write by an ACL may tag what it writes, and nothing else', async () => {
  const target = { Bucket: 'open-to-writers', Key: 'k' };
  await shared.s3.send(new CreateBucketCommand({ Bucket: target.Bucket, ACL: 'public-read-write' }));
  await shared.s3.send(new PutObjectCommand({ ...target, Body: 'x' }));
  const stranger = await shared.server.stranger('acl-writer');
  await assert.rejects(stranger.send(put(target, a)), isFailure('AccessDenied', 403));
  const mine = { ...target, Key: 'mine' };
  await stranger.send(new PutObjectCommand({ ...mine, Body: 'y', Tagging: 'a=1' }));
  assert.deepEqual(await tagsOf(mine), [a]);
  await assert.rejects(stranger.send(put(mine, b)), isFailure('AccessDenied', 403));
  const closed = { Bucket: await shared.bucket(), Key: 'k' };
  await givePolicy(shared.server, closed.Bucket, [{ Effect: 'Allow', Action: 's3:PutObject' }]);
  const tagged = new PutObjectCommand({ ...closed, Body: 'y', Tagging: 'a=1' });
  await assert.rejects(stranger.send(tagged), isFailure('AccessDenied', 403));
});

test('two changes of one object leave the tags of one of them, whole', async () => {
  const target = { Bucket: await shared.bucket(), Key: 'k' };
  await shared.s3.send(new PutObjectCommand({ ...target, Body: 'x' }));
  const sets = Array.from({ length: 8 }, (_, at) => [
    { Key: 'x', Value: String(at) },
    { Key: 'y', Value: String(at) },
  ]);
  await Promise.all(sets.map((tags) => shared.s3.send(put(target, ...tags))));
  const [x, y] = (await tagsOf(target)) ?? [];
  assert.ok(x?.Value !== undefined && x.Value === y?.Value);
});
