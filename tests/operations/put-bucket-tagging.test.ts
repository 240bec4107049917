import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetBucketTaggingCommand, PutBucketTaggingCommand, type Tag } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

const put = (Bucket: string, TagSet: Tag[]) =>
  shared.s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
const get = async (Bucket: string) => (await shared.s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet;

test('tags replace those that were there', async () => {
  const Bucket = await shared.bucket();
  const answer = await put(Bucket, [
    { Key: 'a', Value: '1' },
    { Key: 'b', Value: '' },
  ]);
  assert.equal(answer.$metadata.httpStatusCode, 204);
  await put(Bucket, [{ Key: 'c', Value: 'Ä +-=._:/@' }]);
  assert.deepEqual(await get(Bucket), [{ Key: 'c', Value: 'Ä +-=._:/@' }]);
});

test('an empty set takes the tags away', async () => {
  const Bucket = await shared.bucket();
  await put(Bucket, [{ Key: 'a', Value: '1' }]);
  await put(Bucket, []);
  await assert.rejects(get(Bucket), isFailure('NoSuchTagSet', 404));
});

test('fifty tags are the most, and bad ones are refused', async () => {
  const Bucket = await shared.bucket();
  const many = (count: number) => Array.from({ length: count }, (_, at) => ({ Key: `k${at}`, Value: 'v' }));
  await put(Bucket, many(50));
  const refused: Tag[][] = [
    many(51),
    [
      { Key: 'a', Value: '1' },
      { Key: 'a', Value: '2' },
    ],
    [{ Key: '', Value: '' }],
    [{ Key: 'a,b', Value: '' }],
    [{ Key: 'aws:a', Value: '' }],
    [{ Key: 'a', Value: 'v'.repeat(257) }],
  ];
  for (const tags of refused) await assert.rejects(put(Bucket, tags), isFailure('InvalidTag', 400));
  assert.equal((await get(Bucket))?.length, 50);
});

test('a document without keys, values or a set is malformed', async () => {
  const Bucket = await shared.bucket();
  for (const inner of [
    '',
    '<TagSet><Tag><Key>a</Key></Tag></TagSet>',
    '<TagSet><Tag><Value>a</Value></Tag></TagSet>',
  ]) {
    const answer = await shared.raw({
      method: 'PUT',
      path: `/${Bucket}`,
      query: [['tagging', '']],
      body: Buffer.from(`<Tagging>${inner}</Tagging>`),
    });
    assert.match(answer.text, /<Code>MalformedXML</, inner);
  }
});

test('another account may not', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  const command = new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [] } });
  await assert.rejects(stranger.send(command), isFailure('AccessDenied', 403));
});
