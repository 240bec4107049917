import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListMultipartUploadsCommand, type ListMultipartUploadsCommandInput } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { beginUpload, completeUpload, uploadParts } from './multipart.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();
const list = (input: ListMultipartUploadsCommandInput) => shared.s3.send(new ListMultipartUploadsCommand(input));

/** Uploads as [key, id], begun in this order. */
async function bucketWithUploads(keys: readonly string[]): Promise<{ Bucket: string; uploads: [string, string][] }> {
  const Bucket = await shared.bucket();
  const uploads: [string, string][] = [];
  for (const Key of keys) uploads.push([Key, (await beginUpload(shared.s3, { Bucket, Key })).UploadId]);
  uploads.sort((a, b) => Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])) || (a[1] < b[1] ? -1 : 1));
  return { Bucket, uploads };
}

test('uploads come by key, several of one key too', async () => {
  const { Bucket, uploads } = await bucketWithUploads(['b', 'a', 'é', 'a', 'dir/x']);
  const page = await list({ Bucket });
  assert.deepEqual(
    page.Uploads?.map(({ Key, UploadId }) => [Key, UploadId]),
    uploads,
  );
  assert.deepEqual([page.IsTruncated, page.MaxUploads], [false, 1000]);
  const first = page.Uploads![0]!;
  assert.ok(first.Initiated instanceof Date);
  assert.equal(first.StorageClass, 'STANDARD');
  assert.equal(first.Owner?.DisplayName, 'root');
  assert.equal(first.Initiator?.DisplayName, 'root');
});

test('pages of every size lead through all uploads and prefixes', async () => {
  const { Bucket, uploads } = await bucketWithUploads(['a', 'a', 'a', 'b', 'dir/x', 'dir/y', 'e']);
  for (const Delimiter of [undefined, '/']) {
    for (const MaxUploads of [1, 2, 3]) {
      const seen: [string, string][] = [];
      const prefixes: (string | undefined)[] = [];
      let markers: { KeyMarker?: string; UploadIdMarker?: string } = {};
      for (let more = true; more; ) {
        const page = await list({ Bucket, Delimiter, MaxUploads, ...markers });
        seen.push(...(page.Uploads ?? []).map(({ Key, UploadId }): [string, string] => [Key!, UploadId!]));
        prefixes.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix));
        markers = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
        more = page.IsTruncated === true;
      }
      const plain = uploads.filter(([key]) => Delimiter === undefined || !key.includes('/'));
      assert.deepEqual(seen, plain);
      assert.deepEqual(prefixes, Delimiter ? ['dir/'] : []);
    }
  }
});

test('a key marker begins behind all uploads of the key', async () => {
  const { Bucket, uploads } = await bucketWithUploads(['a', 'a', 'b']);
  assert.deepEqual(
    (await list({ Bucket, KeyMarker: 'a' })).Uploads?.map(({ UploadId }) => UploadId),
    [uploads[2]![1]],
  );
  const behindFirst = await list({ Bucket, KeyMarker: 'a', UploadIdMarker: uploads[0]![1] });
  assert.deepEqual(
    behindFirst.Uploads?.map(({ UploadId }) => UploadId),
    [uploads[1]![1], uploads[2]![1]],
  );
});

test('a prefix chooses, and encoding-type=url encodes', async () => {
  const { Bucket } = await bucketWithUploads(['a b/1', 'a b/2', 'c']);
  const page = await list({ Bucket, Prefix: 'a b/', EncodingType: 'url', MaxUploads: 1 });
  assert.deepEqual([page.Uploads?.[0]?.Key, page.NextKeyMarker, page.Prefix], ['a%20b/1', 'a%20b/1', 'a%20b/']);
});

test('an upload that is complete is listed no more', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const target = await beginUpload(s3, { Bucket, Key: 'k', ChecksumAlgorithm: 'CRC32' });
  const { Uploads } = await list({ Bucket });
  assert.deepEqual([Uploads?.[0]?.ChecksumAlgorithm, Uploads?.[0]?.ChecksumType], ['CRC32', 'COMPOSITE']);
  await completeUpload(s3, target, await uploadParts(s3, target, ['v']));
  assert.equal((await list({ Bucket })).Uploads, undefined);
});

test('a page of nothing is empty; a missing bucket and strangers are refused', async () => {
  const { Bucket } = await bucketWithUploads(['a']);
  const none = await list({ Bucket, MaxUploads: 0 });
  assert.deepEqual([none.Uploads, none.IsTruncated], [undefined, false]);
  await assert.rejects(list({ Bucket: 'not-there' }), isFailure('NoSuchBucket', 404));
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(new ListMultipartUploadsCommand({ Bucket })), isFailure('AccessDenied', 403));
});
