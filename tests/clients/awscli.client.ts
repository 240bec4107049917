import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type SpawnedServer, spawnServer, temporaryDirectory } from '../start/spawn-server.ts';
import { clientTest, type RunClient } from './client-programs.ts';
import { certificateFile, httpsSettings } from './https.ts';
import { bytesFor, digestsBelow, plantTree, sha256 } from './trees.ts';

interface Setting {
  readonly server: SpawnedServer;
  readonly directory: string;
  /** Runs `aws` with the server's credentials, in the directory. */
  aws(...args: string[]): Promise<string>;
  /** The same, and reads the answer. */
  answer(...args: string[]): Promise<Record<string, unknown>>;
}

async function settingOf(t: TestContext, client: RunClient, options: { https: boolean }): Promise<Setting> {
  // For `presign`, which signs with version 2 unless its configuration says otherwise.
  const server = await spawnServer(t, { environment: { CAIRN_SIGV2: 'on', ...(options.https ? httpsSettings : {}) } });
  const directory = await temporaryDirectory(t);
  const environment = {
    HOME: directory,
    AWS_ACCESS_KEY_ID: server.accessKey,
    AWS_SECRET_ACCESS_KEY: server.secretKey,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_S3: server.url,
    AWS_MAX_ATTEMPTS: '1',
    AWS_PAGER: '',
    ...(options.https ? { AWS_CA_BUNDLE: certificateFile } : {}),
  };
  const aws = (...args: string[]) => client(args, { environment, directory });
  await aws('s3', 'mb', 's3://bucket');
  return { server, directory, aws, answer: async (...args) => JSON.parse((await aws(...args)) || '{}') };
}

for (const https of [false, true]) {
  clientTest('aws', `s3 sync there and back over ${https ? 'HTTPS' : 'HTTP'}`, async (t, client) => {
    const { aws, directory } = await settingOf(t, client, { https });
    const source = join(directory, 'source');
    await plantTree(source);
    await aws('s3', 'sync', 'source', 's3://bucket/tree');
    assert.equal(await aws('s3', 'sync', 'source', 's3://bucket/tree'), '', 'nothing is left to send');
    await aws('s3', 'sync', 's3://bucket/tree', 'target');
    assert.deepEqual(await digestsBelow(join(directory, 'target')), await digestsBelow(source));
    await rm(join(source, 'large.bin'));
    await aws('s3', 'sync', '--delete', 'source', 's3://bucket/tree');
    await aws('s3', 'sync', '--delete', 's3://bucket/tree', 'target');
    assert.deepEqual(await digestsBelow(join(directory, 'target')), await digestsBelow(source));
  });
}

clientTest('aws', 's3 cp, mv, presign, ls, rm and rb', async (t, client) => {
  const { aws, directory, server } = await settingOf(t, client, { https: false });
  const bytes = bytesFor('an object', (9 << 20) + 17);
  await writeFile(join(directory, 'file'), bytes);
  await aws('s3', 'cp', 'file', 's3://bucket/a/1', '--metadata', 'colour=blue', '--content-type', 'text/x-test');
  await aws('s3', 'cp', 's3://bucket/a/1', 's3://bucket/a/2');
  await aws('s3', 'mv', 's3://bucket/a/2', 's3://bucket/b/3');
  const presigned = (await aws('s3', 'presign', 's3://bucket/b/3', '--expires-in', '60')).trim();
  assert.equal(sha256(new Uint8Array(await (await fetch(presigned)).arrayBuffer())), sha256(bytes));
  assert.equal((await fetch(`${server.url}/bucket/b/3`)).status, 403);
  const listed = await aws('s3', 'ls', '--recursive', '--summarize', 's3://bucket');
  assert.match(listed, new RegExp(` ${bytes.length} a/1\\n.* ${bytes.length} b/3\\n.*Total Objects: 2`, 's'));
  await aws('s3', 'rm', '--recursive', 's3://bucket/');
  await aws('s3', 'rb', 's3://bucket');
  assert.equal(await aws('s3', 'ls'), '');
});

clientTest('aws', 's3api with each checksum', async (t, client) => {
  const { answer, directory } = await settingOf(t, client, { https: true });
  const bytes = bytesFor('checked', 70_000);
  await writeFile(join(directory, 'file'), bytes);
  const object = (key: string) => ['--bucket', 'bucket', '--key', key];
  for (const algorithm of ['CRC32', 'SHA1', 'SHA256']) {
    const put = await answer(
      's3api',
      'put-object',
      ...object(algorithm),
      '--body',
      'file',
      '--checksum-algorithm',
      algorithm,
    );
    const name = `Checksum${algorithm}`;
    assert.ok(put[name], name);
    const head = await answer('s3api', 'head-object', ...object(algorithm), '--checksum-mode', 'ENABLED');
    assert.equal(head[name], put[name]);
    const target = `got-${algorithm}`;
    const got = await answer('s3api', 'get-object', ...object(algorithm), '--checksum-mode', 'ENABLED', target);
    assert.equal(got[name], put[name]);
    assert.equal((await digestsBelow(directory))[target], sha256(bytes));
  }
});

clientTest('aws', 's3api with parts, listed, aborted and completed', async (t, client) => {
  const { answer, aws, directory } = await settingOf(t, client, { https: false });
  const parts = [bytesFor('first', 5 << 20), bytesFor('second', 1234)];
  for (const [index, part] of parts.entries()) await writeFile(join(directory, `part-${index + 1}`), part);
  const object = ['--bucket', 'bucket', '--key', 'joined'];
  const created = async () => String((await answer('s3api', 'create-multipart-upload', ...object)).UploadId);
  const dropped = await created();
  await aws('s3api', 'abort-multipart-upload', ...object, '--upload-id', dropped);
  const upload = [...object, '--upload-id', await created()];
  const done: { PartNumber: number; ETag: unknown }[] = [];
  for (const [index] of parts.entries()) {
    const numbered = ['--part-number', String(index + 1), '--body', `part-${index + 1}`];
    const { ETag } = await answer('s3api', 'upload-part', ...upload, ...numbered);
    done.push({ PartNumber: index + 1, ETag });
  }
  const uploads = (await answer('s3api', 'list-multipart-uploads', '--bucket', 'bucket')).Uploads as unknown[];
  assert.equal(uploads.length, 1);
  const listed = await answer('s3api', 'list-parts', ...upload, '--page-size', '1');
  assert.equal((listed.Parts as unknown[]).length, 2);
  await aws('s3api', 'complete-multipart-upload', ...upload, '--multipart-upload', JSON.stringify({ Parts: done }));
  await aws('s3api', 'get-object', ...object, 'joined');
  assert.equal((await digestsBelow(directory)).joined, sha256(Buffer.concat(parts)));
  await aws('s3api', 'get-object', ...object, '--part-number', '2', 'part');
  assert.equal((await digestsBelow(directory)).part, sha256(parts[1]!));
});

clientTest('aws', 's3api with versions', async (t, client) => {
  const { answer, aws, directory } = await settingOf(t, client, { https: false });
  await mkdir(join(directory, 'got'));
  await aws('s3api', 'put-bucket-versioning', '--bucket', 'bucket', '--versioning-configuration', 'Status=Enabled');
  const object = ['--bucket', 'bucket', '--key', 'key'];
  const ids: string[] = [];
  for (const body of ['one', 'two']) {
    await writeFile(join(directory, body), body);
    ids.push(String((await answer('s3api', 'put-object', ...object, '--body', body)).VersionId));
  }
  const deleted = await answer('s3api', 'delete-object', ...object);
  assert.equal(deleted.DeleteMarker, true);
  await assert.rejects(aws('s3api', 'get-object', ...object, 'gone'), /NoSuchKey/);
  await aws('s3api', 'get-object', ...object, '--version-id', ids[0]!, 'got/one');
  await aws('s3api', 'delete-object', ...object, '--version-id', String(deleted.VersionId));
  await aws('s3api', 'get-object', ...object, 'got/two');
  const tree = await digestsBelow(directory);
  assert.deepEqual([tree['got/one'], tree['got/two']], [tree.one, tree.two]);
  const listed = await answer('s3api', 'list-object-versions', '--bucket', 'bucket', '--page-size', '1');
  assert.deepEqual(
    (listed.Versions as { VersionId: string; IsLatest: boolean }[]).map((v) => [v.VersionId, v.IsLatest]),
    [
      [ids[1], true],
      [ids[0], false],
    ],
  );
});
