import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  DeleteObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();
const keys = async (Bucket: string) =>
  ((await shared.s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key }) => Key);

test('a thousand keys go at once', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  for (const Key of ['key-0', 'key-500', 'key-999', 'stays']) {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'v' }));
  }
  const Objects = Array.from({ length: 1000 }, (_, i) => ({ Key: `key-${i}` }));
  const { Deleted, Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  assert.deepEqual(
    Deleted?.map(({ Key }) => Key),
    Objects.map(({ Key }) => Key),
  );
  assert.equal(Errors, undefined);
  assert.deepEqual(await keys(Bucket), ['stays']);
});

test('quietly, only failures are told', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'v' }));
  const Delete = { Quiet: true, Objects: [{ Key: 'a' }, { Key: 'k'.repeat(1025) }] };
  const { Deleted, Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete }));
  assert.equal(Deleted, undefined);
  assert.deepEqual(
    Errors?.map(({ Code }) => Code),
    ['KeyTooLongError'],
  );
  assert.deepEqual(await keys(Bucket), []);
});

test('a failure of one key leaves the others to go', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const etags: (string | undefined)[] = [];
  for (const Key of ['a', 'b', 'c']) etags.push((await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }))).ETag);
  const Objects = [
    { Key: 'a', ETag: etags[0] },
    { Key: 'b', ETag: etags[0] },
    { Key: 'c', Size: 2 },
    { Key: 'none', ETag: etags[0], Size: 2 },
  ];
  const { Deleted, Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  assert.deepEqual(
    Deleted?.map(({ Key }) => Key),
    ['a', 'none'],
  );
  assert.deepEqual(
    Errors?.map(({ Key, Code }) => [Key, Code]),
    [
      ['b', 'PreconditionFailed'],
      ['c', 'PreconditionFailed'],
    ],
  );
  assert.deepEqual(await keys(Bucket), ['b', 'c']);
});

test('markers are made, versions go, and markers are undone', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket('Enabled');
  const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v' }));
  const made = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'k' }] } }));
  const marker = made.Deleted?.[0];
  assert.equal(marker?.DeleteMarker, true);
  assert.match(marker?.DeleteMarkerVersionId ?? '', /^[0-9a-f]{32}$/);
  assert.equal(marker?.VersionId, undefined);
  const Objects = [
    { Key: 'k', VersionId: marker?.DeleteMarkerVersionId },
    { Key: 'k', VersionId },
  ];
  const gone = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  const [undone, version] = gone.Deleted ?? [];
  assert.deepEqual(
    [undone?.VersionId, undone?.DeleteMarker, undone?.DeleteMarkerVersionId],
    [marker?.DeleteMarkerVersionId, true, marker?.DeleteMarkerVersionId],
  );
  assert.deepEqual([version?.VersionId, version?.DeleteMarker], [VersionId, undefined]);
  const { Versions, DeleteMarkers } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  assert.deepEqual([Versions, DeleteMarkers], [undefined, undefined]);
});

test('keys that XML has to escape go too', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const names = ['a&b', '<tag>', '"quoted"', ' spaces ', 'new\nline', 'cr\rhere', '🪨', '//'];
  for (const Key of names) await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'v' }));
  const Objects = names.map((Key) => ({ Key }));
  const { Deleted } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  assert.deepEqual(
    Deleted?.map(({ Key }) => Key),
    names,
  );
  assert.deepEqual(await keys(Bucket), []);
});

test('the document must be whole, of 1 to 1,000 keys, and come with a digest', async () => {
  const Bucket = await shared.bucket();
  const post = (xml: string, headers?: Record<string, string>) => {
    const body = Buffer.from(xml);
    const md5 = createHash('md5').update(body).digest('base64');
    const query: [string, string][] = [['delete', '']];
    return shared.raw({ method: 'POST', path: `/${Bucket}`, query, body, headers: headers ?? { 'content-md5': md5 } });
  };
  const object = '<Object><Key>k</Key></Object>';
  assert.equal((await post(`<Delete>${object.repeat(1000)}</Delete>`)).status, 200);
  for (const xml of [
    `<Delete>${object.repeat(1001)}</Delete>`,
    '<Delete></Delete>',
    '<Delete><Object></Object></Delete>',
    `<Delete>${object}`,
    '',
    `<!DOCTYPE d><Delete>${object}</Delete>`,
    `<Other>${object}</Other>`,
  ]) {
    const answer = await post(xml);
    assert.equal(answer.status, 400, xml.slice(0, 60));
    assert.match(answer.text, /<Code>MalformedXML</);
  }
  const xml = `<Delete>${object}</Delete>`;
  assert.match((await post(xml, {})).text, /<Code>InvalidRequest</);
  const wrong = createHash('md5').update('other').digest('base64');
  assert.match((await post(xml, { 'content-md5': wrong })).text, /<Code>BadDigest</);
});

test('another account deletes nothing', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v' }));
  const stranger = await shared.server.stranger();
  const Delete = { Objects: [{ Key: 'k' }] };
  const { Deleted, Errors } = await stranger.send(new DeleteObjectsCommand({ Bucket, Delete }));
  assert.equal(Deleted, undefined);
  assert.deepEqual(
    Errors?.map(({ Key, Code }) => [Key, Code]),
    [['k', 'AccessDenied']],
  );
  assert.deepEqual(await keys(Bucket), ['k']);
});
