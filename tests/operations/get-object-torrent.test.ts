import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeleteObjectCommand, GetObjectTorrentCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { givePolicy } from './give-policy.ts';
import { isFailure } from './is-failure.ts';
import { sendAnonymous } from './send-raw.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('no object has a torrent', async () => {
  const Bucket = await shared.bucket('Enabled');
  const { VersionId } = await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'secret' }));
  const torrent = (query: [string, string][] = []) =>
    shared.raw({ method: 'GET', path: `/${Bucket}/k`, query: [['torrent', ''], ...query] });
  for (const query of [[], [['versionId', VersionId!]]] as [string, string][][]) {
    const answer = await torrent(query);
    assert.equal(answer.status, 404);
    assert.match(answer.text, /<Code>NoSuchKey<\/Code><Message>The object has no torrent\.<\/Message><Key>k<\/Key>/);
  }
  await assert.rejects(shared.s3.send(new GetObjectTorrentCommand({ Bucket, Key: 'k' })), isFailure('NoSuchKey', 404));
  await shared.s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  const hidden = await torrent();
  assert.deepEqual([hidden.status, hidden.headers['x-amz-delete-marker']], [404, 'true']);
  assert.equal((await torrent([['versionId', 'f'.repeat(32)]])).status, 404);
});

test('it takes the right to torrents, and tells others nothing of what is there', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'secret' }));
  const stranger = await shared.server.stranger();
  const ask = (Key: string) => stranger.send(new GetObjectTorrentCommand({ Bucket, Key }));
  for (const Key of ['k', 'none']) await assert.rejects(ask(Key), isFailure('AccessDenied', 403));
  await givePolicy(shared.server, Bucket, [{ Effect: 'Allow', Action: 's3:GetObject' }]);
  await assert.rejects(ask('k'), isFailure('AccessDenied', 403));
  await givePolicy(shared.server, Bucket, [{ Effect: 'Allow', Action: 's3:GetObjectTorrent' }]);
  await assert.rejects(ask('k'), isFailure('NoSuchKey', 404));
  await assert.rejects(ask('none'), isFailure('AccessDenied', 403));
  assert.equal((await sendAnonymous(shared.server, 'GET', `/${Bucket}/k?torrent`)).status, 404);
});
