import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListObjectsCommand, type ListObjectsCommandInput, PutObjectCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { keysOf, modelOf, prefixesOf, trickyKeys } from './listed-keys.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

async function bucketWith(keys: readonly string[]): Promise<string> {
  const Bucket = await shared.bucket();
  await Promise.all(keys.map((Key) => shared.s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }))));
  return Bucket;
}

const list = (input: ListObjectsCommandInput) => shared.s3.send(new ListObjectsCommand(input));

test('pages of every size lead from marker to marker through all keys and prefixes', async () => {
  const Bucket = await bucketWith(trickyKeys);
  for (const Delimiter of [undefined, '/']) {
    for (const Prefix of [undefined, 'a', 'a/']) {
      for (const MaxKeys of [1, 3, 1000]) {
        const keys: string[] = [];
        const prefixes: string[] = [];
        let Marker: string | undefined;
        let truncated: boolean | undefined;
        do {
          const page = await list({ Bucket, Prefix, Delimiter, MaxKeys, Marker });
          assert.equal(page.Marker, Marker ?? '');
          keys.push(...keysOf(page));
          prefixes.push(...prefixesOf(page));
          truncated = page.IsTruncated;
          assert.equal(page.NextMarker !== undefined, truncated === true && Delimiter !== undefined);
          Marker = page.NextMarker ?? keys.at(-1);
        } while (truncated);
        assert.deepEqual({ keys, prefixes }, modelOf(trickyKeys, { prefix: Prefix, delimiter: Delimiter }));
      }
    }
  }
});

test('a marker begins behind a key, there or not', async () => {
  const Bucket = await bucketWith(['a', 'b', 'c']);
  assert.deepEqual(keysOf(await list({ Bucket, Marker: 'a' })), ['b', 'c']);
  assert.deepEqual(keysOf(await list({ Bucket, Marker: 'aa' })), ['b', 'c']);
  assert.deepEqual(keysOf(await list({ Bucket, Marker: 'c' })), []);
});

test('entries have their owner without being asked', async () => {
  const Bucket = await bucketWith(['k']);
  const { Contents } = await list({ Bucket });
  assert.equal(Contents![0]!.Owner?.DisplayName, 'root');
  assert.equal(Contents![0]!.Size, 1);
});

test('a page of nothing is empty and not truncated', async () => {
  const Bucket = await bucketWith(['k']);
  const page = await list({ Bucket, MaxKeys: 0 });
  assert.deepEqual([page.Contents, page.IsTruncated, page.MaxKeys], [undefined, false, 0]);
});

test('with encoding-type=url keys, markers and prefixes are encoded', async () => {
  const Bucket = await bucketWith(['a b/c', 'd e', 'f g']);
  const page = await list({ Bucket, EncodingType: 'url', Delimiter: '/', Marker: 'a a', MaxKeys: 2 });
  assert.deepEqual(prefixesOf(page), ['a%20b/']);
  assert.deepEqual(keysOf(page), ['d%20e']);
  assert.deepEqual([page.Marker, page.NextMarker], ['a%20a', 'd%20e']);
});

test('a key that XML 1.0 cannot carry comes through with encoding-type=url', async () => {
  const Bucket = await shared.bucket();
  await shared.raw({ method: 'PUT', path: `/${Bucket}/ctl\u0001\u0000key` });
  assert.deepEqual(keysOf(await list({ Bucket, EncodingType: 'url' })), ['ctl%01%00key']);
});

test('another account gets no listing, and a sub-resource that Cairn has not is none', async () => {
  const Bucket = await bucketWith(['k']);
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(new ListObjectsCommand({ Bucket })), isFailure('AccessDenied', 403));
  for (const name of ['session', 'metadataInventoryTable', 'metadataJournalTable', 'metadataAnnotationTable']) {
    const answer = await shared.raw({ method: 'GET', path: `/${Bucket}`, query: [[name, '']] });
    assert.equal(answer.status, 501, name);
  }
});
