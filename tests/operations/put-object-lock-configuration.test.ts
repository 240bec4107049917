import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  HeadObjectCommand,
  type ObjectLockRule,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();
const day = 24 * 3_600_000;

const put = (Bucket: string, Rule?: ObjectLockRule) =>
  new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule } });

test('a bucket is made with object lock, has versions then, and keeps both', async () => {
  const Bucket = 'made-with-lock';
  await shared.s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  assert.equal((await shared.s3.send(new GetBucketVersioningCommand({ Bucket }))).Status, 'Enabled');
  const { ObjectLockConfiguration } = await shared.s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
  assert.deepEqual(ObjectLockConfiguration, { ObjectLockEnabled: 'Enabled' });
  const suspend = new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } });
  await assert.rejects(shared.s3.send(suspend), isFailure('InvalidBucketState', 409));
  await shared.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  // Made again, it is what it is; made again with what it has not, it is somebody's mistake.
  await shared.s3.send(new CreateBucketCommand({ Bucket }));
  const plain = await shared.bucket();
  const again = new CreateBucketCommand({ Bucket: plain, ObjectLockEnabledForBucket: true });
  await assert.rejects(shared.s3.send(again), isFailure('BucketAlreadyOwnedByYou', 409));
});

test('object lock is turned on where there are versions, and only there', async () => {
  await assert.rejects(shared.s3.send(put(await shared.bucket())), isFailure('InvalidBucketState', 409));
  await assert.rejects(shared.s3.send(put(await shared.bucket('Suspended'))), isFailure('InvalidBucketState', 409));
  await shared.s3.send(put(await shared.bucket('Enabled')));
});

test('new versions get the default retention, unless they bring one; it is changed and taken off again', async () => {
  const Bucket = await shared.bucket('Enabled');
  await shared.s3.send(put(Bucket, { DefaultRetention: { Mode: 'GOVERNANCE', Days: 2 } }));
  const retentionOf = async (Key: string) => {
    const { ObjectLockMode, ObjectLockRetainUntilDate } = await shared.s3.send(new HeadObjectCommand({ Bucket, Key }));
    return { mode: ObjectLockMode, until: ObjectLockRetainUntilDate?.getTime() };
  };
  const before = Date.now();
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'default', Body: 'x' }));
  const { mode, until } = await retentionOf('default');
  assert.equal(mode, 'GOVERNANCE');
  assert.ok(until! >= before + 2 * day && until! <= Date.now() + 2 * day);
  const own = { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: new Date(Date.now() + day) } as const;
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'own', Body: 'x', ...own }));
  assert.deepEqual(await retentionOf('own'), { mode: 'COMPLIANCE', until: own.ObjectLockRetainUntilDate.getTime() });
  await shared.s3.send(put(Bucket, { DefaultRetention: { Mode: 'COMPLIANCE', Years: 1 } }));
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'years', Body: 'x' }));
  assert.equal((await retentionOf('years')).mode, 'COMPLIANCE');
  await shared.s3.send(put(Bucket));
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'none', Body: 'x' }));
  assert.deepEqual(await retentionOf('none'), { mode: undefined, until: undefined });
});

test('what is no configuration is refused', async () => {
  const Bucket = await shared.bucket('Enabled');
  const send = async (rule: string, state = 'Enabled') => {
    const body = `<ObjectLockConfiguration><ObjectLockEnabled>${state}</ObjectLockEnabled>${rule}</ObjectLockConfiguration>`;
    const { status, text } = await shared.raw({
      method: 'PUT',
      path: `/${Bucket}`,
      query: [['object-lock', '']],
      body: Buffer.from(body),
    });
    return [status, /<Code>([^<]+)/.exec(text)?.[1]];
  };
  const rule = (inside: string) => `<Rule><DefaultRetention>${inside}</DefaultRetention></Rule>`;
  for (const malformed of [
    '<Rule/>',
    rule(''),
    rule('<Mode>GOVERNANCE</Mode>'),
    rule('<Days>1</Days>'),
    rule('<Mode>governance</Mode><Days>1</Days>'),
    rule('<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>'),
    rule('<Mode>GOVERNANCE</Mode><Days>one</Days>'),
  ]) {
    assert.deepEqual(await send(malformed), [400, 'MalformedXML'], malformed);
  }
  assert.deepEqual(await send('', 'Disabled'), [400, 'MalformedXML']);
  for (const period of ['<Days>0</Days>', '<Days>-1</Days>', '<Days>36501</Days>', '<Years>101</Years>']) {
    assert.deepEqual(await send(rule(`<Mode>GOVERNANCE</Mode>${period}`)), [400, 'InvalidRetentionPeriod'], period);
  }
  await assert.rejects(
    shared.s3.send(new GetObjectLockConfigurationCommand({ Bucket })),
    isFailure('ObjectLockConfigurationNotFoundError', 404),
  );
});
