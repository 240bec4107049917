import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand, DeleteBucketCommand, ListBucketsCommand, type S3Client } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sendAnonymous, sendRaw } from './send-raw.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

/** A new account with these buckets. */
async function accountWith(name: string, buckets: readonly string[]): Promise<S3Client> {
  const s3 = await shared.server.stranger(name);
  for (const Bucket of buckets) await s3.send(new CreateBucketCommand({ Bucket }));
  return s3;
}

const names = (page: { Buckets?: { Name?: string }[] }) => (page.Buckets ?? []).map(({ Name }) => Name);

test('an account sees its own buckets, in order, with their dates and its name', async () => {
  const s3 = await accountWith('lister', ['list-c', 'list-a', 'list-b']);
  const page = await s3.send(new ListBucketsCommand({}));
  assert.deepEqual(names(page), ['list-a', 'list-b', 'list-c']);
  assert.equal(page.Owner?.DisplayName, 'lister');
  assert.match(page.Owner?.ID ?? '', /^[0-9a-f]{64}$/);
  for (const bucket of page.Buckets ?? []) assert.ok(bucket.CreationDate instanceof Date);
  assert.equal(page.ContinuationToken, undefined);
});

test('an account without buckets has an empty list', async () => {
  const s3 = await accountWith('empty-handed', []);
  assert.deepEqual(names(await s3.send(new ListBucketsCommand({}))), []);
});

test('a deleted bucket is listed no more', async () => {
  const s3 = await accountWith('deleter', ['gone-soon', 'stays-here']);
  await s3.send(new DeleteBucketCommand({ Bucket: 'gone-soon' }));
  assert.deepEqual(names(await s3.send(new ListBucketsCommand({}))), ['stays-here']);
});

test('a prefix chooses, and is told back', async () => {
  const s3 = await accountWith('prefixed', ['logs-1', 'logs-2', 'data-1', 'log']);
  const page = await s3.send(new ListBucketsCommand({ Prefix: 'logs-' }));
  assert.deepEqual(names(page), ['logs-1', 'logs-2']);
  assert.equal(page.Prefix, 'logs-');
});

test('pages follow one another to the end, each bucket once', async () => {
  const all = Array.from({ length: 7 }, (_, i) => `page-${i}`);
  const s3 = await accountWith('pager', [...all, 'zzz-other']);
  for (const size of [1, 2, 3, 7, 100]) {
    const seen: (string | undefined)[] = [];
    let token: string | undefined;
    do {
      const page = await s3.send(
        new ListBucketsCommand({ MaxBuckets: size, Prefix: 'page-', ContinuationToken: token }),
      );
      assert.ok(names(page).length <= size);
      for (const bucket of page.Buckets ?? []) assert.equal(bucket.BucketRegion, 'us-east-1');
      seen.push(...names(page));
      token = page.ContinuationToken;
    } while (token);
    assert.deepEqual(seen, all);
  }
});

test('a region chooses', async () => {
  const s3 = await accountWith('regional', ['region-1', 'region-2']);
  assert.equal(names(await s3.send(new ListBucketsCommand({ BucketRegion: 'us-east-1' }))).length, 2);
  assert.equal(names(await s3.send(new ListBucketsCommand({ BucketRegion: 'eu-west-1' }))).length, 0);
});

test('a page size out of bounds and a made-up token are refused', async () => {
  for (const query of [
    ['max-buckets', '0'],
    ['max-buckets', '10001'],
    ['max-buckets', 'x'],
    ['continuation-token', '!'],
  ]) {
    const answer = await shared.raw({ method: 'GET', path: '/', query: [query as [string, string]] });
    assert.equal(answer.status, 400, query.join('='));
    assert.match(answer.text, /<Code>InvalidArgument</);
  }
});

test('nobody lists buckets anonymously or with a wrong secret', async () => {
  assert.equal((await sendAnonymous(shared.server, 'GET', '/')).status, 403);
  const credentials = { ...shared.server.root, secretAccessKey: 'wrong' };
  const answer = await sendRaw(shared.server, { method: 'GET', path: '/', credentials });
  assert.equal(answer.status, 403);
  assert.match(answer.text, /<Code>SignatureDoesNotMatch</);
  const unknown = shared.server.client({ credentials: { accessKeyId: 'nobody', secretAccessKey: 'x' } });
  await assert.rejects(unknown.send(new ListBucketsCommand({})), isFailure('InvalidAccessKeyId', 403));
});
