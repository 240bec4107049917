import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { type BucketItem, Client, CopyConditions, S3Error } from 'minio';
import { spawnServer, temporaryDirectory } from '../start/spawn-server.ts';
import { bytesFor, digestsBelow, plantTree, sha256 } from './trees.ts';

/** A client of a server of its own, with an empty bucket and a directory. */
async function settingOf(t: TestContext) {
  const server = await spawnServer(t);
  const client = new Client({
    endPoint: '127.0.0.1',
    port: server.port,
    useSSL: false,
    accessKey: server.accessKey,
    secretKey: server.secretKey,
    partSize: 5 << 20,
  });
  await client.makeBucket('bucket', 'us-east-1');
  return { client, directory: await temporaryDirectory(t) };
}

async function listed<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of stream) found.push(item);
  return found;
}

test('minio: a tree there and back', async (t) => {
  const { client, directory } = await settingOf(t);
  const source = join(directory, 'source');
  const target = join(directory, 'target');
  await plantTree(source);
  for (const name of Object.keys(await digestsBelow(source))) {
    await client.fPutObject('bucket', name, join(source, name), { 'X-Amz-Meta-Colour': 'blue' });
  }
  const objects: BucketItem[] = await listed(client.listObjectsV2('bucket', '', true));
  for (const { name } of objects) {
    assert.ok(name);
    await client.fGetObject('bucket', name, join(target, name));
    assert.equal((await client.statObject('bucket', name)).metaData.colour, 'blue');
  }
  assert.deepEqual(await digestsBelow(target), await digestsBelow(source));
  const names = objects.map(({ name }) => name!);
  assert.deepEqual(
    (await listed(client.listObjects('bucket', '', true))).map(({ name }) => name),
    names,
  );
  await client.removeObjects('bucket', names);
  await client.removeBucket('bucket');
  assert.equal(await client.bucketExists('bucket'), false);
});

test('minio: streams, ranges, copies, compositions and presigned URLs', async (t) => {
  const { client, directory } = await settingOf(t);
  const bytes = bytesFor('streamed', (6 << 20) + 1);
  await writeFile(join(directory, 'file'), bytes);
  const { etag } = await client.putObject('bucket', 'a b+ü', bytes);
  const read = async (name: string) => sha256(await buffer((await client.getObject('bucket', name)) as Readable));
  assert.equal(await read('a b+ü'), sha256(bytes));
  const middle = await buffer(await client.getPartialObject('bucket', 'a b+ü', 5_000_000, 1_000_000));
  assert.deepEqual(middle, bytes.subarray(5_000_000, 6_000_000));

  const conditions = new CopyConditions();
  conditions.setMatchETag(etag);
  await client.copyObject('bucket', 'copy', '/bucket/a b+ü', conditions);
  assert.equal(await read('copy'), sha256(bytes));

  const upload = await client.presignedPutObject('bucket', 'by URL', 60);
  const put = await fetch(upload, { method: 'PUT', body: await readFile(join(directory, 'file')) });
  assert.equal(put.status, 200, await put.text());
  const got = await fetch(await client.presignedGetObject('bucket', 'by URL', 60));
  assert.equal(sha256(await got.bytes()), sha256(bytes));

  await client.removeObject('bucket', 'copy');
  await assert.rejects(
    client.statObject('bucket', 'copy'),
    (error) => error instanceof S3Error && error.code === 'NotFound',
  );
  await assert.rejects(
    client.getObject('bucket', 'copy'),
    (error) => error instanceof S3Error && error.code === 'NoSuchKey',
  );
});

test('minio: versions', async (t) => {
  const { client } = await settingOf(t);
  await client.setBucketVersioning('bucket', { Status: 'Enabled' });
  const first = await client.putObject('bucket', 'key', 'first');
  await client.putObject('bucket', 'key', 'second');
  const old = await client.getObject('bucket', 'key', { versionId: first.versionId! });
  assert.equal(String(await buffer(old)), 'first');
  await client.removeObject('bucket', 'key', { versionId: first.versionId! });
  assert.equal(String(await buffer(await client.getObject('bucket', 'key'))), 'second');
  const versions = await listed(client.listObjects('bucket', '', true, { IncludeVersion: true }));
  assert.equal(versions.length, 1);
});
