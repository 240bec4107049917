import assert from 'node:assert/strict';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type SpawnOptions, spawnServer, temporaryDirectory } from '../start/spawn-server.ts';
import { clientTest, type RunClient } from './client-programs.ts';
import { bytesFor, digestsBelow, plantTree, sha256 } from './trees.ts';

/** Runs `s3cmd` in the directory with the server's credentials. */
async function settingOf(t: TestContext, client: RunClient, { environment = {} }: SpawnOptions = {}) {
  const server = await spawnServer(t, { environment });
  const directory = await temporaryDirectory(t);
  const host = `127.0.0.1:${server.port}`;
  await writeFile(
    join(directory, 's3cfg'),
    `[default]
access_key = ${server.accessKey}
secret_key = ${server.secretKey}
host_base = ${host}
host_bucket = ${host}
use_https = False
multipart_chunk_size_mb = 5
max_retries = 1
`,
  );
  const s3cmd = (...args: string[]) => client(['--config', 's3cfg', '--no-progress', ...args], { directory });
  await s3cmd('mb', 's3://bucket');
  return { s3cmd, directory };
}

clientTest('s3cmd', 'sync, put, get, cp, mv and del', async (t, client) => {
  const { s3cmd, directory } = await settingOf(t, client);
  const source = join(directory, 'source');
  const target = join(directory, 'target');
  await plantTree(source);

  await s3cmd('sync', 'source/', 's3://bucket/tree/');
  await s3cmd('sync', 's3://bucket/tree/', 'target/');
  assert.deepEqual(await digestsBelow(target), await digestsBelow(source));
  await rm(join(source, 'one byte'));
  await appendFile(join(source, 'large.bin'), 'and more');
  await s3cmd('sync', '--delete-removed', 'source/', 's3://bucket/tree/');
  await s3cmd('cp', '--recursive', 's3://bucket/tree/', 's3://bucket/copy/');
  await s3cmd('sync', '--delete-removed', 's3://bucket/copy/', 'target/');
  assert.deepEqual(await digestsBelow(target), await digestsBelow(source));

  const bytes = bytesFor('put', (6 << 20) + 5);
  await writeFile(join(directory, 'file'), bytes);
  await s3cmd('put', '--add-header', 'x-amz-meta-colour: blue', 'file', 's3://bucket/a b+ü');
  await s3cmd('mv', 's3://bucket/a b+ü', 's3://bucket/moved');
  assert.match(await s3cmd('info', 's3://bucket/moved'), /x-amz-meta-colour: blue/);
  await s3cmd('get', 's3://bucket/moved', 'got');
  assert.equal(sha256(await readFile(join(directory, 'got'))), sha256(bytes));
  assert.match(await s3cmd('du', 's3://bucket'), /objects/);
  await s3cmd('del', '--recursive', '--force', 's3://bucket');
  await s3cmd('rb', 's3://bucket');
  assert.equal(await s3cmd('ls'), '');
});

clientTest('s3cmd', 'signatures of version 2, in headers and in URLs', async (t, client) => {
  const { s3cmd, directory } = await settingOf(t, client, { environment: { CAIRN_SIGV2: 'on' } });
  const bytes = bytesFor('signed the old way', (6 << 20) + 5);
  await writeFile(join(directory, 'file'), bytes);
  await s3cmd('--signature-v2', 'put', 'file', 's3://bucket/a b+ü');
  await s3cmd('--signature-v2', 'get', 's3://bucket/a b+ü', 'got');
  assert.equal(sha256(await readFile(join(directory, 'got'))), sha256(bytes));
  const answer = await fetch((await s3cmd('signurl', 's3://bucket/a b+ü', '+60')).trim());
  assert.equal(sha256(await answer.bytes()), sha256(bytes));
});
