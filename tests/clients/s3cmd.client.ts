import assert from 'node:assert/strict';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnServer, temporaryDirectory } from '../start/spawn-server.ts';
import { clientTest } from './client-programs.ts';
import { bytesFor, digestsBelow, plantTree, sha256 } from './trees.ts';

clientTest('s3cmd', 'sync, put, get, cp, mv, signurl and del', async (t, client) => {
  const server = await spawnServer(t);
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
  const source = join(directory, 'source');
  const target = join(directory, 'target');
  await plantTree(source);

  await s3cmd('mb', 's3://bucket');
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
