import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { keysOf, modelOf, prefixesOf, trickyKeys } from './listed-keys.ts';
import { sendAnonymous } from './send-raw.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

async function bucketWith(keys: readonly string[]): Promise<string> {
  const Bucket = await shared.bucket();
  await Promise.all(keys.map((Key) => shared.s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }))));
  return Bucket;
}

const list = (input: ListObjectsV2CommandInput) => shared.s3.send(new ListObjectsV2Command(input));

test('keys come in the order of their UTF-8 bytes, as they were put', async () => {
  const Bucket = await bucketWith([...trickyKeys].reverse());
  assert.deepEqual(keysOf(await list({ Bucket })), trickyKeys);
});

test('prefix and delimiter fold keys, on pages of every size', async () => {
  const Bucket = await bucketWith(trickyKeys);
  for (const Delimiter of [undefined, '/', '/b']) {
    for (const Prefix of [undefined, 'a', 'a/', 'none']) {
      const model = modelOf(trickyKeys, { prefix: Prefix, delimiter: Delimiter });
      for (const MaxKeys of [1, 5, 1000]) {
        const keys: string[] = [];
        const prefixes: string[] = [];
        let ContinuationToken: string | undefined;
        do {
          const page = await list({ Bucket, Prefix, Delimiter, MaxKeys, ContinuationToken });
          const count = keysOf(page).length + prefixesOf(page).length;
          assert.equal(page.KeyCount, count);
          assert.ok(count <= MaxKeys);
          assert.equal(page.IsTruncated, page.NextContinuationToken !== undefined);
          assert.equal(page.ContinuationToken, ContinuationToken);
          keys.push(...keysOf(page));
          prefixes.push(...prefixesOf(page));
          ContinuationToken = page.NextContinuationToken;
        } while (ContinuationToken);
        assert.deepEqual({ keys, prefixes }, model, `${Delimiter} ${Prefix} ${MaxKeys}`);
      }
    }
  }
});

test('start-after begins behind a key, there or not, and a token outweighs it', async () => {
  const Bucket = await bucketWith(['a', 'b', 'c', 'd']);
  assert.deepEqual(keysOf(await list({ Bucket, StartAfter: 'b' })), ['c', 'd']);
  assert.deepEqual(keysOf(await list({ Bucket, StartAfter: 'bb' })), ['c', 'd']);
  assert.deepEqual(keysOf(await list({ Bucket, StartAfter: 'z' })), []);
  const first = await list({ Bucket, StartAfter: 'a', MaxKeys: 1 });
  assert.equal(first.StartAfter, 'a');
  const second = await list({ Bucket, StartAfter: 'a', MaxKeys: 1, ContinuationToken: first.NextContinuationToken });
  assert.deepEqual(keysOf(second), ['c']);
});

test('a page of nothing is empty and not truncated; a page is a thousand keys at most', async () => {
  const Bucket = await bucketWith(['a', 'b']);
  const none = await list({ Bucket, MaxKeys: 0 });
  assert.deepEqual([none.KeyCount, none.IsTruncated, none.MaxKeys, none.Contents], [0, false, 0, undefined]);
  const many = await list({ Bucket, MaxKeys: 5000 });
  assert.equal(many.MaxKeys, 1000);
  assert.equal(many.KeyCount, 2);
  for (const bad of ['-1', 'x', '99999999999']) {
    const query: [string, string][] = [
      ['list-type', '2'],
      ['max-keys', bad],
    ];
    const answer = await shared.raw({ method: 'GET', path: `/${Bucket}`, query });
    assert.equal(answer.status, 400, bad);
    assert.match(answer.text, /<Code>InvalidArgument</);
  }
});

test('with encoding-type=url everything that clients name is encoded', async () => {
  const Bucket = await bucketWith(['sp ace/x y', 'sp ace/ü+', 'sp ace/deep er/k']);
  const page = await list({ Bucket, EncodingType: 'url', Prefix: 'sp ace/', Delimiter: '/', StartAfter: 'a b' });
  assert.equal(page.EncodingType, 'url');
  assert.deepEqual(keysOf(page), ['sp%20ace/x%20y', 'sp%20ace/%C3%BC%2B']);
  assert.deepEqual(prefixesOf(page), ['sp%20ace/deep%20er/']);
  assert.deepEqual([page.Prefix, page.Delimiter, page.StartAfter], ['sp%20ace/', '/', 'a%20b']);
  const other = await shared.raw({
    method: 'GET',
    path: `/${Bucket}`,
    query: [
      ['list-type', '2'],
      ['encoding-type', 'base64'],
    ],
  });
  assert.equal(other.status, 400);
});

test('an entry tells what HEAD would, and its owner where asked', async () => {
  const Bucket = await shared.bucket();
  const put = await shared.s3.send(
    new PutObjectCommand({
      Bucket,
      Key: 'k',
      Body: 'twelve bytes',
      StorageClass: 'GLACIER_IR',
      ChecksumAlgorithm: 'SHA1',
    }),
  );
  const entry = (await list({ Bucket })).Contents![0]!;
  assert.deepEqual(
    [entry.Size, entry.ETag, entry.StorageClass, entry.ChecksumAlgorithm, entry.ChecksumType],
    [12, put.ETag, 'GLACIER_IR', ['SHA1'], 'FULL_OBJECT'],
  );
  assert.ok(entry.LastModified instanceof Date);
  assert.equal(entry.Owner, undefined);
  const owned = (await list({ Bucket, FetchOwner: true })).Contents![0]!;
  assert.equal(owned.Owner?.DisplayName, 'root');
  assert.match(owned.Owner?.ID ?? '', /^[0-9a-f]{64}$/);
});

test('old versions and delete markers are not listed', async () => {
  const Bucket = await shared.bucket('Enabled');
  for (const Key of ['twice', 'twice', 'hidden']) {
    await shared.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'v' }));
  }
  await shared.s3.send(new DeleteObjectCommand({ Bucket, Key: 'hidden' }));
  assert.deepEqual(keysOf(await list({ Bucket })), ['twice']);
});

test('more than a thousand keys come in pages that lose and repeat nothing', async () => {
  const { s3, server } = shared;
  const Bucket = await shared.bucket();
  const keys = Array.from({ length: 1100 }, (_, i) => `k${String(i).padStart(5, '0')}`);
  for (let at = 0; at < keys.length; at += 100) {
    await Promise.all(keys.slice(at, at + 100).map((Key) => s3.send(new PutObjectCommand({ Bucket, Key, Body: 'v' }))));
  }
  const seen: string[] = [];
  for await (const page of paginateListObjectsV2({ client: server.client() }, { Bucket })) seen.push(...keysOf(page));
  assert.deepEqual(seen, keys);
});

test('a token that was not given out is refused', async () => {
  const Bucket = await shared.bucket();
  for (const ContinuationToken of ['!!', 'AAAA', 'xyz', 'a2V5=']) {
    await assert.rejects(list({ Bucket, ContinuationToken }), isFailure('InvalidArgument', 400), ContinuationToken);
  }
});

test('another account, nobody and a missing bucket get no listing', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(new ListObjectsV2Command({ Bucket })), isFailure('AccessDenied', 403));
  assert.equal((await sendAnonymous(shared.server, 'GET', `/${Bucket}?list-type=2`)).status, 403);
  await assert.rejects(list({ Bucket: 'not-there' }), isFailure('NoSuchBucket', 404));
});
