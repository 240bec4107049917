import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { GetObjectCommand, ListPartsCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { bytesOf } from './bytes-of.ts';
import { algorithms, checksumHeader, checkValue, nine } from './check-values.ts';
import { isFailure } from './is-failure.ts';
import { beginUpload, completeUpload, type UploadTarget } from './multipart.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

const rawPart = (target: UploadTarget, headers: Record<string, string>, partNumber = '1') =>
  shared.raw({
    method: 'PUT',
    path: `/${target.Bucket}/${target.Key}`,
    query: [
      ['partNumber', partNumber],
      ['uploadId', target.UploadId],
    ],
    headers,
    body: nine,
  });

test('a part has the MD5 of its bytes as ETag and is not visible', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const target = await beginUpload(s3, { Bucket, Key: 'k' });
  for (const size of [0, 9, 100_000]) {
    const Body = Buffer.alloc(size, 'x');
    const { ETag } = await s3.send(new UploadPartCommand({ ...target, PartNumber: 1, Body }));
    assert.equal(ETag, `"${createHash('md5').update(Body).digest('hex')}"`);
  }
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: 'k' })), isFailure('NoSuchKey', 404));
});

test('a part uploaded again replaces the first one', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const target = await beginUpload(s3, { Bucket, Key: 'k' });
  const upload = (Body: string) => s3.send(new UploadPartCommand({ ...target, PartNumber: 1, Body }));
  const first = await upload('first');
  const second = await upload('second try');
  const { Parts } = await s3.send(new ListPartsCommand(target));
  assert.deepEqual(
    Parts?.map(({ ETag, Size }) => [ETag, Size]),
    [[second.ETag, 10]],
  );
  await assert.rejects(
    completeUpload(s3, target, [{ PartNumber: 1, ETag: first.ETag }]),
    isFailure('InvalidPart', 400),
  );
  await completeUpload(s3, target, [{ PartNumber: 1, ETag: second.ETag }]);
  assert.equal((await bytesOf(await s3.send(new GetObjectCommand({ Bucket, Key: 'k' })))).toString(), 'second try');
});

test('part numbers run from 1 to 10,000', async () => {
  const Bucket = await shared.bucket();
  const target = await beginUpload(shared.s3, { Bucket, Key: 'k' });
  for (const good of ['1', '10000']) assert.equal((await rawPart(target, {}, good)).status, 200, good);
  for (const bad of ['0', '10001', '-1', 'x', '', '1.5', '+1']) {
    const refused = await rawPart(target, {}, bad);
    assert.equal(refused.status, 400, bad);
    assert.match(refused.text, /<Code>InvalidArgument</);
  }
});

test('every checksum algorithm is verified and told', async () => {
  const Bucket = await shared.bucket();
  for (const algorithm of algorithms) {
    const target = await beginUpload(shared.s3, { Bucket, Key: algorithm });
    const header = checksumHeader(algorithm);
    const good = await rawPart(target, { [header]: checkValue(algorithm) });
    assert.equal(good.status, 200, good.text);
    assert.equal(good.headers[header], checkValue(algorithm));
    const wrong = Buffer.from(checkValue(algorithm), 'base64').fill(9).toString('base64');
    const refused = await rawPart(target, { [header]: wrong }, '2');
    assert.match(refused.text, /<Code>BadDigest</);
    assert.equal((await shared.s3.send(new ListPartsCommand(target))).Parts?.length, 1);
  }
});

test('an upload’s own algorithm is computed where the client sends none, and no other is taken', async () => {
  const Bucket = await shared.bucket();
  const target = await beginUpload(shared.s3, { Bucket, Key: 'k', ChecksumAlgorithm: 'SHA256' });
  const silent = await rawPart(target, {});
  assert.equal(silent.headers['x-amz-checksum-sha256'], checkValue('SHA256'));
  const other = await rawPart(target, { 'x-amz-checksum-crc32': checkValue('CRC32') });
  assert.equal(other.status, 400);
  assert.match(other.text, /<Code>InvalidRequest</);
});

test('Content-MD5 is held against the body', async () => {
  const Bucket = await shared.bucket();
  const target = await beginUpload(shared.s3, { Bucket, Key: 'k' });
  assert.equal((await rawPart(target, { 'content-md5': checkValue('MD5') })).status, 200);
  const other = createHash('md5').update('other').digest('base64');
  assert.match((await rawPart(target, { 'content-md5': other })).text, /<Code>BadDigest</);
});

test('an upload of another key, another account’s and none at all take no part', async () => {
  const Bucket = await shared.bucket();
  const target = await beginUpload(shared.s3, { Bucket, Key: 'k' });
  for (const wrong of [
    { ...target, Key: 'other' },
    { ...target, UploadId: 'f'.repeat(32) },
    { ...target, UploadId: 'x' },
  ]) {
    const refused = await rawPart(wrong, {});
    assert.equal(refused.status, 404);
    assert.match(refused.text, /<Code>NoSuchUpload</);
  }
  const stranger = await shared.server.stranger();
  await assert.rejects(
    stranger.send(new UploadPartCommand({ ...target, PartNumber: 1, Body: nine })),
    isFailure('AccessDenied', 403),
  );
});
