import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  GetBucketVersioningCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { bytesOf } from './bytes-of.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

const setStatus = (Bucket: string, Status: 'Enabled' | 'Suspended') =>
  shared.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));

test('what was written before versioning becomes the null version', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const before = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'before' }));
  assert.equal(before.VersionId, undefined);
  await setStatus(Bucket, 'Enabled');
  const after = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'after' }));
  assert.match(after.VersionId ?? '', /^[0-9a-f]{32}$/);
  const old = await s3.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId: 'null' }));
  assert.equal(old.VersionId, 'null');
  assert.equal((await bytesOf(old)).toString(), 'before');
});

test('a suspended bucket writes null versions and keeps the others', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket('Enabled');
  const kept = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'kept' }));
  await setStatus(Bucket, 'Suspended');
  for (const body of ['first', 'second']) {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: body }));
  }
  const { Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  assert.deepEqual(
    Versions?.map(({ VersionId }) => VersionId),
    ['null', kept.VersionId],
  );
  const current = await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.equal((await bytesOf(current)).toString(), 'second');
  const old = await s3.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId: kept.VersionId }));
  assert.equal((await bytesOf(old)).toString(), 'kept');
});

test('the status may be changed back and forth', async () => {
  const Bucket = await shared.bucket();
  for (const status of ['Suspended', 'Enabled', 'Enabled', 'Suspended'] as const) {
    await setStatus(Bucket, status);
    assert.equal((await shared.s3.send(new GetBucketVersioningCommand({ Bucket }))).Status, status);
  }
});

test('a document without a status, with another one or with MFA delete is refused', async () => {
  const Bucket = await shared.bucket();
  const put = (inner: string) =>
    shared.raw({
      method: 'PUT',
      path: `/${Bucket}`,
      query: [['versioning', '']],
      body: Buffer.from(`<VersioningConfiguration>${inner}</VersioningConfiguration>`),
    });
  assert.match((await put('')).text, /<Code>IllegalVersioningConfigurationException</);
  assert.match((await put('<Status>enabled</Status>')).text, /<Code>MalformedXML</);
  assert.match((await put('<Status>Enabled</Status><Status>Enabled</Status>')).text, /<Code>MalformedXML</);
  assert.equal((await put('<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>')).status, 501);
  assert.equal((await shared.s3.send(new GetBucketVersioningCommand({ Bucket }))).Status, undefined);
});

test('only the owner sets versioning', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  await assert.rejects(
    stranger.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } })),
    isFailure('AccessDenied', 403),
  );
});
