import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();
const list = (input: ListObjectVersionsCommandInput) => shared.s3.send(new ListObjectVersionsCommand(input));
const put = async (Bucket: string, Key: string) =>
  (await shared.s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }))).VersionId ?? 'null';
const remove = async (Bucket: string, Key: string) =>
  (await shared.s3.send(new DeleteObjectCommand({ Bucket, Key }))).VersionId!;

/** Versions and markers in the order of the document, which the SDK's two lists do not tell. */
async function inOrder(Bucket: string, query: [string, string][] = []): Promise<string[]> {
  const { text } = await shared.raw({ method: 'GET', path: `/${Bucket}`, query: [['versions', ''], ...query] });
  const entries = text.matchAll(
    /<(Version|DeleteMarker)><Key>(.*?)<\/Key><VersionId>(.*?)<\/VersionId><IsLatest>(true|false)/g,
  );
  return [...entries].map(
    ([, element, key, id, latest]) =>
      `${key} ${id}${element === 'DeleteMarker' ? ' marker' : ''}${latest === 'true' ? ' latest' : ''}`,
  );
}

/** A history over all three states of versioning; answers the whole listing, as it has to be. */
async function bucketWithHistory(): Promise<{ Bucket: string; expected: string[] }> {
  const Bucket = await shared.bucket();
  const setStatus = (Status: 'Enabled' | 'Suspended') =>
    shared.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
  await put(Bucket, 'a');
  await put(Bucket, 'dir/x');
  await setStatus('Enabled');
  const a1 = await put(Bucket, 'a');
  const a2 = await remove(Bucket, 'a');
  const b1 = await put(Bucket, 'b');
  const b2 = await put(Bucket, 'b');
  const x1 = await put(Bucket, 'dir/x');
  await setStatus('Suspended');
  await put(Bucket, 'b');
  await remove(Bucket, 'c');
  return {
    Bucket,
    expected: [
      `a ${a2} marker latest`,
      `a ${a1}`,
      'a null',
      'b null latest',
      `b ${b2}`,
      `b ${b1}`,
      'c null marker latest',
      `dir/x ${x1} latest`,
      'dir/x null',
    ],
  };
}

test('versions and markers come by key and newest first, whatever versioning was', async () => {
  const { Bucket, expected } = await bucketWithHistory();
  assert.deepEqual(await inOrder(Bucket), expected);
});

test('pages of every size lead from marker to marker', async () => {
  const { Bucket, expected } = await bucketWithHistory();
  for (let size = 1; size <= expected.length; size++) {
    const seen: string[] = [];
    let markers: [string, string][] = [];
    for (let more = true; more; ) {
      seen.push(...(await inOrder(Bucket, [['max-keys', String(size)], ...markers])));
      const page = await list({
        Bucket,
        MaxKeys: size,
        KeyMarker: markers[0]?.[1],
        VersionIdMarker: markers[1]?.[1],
      });
      more = page.IsTruncated === true;
      markers = [
        ['key-marker', page.NextKeyMarker ?? ''],
        ['version-id-marker', page.NextVersionIdMarker ?? ''],
      ];
    }
    assert.deepEqual(seen, expected, `pages of ${size}`);
  }
});

test('a key marker alone begins behind all versions of the key', async () => {
  const { Bucket, expected } = await bucketWithHistory();
  assert.deepEqual(await inOrder(Bucket, [['key-marker', 'a']]), expected.slice(3));
  assert.deepEqual(await inOrder(Bucket, [['key-marker', 'aa']]), expected.slice(3));
});

test('deleting each page before the next is asked for leaves nothing, whatever the size of pages', async () => {
  for (let size = 1; size <= 6; size++) {
    const { Bucket, expected } = await bucketWithHistory();
    let markers: Pick<ListObjectVersionsCommandInput, 'KeyMarker' | 'VersionIdMarker'> = {};
    for (let more = true; more; ) {
      const page = await list({ Bucket, MaxKeys: size, ...markers });
      for (const { Key, VersionId } of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]) {
        await shared.s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
      }
      markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
      more = page.IsTruncated === true;
    }
    assert.deepEqual(await inOrder(Bucket), [], `pages of ${size} over ${expected.length} versions`);
  }
});

test('a page that begins behind a deleted version says that the next one is the latest', async () => {
  const Bucket = await shared.bucket('Enabled');
  const [oldest, middle, newest] = [await put(Bucket, 'k'), await put(Bucket, 'k'), await put(Bucket, 'k')];
  const behindNewest: [string, string][] = [
    ['key-marker', 'k'],
    ['version-id-marker', newest],
  ];
  assert.deepEqual(await inOrder(Bucket, behindNewest), [`k ${middle}`, `k ${oldest}`]);
  await shared.s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: newest }));
  assert.deepEqual(await inOrder(Bucket, behindNewest), [`k ${middle} latest`, `k ${oldest}`]);
  assert.deepEqual(await inOrder(Bucket, [...behindNewest, ['max-keys', '1']]), [`k ${middle} latest`]);
});

test('prefix and delimiter fold keys', async () => {
  const { Bucket, expected } = await bucketWithHistory();
  const page = await list({ Bucket, Delimiter: '/' });
  assert.deepEqual(page.CommonPrefixes, [{ Prefix: 'dir/' }]);
  assert.equal(page.Versions?.length, 5);
  assert.equal(page.DeleteMarkers?.length, 2);
  assert.deepEqual(await inOrder(Bucket, [['prefix', 'dir/']]), expected.slice(-2));
  const cut = await list({ Bucket, Delimiter: '/', Prefix: 'd', MaxKeys: 1 });
  assert.equal(cut.IsTruncated, false);
});

test('an entry tells its size, ETag, class and owner', async () => {
  const Bucket = await shared.bucket('Enabled');
  const { ETag } = await shared.s3.send(
    new PutObjectCommand({ Bucket, Key: 'k', Body: 'twelve bytes', StorageClass: 'GLACIER' }),
  );
  await remove(Bucket, 'k');
  const { Versions, DeleteMarkers } = await list({ Bucket });
  const version = Versions![0]!;
  assert.deepEqual([version.Size, version.ETag, version.StorageClass, version.IsLatest], [12, ETag, 'GLACIER', false]);
  assert.equal(version.Owner?.DisplayName, 'root');
  assert.equal(DeleteMarkers![0]!.Owner?.DisplayName, 'root');
});

test('a bucket that never had versioning lists null versions', async () => {
  const Bucket = await shared.bucket();
  await put(Bucket, 'k');
  assert.deepEqual(await inOrder(Bucket), ['k null latest']);
});

test('with encoding-type=url keys and markers are encoded', async () => {
  const Bucket = await shared.bucket();
  for (const key of ['a b', 'c d']) await put(Bucket, key);
  const page = await list({ Bucket, EncodingType: 'url', MaxKeys: 1, KeyMarker: 'a a' });
  assert.deepEqual([page.Versions?.[0]?.Key, page.NextKeyMarker, page.KeyMarker], ['a%20b', 'a%20b', 'a%20a']);
});

test('a page of nothing is empty; markers that make no sense are refused', async () => {
  const { Bucket } = await bucketWithHistory();
  const none = await list({ Bucket, MaxKeys: 0 });
  assert.deepEqual([none.Versions, none.IsTruncated], [undefined, false]);
  await assert.rejects(list({ Bucket, VersionIdMarker: 'null' }), isFailure('InvalidArgument', 400));
  await assert.rejects(list({ Bucket, KeyMarker: 'a', VersionIdMarker: 'x' }), isFailure('InvalidArgument', 400));
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(new ListObjectVersionsCommand({ Bucket })), isFailure('AccessDenied', 403));
});
