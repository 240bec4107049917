import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  CreateBucketCommand,
  HeadBucketCommand,
  PutObjectCommand,
  S3Client,
  type S3ServiceException,
} from '@aws-sdk/client-s3';
import { openLmdbMetadataEngine } from '../../src/engines/metadata/lmdb/lmdb-metadata-engine.ts';
import { spans } from '../../src/records/keyspace.ts';
import { dataPaths } from '../../src/services/data-directory/data-directory.ts';
import { isFailure } from '../operations/is-failure.ts';
import { type SpawnedServer, spawnServer } from '../start/spawn-server.ts';

const product = fileURLToPath(new URL('../../bin/cairn.js', import.meta.url));

/** Runs one command against a server's data directory, beside the running server. */
function cairn(server: SpawnedServer, ...args: string[]): Promise<{ code: number; output: string; errors: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [product, ...args, '--data', server.data], (error, output, errors) => {
      resolve({ code: error ? Number(error.code) : 0, output, errors });
    });
  });
}

async function json(server: SpawnedServer, ...args: string[]): Promise<Record<string, unknown>> {
  const { code, output, errors } = await cairn(server, ...args, '--json');
  assert.equal(code, 0, errors);
  return JSON.parse(output) as Record<string, unknown>;
}

async function ada(t: TestContext, server: SpawnedServer): Promise<S3Client> {
  await json(server, 'account', 'create', 'ada');
  const credentials = (await json(server, 'key', 'create', '--account', 'ada')) as {
    accessKeyId: string;
    secretAccessKey: string;
  };
  const settings = { endpoint: server.url, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1 };
  const client = new S3Client({ ...settings, credentials });
  t.after(() => client.destroy());
  return client;
}

test('quotas are set, obeyed at once, shown with what is used, and taken off again', async (t) => {
  const server = await spawnServer(t);
  const client = await ada(t, server);
  await client.send(new CreateBucketCommand({ Bucket: 'bounded' }));
  const put = (Key: string) => client.send(new PutObjectCommand({ Bucket: 'bounded', Key, Body: 'x'.repeat(1024) }));
  await put('before');
  assert.equal((await cairn(server, 'quota', 'set', '--bucket', 'bounded', '--bytes', '2K')).code, 0);
  await put('fits');
  await assert.rejects(put('over'), isFailure('QuotaExceeded', 403));
  const shown = await json(server, 'quota', 'show', '--bucket', 'bounded');
  assert.deepEqual([shown.bytes, shown.quota], [2048, { bytes: 2048 }]);
  await cairn(server, 'quota', 'set', '--bucket', 'bounded', '--bytes', 'none');
  assert.equal((await cairn(server, 'quota', 'set', '--account', 'ada', '--objects', '3')).code, 0);
  await put('third');
  await assert.rejects(put('fourth'), isFailure('QuotaExceeded', 403));
  assert.match((await cairn(server, 'usage')).output, /account +ada +3 +3 +3 +3\.0 KiB/);
  const wrong = await cairn(server, 'quota', 'set', '--bytes', '2K');
  assert.notEqual(wrong.code, 0);
  assert.match(
    (await cairn(server, 'quota', 'show', '--bucket', 'none')).errors,
    /^cairn: The specified bucket does not exist/,
  );
});

test('a recount tells of wrong counters, puts them right, and then finds nothing', async (t) => {
  const server = await spawnServer(t);
  const client = await ada(t, server);
  await client.send(new CreateBucketCommand({ Bucket: 'counted' }));
  await client.send(new PutObjectCommand({ Bucket: 'counted', Key: 'k', Body: 'x' }));
  assert.deepEqual(await cairn(server, 'usage', 'recount'), {
    code: 0,
    output: 'all counters are right\n',
    errors: '',
  });
  const metadata = openLmdbMetadataEngine({ directory: dataPaths(server.data).metadata, sync: 'durable' });
  const [entry] = await metadata.range(spans.table('usage', undefined, 1));
  await metadata.transact((tx) => tx.add(entry!.key, [0, 0, 41]));
  await metadata.close();
  const told = await cairn(server, 'usage', 'recount');
  assert.equal(told.code, 2);
  assert.match(told.output, /^bucket counted: bytes 42, counted 1\naccount \d+: bytes 1, counted 42\n$/);
  const repaired = await cairn(server, 'usage', 'recount', '--repair');
  assert.equal(repaired.code, 0);
  assert.equal((await cairn(server, 'usage', 'recount')).code, 0);
  assert.equal((await json(server, 'usage', '--bucket', 'counted')).bytes, 1);
});

test('limits bind all workers together, from the next request on', async (t) => {
  const server = await spawnServer(t, { environment: { CAIRN_WORKERS: '2' } });
  const client = await ada(t, server);
  await client.send(new CreateBucketCommand({ Bucket: 'limited' }));
  const head = async () => {
    try {
      await client.send(new HeadBucketCommand({ Bucket: 'limited' }));
      return 200;
    } catch (error) {
      return (error as S3ServiceException).$metadata.httpStatusCode;
    }
  };
  assert.equal((await cairn(server, 'limit', 'set', '--account', 'ada', '--requests', '5')).code, 0);
  const startedAt = Date.now();
  const statuses = await Promise.all(Array.from({ length: 60 }, head));
  const seconds = (Date.now() - startedAt) / 1000;
  const admitted = statuses.filter((status) => status === 200).length;
  assert.ok(admitted >= 4 && admitted <= 5 + Math.ceil(5 * seconds), `${admitted} in ${seconds} s`);
  assert.deepEqual([...new Set(statuses)].sort(), [200, 503]);
  assert.deepEqual(await json(server, 'limit', 'show', '--account', 'ada'), { requests: 5, bytes: null });
  assert.equal((await cairn(server, 'limit', 'set', '--account', 'ada', '--requests', 'none')).code, 0);
  assert.deepEqual([...new Set(await Promise.all(Array.from({ length: 30 }, head)))], [200]);
});
