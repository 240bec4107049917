import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { givePolicy } from './give-policy.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();
const everybodyMay = (...Action: string[]) => ({ Effect: 'Allow', Action }) as const;

interface Target {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId?: string | undefined;
}
const get = (target: Target) => new GetObjectTaggingCommand(target);
const putTagged = (target: Target, Tagging: string) =>
  shared.s3.send(new PutObjectCommand({ ...target, Body: 'x', Tagging }));

test('tags come in the order of their keys; none are an empty set', async () => {
  const target = { Bucket: await shared.bucket(), Key: 'k' };
  await putTagged(target, 'foo=bar&bar&b%20c=%3D');
  assert.deepEqual((await shared.s3.send(get(target))).TagSet, [
    { Key: 'b c', Value: '=' },
    { Key: 'bar', Value: '' },
    { Key: 'foo', Value: 'bar' },
  ]);
  await putTagged(target, '');
  assert.deepEqual((await shared.s3.send(get(target))).TagSet, []);
});

test('a version is named in the answer', async () => {
  const target = { Bucket: await shared.bucket('Enabled'), Key: 'k' };
  const first = await putTagged(target, 'v=1');
  const second = await putTagged(target, 'v=2');
  const current = await shared.s3.send(get(target));
  assert.deepEqual([current.VersionId, current.TagSet?.[0]?.Value], [second.VersionId, '2']);
  const old = await shared.s3.send(get({ ...target, VersionId: first.VersionId }));
  assert.deepEqual([old.VersionId, old.TagSet?.[0]?.Value], [first.VersionId, '1']);
});

test('a missing key is missing, and a delete marker has no tags', async () => {
  const target = { Bucket: await shared.bucket('Enabled'), Key: 'k' };
  await assert.rejects(shared.s3.send(get(target)), isFailure('NoSuchKey', 404));
  const { VersionId } = await shared.s3.send(new DeleteObjectCommand(target));
  await assert.rejects(shared.s3.send(get(target)), isFailure('MethodNotAllowed', 405));
  await assert.rejects(shared.s3.send(get({ ...target, VersionId })), isFailure('MethodNotAllowed', 405));
});

test('others need the right, which differs for a named version, and learn of no key', async () => {
  const target = { Bucket: await shared.bucket('Enabled'), Key: 'k' };
  const { VersionId } = await putTagged(target, 'a=1');
  const stranger = await shared.server.stranger('reader');
  await assert.rejects(stranger.send(get(target)), isFailure('AccessDenied', 403));
  await givePolicy(shared.server, target.Bucket, [everybodyMay('s3:GetObjectTagging')]);
  assert.equal((await stranger.send(get(target))).TagSet?.length, 1);
  await assert.rejects(stranger.send(get({ ...target, VersionId })), isFailure('AccessDenied', 403));
  await assert.rejects(stranger.send(get({ ...target, Key: 'none' })), isFailure('AccessDenied', 403));
});

test('the number of tags is told to those who may read them', async () => {
  const target = { Bucket: await shared.bucket(), Key: 'k' };
  await putTagged(target, 'a=1&b=2');
  const stranger = await shared.server.stranger('counter');
  const counts = async () => {
    const got = await stranger.send(new GetObjectCommand(target));
    await got.Body?.transformToByteArray();
    return [got.TagCount, (await stranger.send(new HeadObjectCommand(target))).TagCount];
  };
  await givePolicy(shared.server, target.Bucket, [everybodyMay('s3:GetObject')]);
  assert.deepEqual(await counts(), [undefined, undefined]);
  await givePolicy(shared.server, target.Bucket, [everybodyMay('s3:GetObject', 's3:GetObjectTagging')]);
  assert.deepEqual(await counts(), [2, 2]);
});

test('a policy may ask for the tags of the object, of each version its own', async () => {
  const target = { Bucket: await shared.bucket('Enabled'), Key: 'k' };
  const secret = await putTagged(target, 'security=secret');
  await putTagged(target, 'security=public');
  await putTagged({ ...target, Key: 'untagged' }, '');
  const Condition = { StringEquals: { 's3:ExistingObjectTag/security': 'public' } };
  const Action = ['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectTagging', 's3:GetObjectVersionTagging'];
  await givePolicy(shared.server, target.Bucket, [{ Effect: 'Allow', Action, Condition }]);
  const stranger = await shared.server.stranger('public-reader');
  assert.equal((await stranger.send(get(target))).TagSet?.[0]?.Value, 'public');
  await stranger.send(new HeadObjectCommand(target));
  const old = { ...target, VersionId: secret.VersionId };
  for (const hidden of [old, { ...target, Key: 'untagged' }, { ...target, Key: 'none' }]) {
    await assert.rejects(stranger.send(get(hidden)), isFailure('AccessDenied', 403));
    await assert.rejects(stranger.send(new GetObjectCommand(hidden)), isFailure('AccessDenied', 403));
  }
});

test('who copies tags reads them and writes them', async () => {
  const target = { Bucket: await shared.bucket(), Key: 'k' };
  await putTagged(target, 'a=1');
  const copyist = await shared.server.stranger('copyist');
  const copy = (more: object = {}) =>
    copyist.send(
      new CopyObjectCommand({ Bucket: target.Bucket, Key: 'copy', CopySource: `${target.Bucket}/k`, ...more }),
    );
  const rights = ['s3:GetObject', 's3:PutObject', 's3:PutObjectTagging', 's3:GetObjectTagging'];
  for (const missing of ['s3:PutObjectTagging', 's3:GetObjectTagging']) {
    await givePolicy(shared.server, target.Bucket, [everybodyMay(...rights.filter((right) => right !== missing))]);
    await assert.rejects(copy(), isFailure('AccessDenied', 403));
  }
  await givePolicy(shared.server, target.Bucket, [everybodyMay('s3:GetObject', 's3:PutObject')]);
  await copy({ TaggingDirective: 'REPLACE' });
  await assert.rejects(copy({ TaggingDirective: 'REPLACE', Tagging: 'b=2' }), isFailure('AccessDenied', 403));
  await givePolicy(shared.server, target.Bucket, [everybodyMay(...rights)]);
  await copy();
  assert.equal((await shared.s3.send(get({ ...target, Key: 'copy' }))).TagSet?.[0]?.Key, 'a');
});

test('a header that a copy does not obey does not count as its tags', async () => {
  const target = { Bucket: await shared.bucket(), Key: 'k' };
  await putTagged(target, '');
  const copyist = await shared.server.stranger('tag-copyist');
  await givePolicy(shared.server, target.Bucket, [
    everybodyMay('s3:GetObject', 's3:PutObjectTagging'),
    { Effect: 'Allow', Action: 's3:PutObject', Condition: { StringEquals: { 's3:RequestObjectTag/a': '1' } } },
  ]);
  const copy = (TaggingDirective: 'COPY' | 'REPLACE') =>
    copyist.send(
      new CopyObjectCommand({
        Bucket: target.Bucket,
        Key: 'copy',
        CopySource: `${target.Bucket}/k`,
        TaggingDirective,
        Tagging: 'a=1',
      }),
    );
  await assert.rejects(copy('COPY'), isFailure('AccessDenied', 403));
  await copy('REPLACE');
});
