import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetObjectTaggingCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { givePolicy } from './give-policy.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

interface Target {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId?: string | undefined;
}
const remove = (target: Target) => new DeleteObjectTaggingCommand(target);
const tagsOf = async (target: Target) => (await shared.s3.send(new GetObjectTaggingCommand(target))).TagSet;
const putTagged = (target: Target) =>
  shared.s3.send(new PutObjectCommand({ ...target, Body: 'x', Tagging: 'a=1&b=2' }));

test('tags go, of the version that is named, and may be gone already', async () => {
  const target = { Bucket: await shared.bucket('Enabled'), Key: 'k' };
  const first = await putTagged(target);
  const second = await putTagged(target);
  const old = { ...target, VersionId: first.VersionId };
  for (let round = 0; round < 2; round++) {
    const answer = await shared.s3.send(remove(old));
    assert.deepEqual([answer.$metadata.httpStatusCode, answer.VersionId], [204, first.VersionId]);
  }
  assert.deepEqual([(await tagsOf(old))?.length, (await tagsOf(target))?.length], [0, 2]);
  assert.equal((await shared.s3.send(remove(target))).VersionId, second.VersionId);
  assert.deepEqual(await tagsOf(target), []);
});

test('what is not there, and a delete marker, has no tags to lose', async () => {
  const target = { Bucket: await shared.bucket('Enabled'), Key: 'k' };
  await assert.rejects(shared.s3.send(remove(target)), isFailure('NoSuchKey', 404));
  const { VersionId } = await shared.s3.send(new DeleteObjectCommand(target));
  await assert.rejects(shared.s3.send(remove(target)), isFailure('MethodNotAllowed', 405));
  await assert.rejects(shared.s3.send(remove({ ...target, VersionId })), isFailure('MethodNotAllowed', 405));
});

test('others need the right, and a named version one of its own', async () => {
  const target = { Bucket: await shared.bucket('Enabled'), Key: 'k' };
  const { VersionId } = await putTagged(target);
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(remove(target)), isFailure('AccessDenied', 403));
  await givePolicy(shared.server, target.Bucket, [{ Effect: 'Allow', Action: 's3:DeleteObjectTagging' }]);
  await assert.rejects(stranger.send(remove({ ...target, VersionId })), isFailure('AccessDenied', 403));
  assert.equal((await tagsOf(target))?.length, 2);
  await stranger.send(remove(target));
  assert.deepEqual(await tagsOf(target), []);
});
