import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { givePolicy } from './give-policy.ts';
import { isFailure } from './is-failure.ts';
import { inDays, type LockedVersion, lockedBucket, lockedVersion, retainedFor } from './locked-bucket.ts';
import { sendSignedForm } from './send-form.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

type Mode = 'GOVERNANCE' | 'COMPLIANCE';
const retain = (target: Partial<LockedVersion> & { Bucket: string; Key: string }, Mode: Mode, until: Date) =>
  new PutObjectRetentionCommand({ ...target, Retention: { Mode, RetainUntilDate: until } });
const lift = (target: LockedVersion, BypassGovernanceRetention = false) =>
  new PutObjectRetentionCommand({ ...target, Retention: {}, BypassGovernanceRetention });
const remove = (target: LockedVersion, BypassGovernanceRetention = false) =>
  new DeleteObjectCommand({ ...target, BypassGovernanceRetention });
const retentionOf = async (target: LockedVersion) =>
  (await shared.s3.send(new GetObjectRetentionCommand(target))).Retention;

test('a retained version stays, the others go, and markers hide it', async () => {
  const target = await lockedVersion(shared);
  const { Bucket, Key } = target;
  const second = await shared.s3.send(new PutObjectCommand({ Bucket, Key, Body: '2' }));
  const answer = await shared.s3.send(retain(target, 'COMPLIANCE', inDays(1)));
  assert.equal(answer.$metadata.httpStatusCode, 200);
  for (const bypass of [false, true]) {
    await assert.rejects(shared.s3.send(remove(target, bypass)), isFailure('AccessDenied', 403));
  }
  await shared.s3.send(remove({ ...target, VersionId: second.VersionId! }));
  const marker = await shared.s3.send(new DeleteObjectCommand({ Bucket, Key }));
  assert.equal(marker.DeleteMarker, true);
  await assert.rejects(shared.s3.send(remove(target)), isFailure('AccessDenied', 403));
  await shared.s3.send(remove({ ...target, VersionId: marker.VersionId! }));
  const { ObjectLockMode } = await shared.s3.send(new HeadObjectCommand({ Bucket, Key }));
  assert.equal(ObjectLockMode, 'COMPLIANCE');
});

test('a retention is made longer by anybody, and shorter only past GOVERNANCE', async () => {
  const target = await lockedVersion(shared, retainedFor('GOVERNANCE', 2));
  await shared.s3.send(retain(target, 'GOVERNANCE', inDays(3)));
  for (const change of [
    retain(target, 'GOVERNANCE', inDays(1)),
    retain(target, 'COMPLIANCE', inDays(5)),
    lift(target),
  ]) {
    await assert.rejects(shared.s3.send(change), isFailure('AccessDenied', 403));
  }
  const bypass = { BypassGovernanceRetention: true };
  await shared.s3.send(new PutObjectRetentionCommand({ ...retain(target, 'GOVERNANCE', inDays(1)).input, ...bypass }));
  assert.deepEqual(await retentionOf(target), { Mode: 'GOVERNANCE', RetainUntilDate: inDays(1) });
  await shared.s3.send(lift(target, true));
  await assert.rejects(retentionOf(target), isFailure('NoSuchObjectLockConfiguration', 404));
  await shared.s3.send(retain(target, 'COMPLIANCE', inDays(2)));
  await shared.s3.send(retain(target, 'COMPLIANCE', inDays(3)));
  for (const change of [
    retain(target, 'COMPLIANCE', inDays(1)),
    retain(target, 'GOVERNANCE', inDays(9)),
    lift(target),
  ]) {
    const forced = new PutObjectRetentionCommand({ ...change.input, ...bypass });
    await assert.rejects(shared.s3.send(forced), isFailure('AccessDenied', 403));
  }
  assert.deepEqual(await retentionOf(target), { Mode: 'COMPLIANCE', RetainUntilDate: inDays(3) });
});

const copyLock = { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: inDays(1) } as const;

test('what every way to write says of the lock holds, and copies take none with them', async () => {
  const source = await lockedVersion(shared, { ...retainedFor('COMPLIANCE', 1), ObjectLockLegalHoldStatus: 'ON' });
  const { Bucket } = source;
  const head = async (Key: string) => {
    const { ObjectLockMode, ObjectLockLegalHoldStatus } = await shared.s3.send(new HeadObjectCommand({ Bucket, Key }));
    return [ObjectLockMode, ObjectLockLegalHoldStatus];
  };
  const from = { CopySource: `${Bucket}/k` };
  await shared.s3.send(new CopyObjectCommand({ Bucket, Key: 'plain', ...from }));
  await shared.s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', ...from, ...copyLock }));
  const upload = await shared.s3.send(
    new CreateMultipartUploadCommand({ Bucket, Key: 'parts', ...copyLock, ObjectLockLegalHoldStatus: 'OFF' }),
  );
  const named = { Bucket, Key: 'parts', UploadId: upload.UploadId };
  const { ETag } = await shared.s3.send(new UploadPartCommand({ ...named, PartNumber: 1, Body: 'x' }));
  await shared.s3.send(
    new CompleteMultipartUploadCommand({ ...named, MultipartUpload: { Parts: [{ ETag, PartNumber: 1 }] } }),
  );
  assert.deepEqual(await head('k'), ['COMPLIANCE', 'ON']);
  assert.deepEqual(await head('plain'), [undefined, undefined]);
  assert.deepEqual(await head('copy'), ['GOVERNANCE', undefined]);
  assert.deepEqual(await head('parts'), ['GOVERNANCE', 'OFF']);
});

test('locks that nobody could keep are refused', async () => {
  const Bucket = await lockedBucket(shared);
  const until = inDays(1).toISOString();
  const put = async (headers: Record<string, string>, bucket = Bucket) => {
    const { status, text } = await shared.raw({
      method: 'PUT',
      path: `/${bucket}/k`,
      headers: { 'content-md5': 'ndTkYSaMgDT1yFZOFVxnpg==', ...headers },
      body: Buffer.from('x'),
    });
    return [status, /<Code>([^<]+)/.exec(text)?.[1]];
  };
  const lock = { 'x-amz-object-lock-mode': 'GOVERNANCE', 'x-amz-object-lock-retain-until-date': until };
  assert.deepEqual(await put({ 'x-amz-object-lock-mode': 'GOVERNANCE' }), [400, 'InvalidArgument']);
  assert.deepEqual(await put({ 'x-amz-object-lock-retain-until-date': until }), [400, 'InvalidArgument']);
  assert.deepEqual(await put({ ...lock, 'x-amz-object-lock-mode': 'governance' }), [400, 'InvalidArgument']);
  assert.deepEqual(await put({ ...lock, 'x-amz-object-lock-retain-until-date': 'soon' }), [400, 'InvalidArgument']);
  assert.deepEqual(await put({ ...lock, 'x-amz-object-lock-retain-until-date': '2020-01-01T00:00:00Z' }), [
    400,
    'InvalidArgument',
  ]);
  assert.deepEqual(await put({ 'x-amz-object-lock-legal-hold': 'on' }), [400, 'InvalidArgument']);
  const unsure = await shared.raw({ method: 'PUT', path: `/${Bucket}/k`, headers: lock, body: Buffer.from('x') });
  assert.match(unsure.text, /<Code>InvalidRequest</);
  const plain = await shared.bucket('Enabled');
  assert.deepEqual(await put(lock, plain), [400, 'InvalidRequest']);
  assert.deepEqual(await put({ 'x-amz-object-lock-legal-hold': 'OFF' }, plain), [400, 'InvalidRequest']);
});

test('retentions need a bucket with object lock, a version, and an end in the future', async () => {
  const target = await lockedVersion(shared);
  await assert.rejects(shared.s3.send(retain(target, 'GOVERNANCE', inDays(-1))), isFailure('InvalidArgument', 400));
  const missing = { Bucket: target.Bucket, Key: 'none' };
  await assert.rejects(shared.s3.send(retain(missing, 'GOVERNANCE', inDays(1))), isFailure('NoSuchKey', 404));
  const plain = { Bucket: await shared.bucket('Enabled'), Key: 'k' };
  await shared.s3.send(new PutObjectCommand({ ...plain, Body: 'x' }));
  await assert.rejects(shared.s3.send(retain(plain, 'GOVERNANCE', inDays(1))), isFailure('InvalidRequest', 400));
  const send = async (inside: string) => {
    const { status, text } = await shared.raw({
      method: 'PUT',
      path: `/${target.Bucket}/k`,
      query: [['retention', '']],
      body: Buffer.from(`<Retention>${inside}</Retention>`),
    });
    return [status, /<Code>([^<]+)/.exec(text)?.[1]];
  };
  assert.deepEqual(await send('<Mode>GOVERNANCE</Mode>'), [400, 'MalformedXML']);
  assert.deepEqual(await send('<RetainUntilDate>2090-01-01T00:00:00Z</RetainUntilDate>'), [400, 'MalformedXML']);
  assert.deepEqual(await send('<Mode>GOVERNANCE</Mode><RetainUntilDate>2090-02-30T00:00:00Z</RetainUntilDate>'), [
    400,
    'MalformedXML',
  ]);
});

test('a policy may bound the retention that the body asks for, and headers say nothing of it', async () => {
  const target = await lockedVersion(shared);
  await givePolicy(shared.server, target.Bucket, [
    {
      Effect: 'Deny',
      Action: ['s3:PutObjectRetention'],
      Condition: { NumericGreaterThan: { 's3:object-lock-remaining-retention-days': '10' } },
    },
    {
      Effect: 'Deny',
      Action: ['s3:PutObjectRetention'],
      Condition: { StringEquals: { 's3:object-lock-mode': 'COMPLIANCE' } },
    },
  ]);
  await assert.rejects(shared.s3.send(retain(target, 'GOVERNANCE', inDays(11))), isFailure('AccessDenied', 403));
  await assert.rejects(shared.s3.send(retain(target, 'COMPLIANCE', inDays(2))), isFailure('AccessDenied', 403));
  const put = new PutObjectCommand({ Bucket: target.Bucket, Key: 'k2', Body: 'x', ...retainedFor('GOVERNANCE', 11) });
  await assert.rejects(shared.s3.send(put), isFailure('AccessDenied', 403));
  await shared.s3.send(retain(target, 'GOVERNANCE', inDays(9)));
  const body = `<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>${inDays(20).toISOString()}</RetainUntilDate></Retention>`;
  const { status } = await shared.raw({
    method: 'PUT',
    path: `/${target.Bucket}/k`,
    query: [['retention', '']],
    headers: { 'x-amz-object-lock-retain-until-date': inDays(1).toISOString() },
    body: Buffer.from(body),
  });
  assert.equal(status, 403);
});

test("a browser's form locks what it uploads, as far as its policy says so", async () => {
  const bucket = await lockedBucket(shared);
  const fields = [
    ['key', 'k'],
    ['x-amz-object-lock-mode', 'COMPLIANCE'],
    ['x-amz-object-lock-retain-until-date', inDays(1).toISOString()],
    ['x-amz-object-lock-legal-hold', 'ON'],
  ] as const;
  const sent = await sendSignedForm(shared.server, { bucket, fields });
  assert.equal(sent.status, 204, sent.text);
  const head = await shared.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'k' }));
  assert.deepEqual([head.ObjectLockMode, head.ObjectLockLegalHoldStatus], ['COMPLIANCE', 'ON']);
  assert.deepEqual(head.ObjectLockRetainUntilDate, inDays(1));
  const { VersionId } = head;
  await assert.rejects(
    shared.s3.send(remove({ Bucket: bucket, Key: 'k', VersionId: VersionId! }, true)),
    isFailure('AccessDenied', 403),
  );
  const plain = await sendSignedForm(shared.server, { bucket: await shared.bucket(), fields });
  assert.deepEqual([plain.status, /<Code>([^<]+)/.exec(plain.text)?.[1]], [400, 'InvalidRequest']);
});
