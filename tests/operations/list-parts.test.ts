import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListPartsCommand, type ListPartsCommandInput, paginateListParts, UploadPartCommand } from '@aws-sdk/client-s3';
import { checkValue, nine } from './check-values.ts';
import { isFailure } from './is-failure.ts';
import { beginUpload } from './multipart.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();
const numbers = [1, 2, 3, 7, 300, 10_000];

async function uploadWithParts() {
  const Bucket = await shared.bucket();
  const target = await beginUpload(shared.s3, {
    Bucket,
    Key: 'a key',
    StorageClass: 'GLACIER',
    ChecksumAlgorithm: 'SHA1',
  });
  for (const PartNumber of [...numbers].reverse()) {
    await shared.s3.send(new UploadPartCommand({ ...target, PartNumber, Body: nine, ChecksumAlgorithm: 'SHA1' }));
  }
  const list = (input: Partial<ListPartsCommandInput> = {}) =>
    shared.s3.send(new ListPartsCommand({ ...target, ...input }));
  return { target, list };
}

test('parts come by number, with what is known of them', async () => {
  const { list } = await uploadWithParts();
  const page = await list();
  assert.deepEqual(
    page.Parts?.map(({ PartNumber }) => PartNumber),
    numbers,
  );
  for (const part of page.Parts ?? []) {
    assert.equal(part.Size, 9);
    assert.equal(part.ETag, '"25f9e794323b453885f5181f1b624d0b"');
    assert.equal(part.ChecksumSHA1, checkValue('SHA1'));
    assert.ok(part.LastModified instanceof Date);
  }
  assert.deepEqual([page.IsTruncated, page.MaxParts, page.PartNumberMarker], [false, 1000, '0']);
  assert.deepEqual([page.StorageClass, page.ChecksumAlgorithm, page.ChecksumType], ['GLACIER', 'SHA1', 'COMPOSITE']);
  assert.equal(page.Owner?.DisplayName, 'root');
  assert.match(page.Initiator?.ID ?? '', /^[0-9a-f]{64}$/);
});

test('pages of every size lead through all parts', async () => {
  const { target } = await uploadWithParts();
  for (const pageSize of [1, 2, 4, 6]) {
    const seen: (number | undefined)[] = [];
    for await (const page of paginateListParts({ client: shared.s3, pageSize }, { ...target })) {
      assert.ok((page.Parts?.length ?? 0) <= pageSize);
      seen.push(...(page.Parts ?? []).map(({ PartNumber }) => PartNumber));
    }
    assert.deepEqual(seen, numbers);
  }
});

test('a marker begins behind a part, there or not', async () => {
  const { list } = await uploadWithParts();
  assert.equal((await list({ PartNumberMarker: '7' })).Parts?.[0]?.PartNumber, 300);
  assert.equal((await list({ PartNumberMarker: '8' })).Parts?.[0]?.PartNumber, 300);
  assert.equal((await list({ PartNumberMarker: '10000' })).Parts, undefined);
  const none = await list({ MaxParts: 0 });
  assert.deepEqual([none.Parts, none.IsTruncated], [undefined, false]);
});

test('an upload without parts has an empty list', async () => {
  const Bucket = await shared.bucket();
  const target = await beginUpload(shared.s3, { Bucket, Key: 'k' });
  const page = await shared.s3.send(new ListPartsCommand(target));
  assert.deepEqual([page.Parts, page.IsTruncated, page.UploadId], [undefined, false, target.UploadId]);
});

test('numbers that are none, uploads that are none, and strangers are refused', async () => {
  const { target, list } = await uploadWithParts();
  for (const query of [
    ['max-parts', '-1'],
    ['max-parts', 'x'],
    ['part-number-marker', '-1'],
  ] as [string, string][]) {
    const path = `/${target.Bucket}/${target.Key}`;
    const answer = await shared.raw({ method: 'GET', path, query: [['uploadId', target.UploadId], query] });
    assert.equal(answer.status, 400, query.join('='));
  }
  await assert.rejects(list({ UploadId: 'f'.repeat(32) }), isFailure('NoSuchUpload', 404));
  await assert.rejects(list({ Key: 'other' }), isFailure('NoSuchUpload', 404));
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(new ListPartsCommand(target)), isFailure('AccessDenied', 403));
});
