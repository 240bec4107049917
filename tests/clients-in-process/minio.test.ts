import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { Client, CopyConditions } from 'minio';
import { sharedServer } from '../operations/shared-server.ts';

const shared = sharedServer();

function minio(): Client {
  const { port, root } = shared.server;
  return new Client({
    endPoint: '127.0.0.1',
    port,
    useSSL: false,
    accessKey: root.accessKeyId,
    secretKey: root.secretAccessKey,
    region: 'us-east-1',
    partSize: 5 * 1024 ** 2,
  });
}

const listed = (stream: Readable) => stream.toArray() as Promise<{ name?: string; prefix?: string; size: number }[]>;

test('buckets are made, found, listed and removed', async () => {
  const client = minio();
  assert.equal(await client.bucketExists('minio-bucket'), false);
  await client.makeBucket('minio-bucket');
  assert.equal(await client.bucketExists('minio-bucket'), true);
  assert.ok((await client.listBuckets()).some(({ name }) => name === 'minio-bucket'));
  await client.removeBucket('minio-bucket');
  assert.equal(await client.bucketExists('minio-bucket'), false);
});

test('objects go up and come back, small and in parts', async () => {
  const client = minio();
  const bucket = await shared.bucket();
  const large = Buffer.alloc(12 * 1024 ** 2, 'large');
  const metadata = { 'Content-Type': 'x/y', one: 'eins' };
  await client.putObject(bucket, 'small ü', 'small body', undefined, metadata);
  await client.putObject(bucket, 'large', Readable.from([large]));
  assert.equal((await buffer(await client.getObject(bucket, 'small ü'))).toString(), 'small body');
  assert.deepEqual(await buffer(await client.getObject(bucket, 'large')), large);
  assert.equal((await buffer(await client.getPartialObject(bucket, 'large', 5, 5))).toString(), 'large');
  const stat = await client.statObject(bucket, 'small ü');
  assert.deepEqual([stat.size, stat.metaData.one, stat.metaData['content-type']], [10, 'eins', 'x/y']);
  assert.match((await client.statObject(bucket, 'large')).etag, /-\d+$/);
});

test('listings of both versions come in full, folded or not', async () => {
  const client = minio();
  const bucket = await shared.bucket();
  for (const key of ['a', 'dir/x', 'dir/y z', 'é']) await client.putObject(bucket, key, key);
  const all = await listed(client.listObjects(bucket, '', true));
  assert.deepEqual(
    all.map(({ name }) => name),
    ['a', 'dir/x', 'dir/y z', 'é'],
  );
  const folded = await listed(client.listObjectsV2(bucket, '', false));
  assert.deepEqual(folded.map(({ name, prefix }) => name ?? prefix).sort(), ['a', 'dir/', 'é']);
  await client.removeObjects(bucket, ['a', 'dir/x']);
  assert.equal((await listed(client.listObjectsV2(bucket, '', true))).length, 2);
});

test('copies, conditions of copies and versions', async () => {
  const client = minio();
  const bucket = await shared.bucket();
  await client.setBucketVersioning(bucket, { Status: 'Enabled' });
  assert.equal((await client.getBucketVersioning(bucket)).Status, 'Enabled');
  const { etag, versionId } = await client.putObject(bucket, 'source', 'first');
  await client.putObject(bucket, 'source', 'second');
  const conditions = new CopyConditions();
  conditions.setMatchETag(etag);
  await assert.rejects(client.copyObject(bucket, 'copy', `/${bucket}/source`, conditions), {
    code: 'PreconditionFailed',
  });
  await client.copyObject(bucket, 'copy', `/${bucket}/source`);
  assert.equal((await buffer(await client.getObject(bucket, 'copy'))).toString(), 'second');
  const old = await client.getObject(bucket, 'source', { versionId: versionId! });
  assert.equal((await buffer(old)).toString(), 'first');
});

test('an upload that was never completed is found and removed', async () => {
  const client = minio();
  const bucket = await shared.bucket();
  await client.initiateNewMultipartUpload(bucket, 'left/behind', {});
  const uploads = (await client.listIncompleteUploads(bucket, '', true).toArray()) as { key: string }[];
  assert.deepEqual(
    uploads.map(({ key }) => key),
    ['left/behind'],
  );
  await client.removeIncompleteUpload(bucket, 'left/behind');
  assert.equal((await client.listIncompleteUploads(bucket, '', true).toArray()).length, 0);
});

test('links of its presigner work', async () => {
  const client = minio();
  const bucket = await shared.bucket();
  const put = await client.presignedPutObject(bucket, 'a b', 60);
  assert.equal((await fetch(put, { method: 'PUT', body: 'linked' })).status, 200);
  const get = await client.presignedGetObject(bucket, 'a b', 60);
  assert.equal(await (await fetch(get)).text(), 'linked');
});

test('what is missing is told by S3’s codes', async () => {
  const client = minio();
  const bucket = await shared.bucket();
  await assert.rejects(client.getObject(bucket, 'none'), { code: 'NoSuchKey' });
  await assert.rejects(client.putObject('not-there', 'k', 'v'), { code: 'NoSuchBucket' });
  await assert.rejects(client.statObject(bucket, 'none'), { code: 'NotFound' });
});
