import assert from 'node:assert/strict';
import { test } from 'node:test';
import { s3ActionNamed, s3Actions, s3ActionsMatching } from './s3-actions.ts';

test('no action is listed twice', () => {
  assert.equal(new Set(s3Actions.map(({ name }) => name.toLowerCase())).size, s3Actions.length);
});

test('actions are found by name and by pattern, whatever the case', () => {
  assert.deepEqual(s3ActionNamed('S3:getobject')?.resources, ['object', 'access-point-object']);
  assert.deepEqual(s3ActionNamed('s3:ListBucket')?.resources, ['bucket', 'access-point']);
  assert.deepEqual(s3ActionNamed('s3:ListAllMyBuckets')?.resources, []);
  assert.equal(s3ActionNamed('s3:ListBuckets'), undefined);
  assert.equal(s3ActionsMatching('s3:*').length, s3Actions.length);
  assert.equal(s3ActionsMatching('*').length, s3Actions.length);
  assert.deepEqual(
    s3ActionsMatching('s3:???Object').map(({ name }) => name),
    ['s3:GetObject', 's3:PutObject'],
  );
  assert.deepEqual(s3ActionsMatching('s3:nothing*'), []);
});
