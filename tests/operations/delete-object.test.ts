import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { bytesOf } from './bytes-of.ts';
import { isFailure } from './is-failure.ts';
import { sendAnonymous } from './send-raw.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();
const put = (Bucket: string, Body: string) => shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body }));
const read = async (Bucket: string, VersionId?: string) =>
  (await bytesOf(await shared.s3.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId })))).toString();

test('where versioning was never on, the object is gone', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  await put(Bucket, 'v');
  const deleted = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  assert.equal(deleted.$metadata.httpStatusCode, 204);
  assert.equal(deleted.DeleteMarker, undefined);
  assert.equal(deleted.VersionId, undefined);
  await assert.rejects(read(Bucket), isFailure('NoSuchKey', 404));
});

test('deleting what is not there succeeds', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(new DeleteObjectCommand({ Bucket, Key: 'none' }));
  await shared.s3.send(new DeleteObjectCommand({ Bucket, Key: 'none', VersionId: 'f'.repeat(32) }));
});

test('where versioning is on, a marker hides the versions, and deleting the marker shows them again', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket('Enabled');
  const { VersionId: kept } = await put(Bucket, 'kept');
  const marker = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  assert.equal(marker.DeleteMarker, true);
  assert.notEqual(marker.VersionId, kept);
  await assert.rejects(read(Bucket), isFailure('NoSuchKey', 404));
  assert.equal(await read(Bucket, kept), 'kept');
  const undone = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: marker.VersionId }));
  assert.equal(undone.DeleteMarker, true);
  assert.equal(undone.VersionId, marker.VersionId);
  assert.equal(await read(Bucket), 'kept');
});

test('deleting the newest version makes the one before it the newest', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket('Enabled');
  const ids: (string | undefined)[] = [];
  for (const body of ['one', 'two', 'three']) ids.push((await put(Bucket, body)).VersionId);
  const deleted = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: ids[2] }));
  assert.equal(deleted.VersionId, ids[2]);
  assert.equal(deleted.DeleteMarker, undefined);
  assert.equal(await read(Bucket), 'two');
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: ids[0] }));
  assert.equal(await read(Bucket), 'two');
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: ids[1] }));
  const { Versions, DeleteMarkers } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  assert.deepEqual([Versions, DeleteMarkers], [undefined, undefined]);
});

test('a suspended bucket’s marker replaces its null version and no other', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket('Enabled');
  const { VersionId: kept } = await put(Bucket, 'kept');
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }));
  await put(Bucket, 'null version');
  for (let round = 0; round < 2; round++) {
    const marker = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    assert.deepEqual([marker.DeleteMarker, marker.VersionId], [true, 'null']);
  }
  const { Versions, DeleteMarkers } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  assert.deepEqual(
    Versions?.map(({ VersionId }) => VersionId),
    [kept],
  );
  assert.deepEqual(
    DeleteMarkers?.map(({ VersionId }) => VersionId),
    ['null'],
  );
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: 'null' }));
  assert.equal(await read(Bucket), 'kept');
});

test('a deletion may demand an ETag, a time and a size', async () => {
  const Bucket = await shared.bucket();
  const path = `/${Bucket}/k`;
  const { ETag = '' } = await put(Bucket, 'value');
  const { LastModified } = await shared.s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
  const time = LastModified!.toUTCString();
  const remove = async (headers: Record<string, string>) =>
    (await shared.raw({ method: 'DELETE', path, headers })).status;
  assert.equal(await remove({ 'if-match': '"other"' }), 412);
  assert.equal(await remove({ 'x-amz-if-match-size': '4' }), 412);
  assert.equal(await remove({ 'x-amz-if-match-last-modified-time': 'Thu, 01 Jan 1998 00:00:00 GMT' }), 412);
  assert.equal(await remove({ 'if-match': ETag, 'x-amz-if-match-size': '6' }), 412);
  assert.equal(await remove({ 'x-amz-if-match-size': 'many' }), 400);
  assert.equal(await read(Bucket), 'value');
  const all = { 'if-match': ETag, 'x-amz-if-match-size': '5', 'x-amz-if-match-last-modified-time': time };
  assert.equal(await remove(all), 204);
  await put(Bucket, 'value');
  assert.equal(await remove({ 'if-match': '*' }), 204);
});

test('whatever a deletion demands of what is not there, it succeeds and makes no marker', async () => {
  const { s3 } = shared;
  for (const versioning of [undefined, 'Enabled', 'Suspended'] as const) {
    const Bucket = await shared.bucket(versioning);
    for (const headers of [
      { 'if-match': '*' },
      { 'if-match': '"other"' },
      { 'x-amz-if-match-size': '4' },
      { 'x-amz-if-match-last-modified-time': 'Thu, 01 Jan 1998 00:00:00 GMT' },
    ] as Record<string, string>[]) {
      for (const query of [[], [['versionId', 'f'.repeat(32)]]] as [string, string][][]) {
        const answer = await shared.raw({ method: 'DELETE', path: `/${Bucket}/k`, headers, query });
        assert.deepEqual([answer.status, answer.headers['x-amz-delete-marker']], [204, undefined]);
      }
    }
    const { DeleteMarkers } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    assert.equal(DeleteMarkers, undefined);
  }
});

test('of a delete marker only * and its own time hold', async () => {
  const { s3 } = shared;
  for (const versioning of ['Enabled', 'Suspended'] as const) {
    const Bucket = await shared.bucket(versioning);
    const { ETag = '' } = await put(Bucket, 'value');
    const remove = (headers: Record<string, string>, query: [string, string][] = []) =>
      shared.raw({ method: 'DELETE', path: `/${Bucket}/k`, headers, query });
    assert.equal((await remove({ 'if-match': ETag })).status, 204);
    const { DeleteMarkers } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    const { VersionId: id = '', LastModified } = DeleteMarkers![0]!;
    for (const query of [[], [['versionId', id]]] as [string, string][][]) {
      for (const headers of [
        { 'if-match': ETag },
        { 'if-match': '""' },
        { 'x-amz-if-match-size': '5' },
        { 'x-amz-if-match-size': '0' },
        { 'x-amz-if-match-last-modified-time': 'Thu, 01 Jan 1998 00:00:00 GMT' },
      ] as Record<string, string>[]) {
        assert.equal((await remove(headers, query)).status, 412, JSON.stringify(headers));
      }
    }
    const time = { 'x-amz-if-match-last-modified-time': LastModified!.toUTCString() };
    const undone = await remove({ 'if-match': '*', ...time }, [['versionId', id]]);
    assert.deepEqual([undone.status, undone.headers['x-amz-delete-marker']], [204, 'true']);
    await remove({});
    const again = await remove({ 'if-match': '*' });
    assert.deepEqual([again.status, again.headers['x-amz-delete-marker']], [204, 'true']);
  }
});

test('of many deletions that demand one ETag, one succeeds', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket('Enabled');
  const { ETag } = await put(Bucket, 'value');
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, () => s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', IfMatch: ETag }))),
  );
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
});

test('a put that meets a deletion leaves one of the two outcomes, whole', async () => {
  const { s3 } = shared;
  for (const versioning of [undefined, 'Enabled'] as const) {
    const Bucket = await shared.bucket(versioning);
    for (let round = 0; round < 10; round++) {
      await put(Bucket, 'old');
      await Promise.all([put(Bucket, 'new'), s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }))]);
      const now = await read(Bucket).catch(isFailure('NoSuchKey', 404));
      assert.ok(now === 'new' || now === true);
    }
    await shared.server.reclaim();
    await put(Bucket, 'last');
    assert.equal(await read(Bucket), 'last');
  }
});

test('another account and nobody at all delete nothing', async () => {
  const Bucket = await shared.bucket();
  await put(Bucket, 'v');
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(new DeleteObjectCommand({ Bucket, Key: 'k' })), isFailure('AccessDenied', 403));
  assert.equal((await sendAnonymous(shared.server, 'DELETE', `/${Bucket}/k`)).status, 403);
  assert.equal(await read(Bucket), 'v');
});
