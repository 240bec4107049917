import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
  RestoreObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { runToEnd, type SpawnedServer, spawnServer, temporaryDirectory } from '../start/spawn-server.ts';

const product = fileURLToPath(new URL('../../bin/cairn.js', import.meta.url));

interface Ended {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

function cairn({ data }: { readonly data: string }, environment: NodeJS.ProcessEnv, ...args: string[]): Promise<Ended> {
  const env = { ...process.env, ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [product, ...args, '--data', data], { env }, (error, output, errors) => {
      resolve({ code: error ? Number(error.code) : 0, output, errors });
    });
  });
}

function clientOf(t: TestContext, server: SpawnedServer): S3Client {
  const credentials = { accessKeyId: server.accessKey, secretAccessKey: server.secretKey };
  const s3 = new S3Client({ endpoint: server.url, region: 'us-east-1', forcePathStyle: true, credentials });
  t.after(() => s3.destroy());
  return s3;
}

/** Asks until the answer is there: what the background does takes its time. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const lines = (text: string) => text.trim().split('\n');

test('a preview lists what rules would do, a page at a time, and does none of it', async (t) => {
  const server = await spawnServer(t);
  const s3 = clientOf(t, server);
  const Bucket = 'previewed';
  await s3.send(new CreateBucketCommand({ Bucket }));
  for (const Key of ['a', 'logs/1', 'logs/2', 'logs/3'])
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  const none = await cairn(server, {}, 'lifecycle', 'preview', Bucket);
  assert.deepEqual([none.code, none.errors], [1, 'cairn: previewed has no rules\n']);

  const rules = join(server.data, 'rules.json');
  const rule = { ID: 'old logs', Status: 'Enabled', Filter: { Prefix: 'logs/' }, Expiration: { Days: 30 } };
  await writeFile(rules, JSON.stringify({ Rules: [rule] }));
  const now = await cairn(server, {}, 'lifecycle', 'preview', Bucket, '--rule', rules);
  assert.deepEqual([now.code, now.output], [0, 'Nothing is due.\n']);
  const then = ['lifecycle', 'preview', Bucket, '--rule', rules, '--at', '2090-01-01'];
  const page = await cairn(server, {}, ...then, '--limit', '2', '--json');
  const [first, second, totals] = lines(page.output).map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual([first!.key, first!.action, first!.ruleId, first!.bytes], ['logs/1', 'expire', 'old logs', 6]);
  assert.equal(second!.key, 'logs/2');
  assert.deepEqual(totals, { type: 'totals', expire: 3, bytesFreed: 18, next: 'logs/2' });
  const rest = await cairn(server, {}, ...then, '--after', 'logs/2');
  assert.equal(lines(rest.output).length, 2);
  assert.match(rest.output, /^expire .*"logs\/3".*\nexpire: 3; frees 18 bytes/);
  for (const Key of ['a', 'logs/1']) await s3.send(new HeadObjectCommand({ Bucket, Key }));

  await writeFile(rules, JSON.stringify({ Rules: [{ ...rule, Expired: {} }] }));
  const wrong = await cairn(server, {}, 'lifecycle', 'preview', Bucket, '--rule', rules);
  assert.deepEqual([wrong.code, wrong.errors], [1, 'cairn: Rules[0] has Expired, which means nothing there\n']);
});

test('the server carries out rules, moves bytes to the other directory and back, and tells of it', async (t) => {
  const coldData = join(await temporaryDirectory(t), 'cold');
  const environment = { CAIRN_COLD_DATA: coldData, CAIRN_LIFECYCLE_DAY_SECONDS: '1' };
  const server = await spawnServer(t, { environment });
  const s3 = clientOf(t, server);
  const Bucket = 'ruled';
  await s3.send(new CreateBucketCommand({ Bucket }));
  const Rules = [
    { ID: 'expire', Status: 'Enabled' as const, Filter: { Prefix: 'gone' }, Expiration: { Days: 1 } },
    {
      ID: 'archive',
      Status: 'Enabled' as const,
      Filter: { Prefix: 'kept' },
      Transitions: [{ Days: 0, StorageClass: 'GLACIER' as const }],
    },
  ];
  await s3.send(new PutObjectCommand({ Bucket, Key: 'gone', Body: 'x' }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'kept', Body: Buffer.alloc(200_000, 'kept ') }));
  await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
  const head = (Key: string) => s3.send(new HeadObjectCommand({ Bucket, Key }));
  await until(() =>
    head('gone').then(
      () => undefined,
      () => true,
    ),
  );
  await until(async () => ((await head('kept')).StorageClass === 'GLACIER' ? true : undefined));
  const coldBlobs = async () =>
    (await readdir(join(coldData, 'blobs'), { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    );
  await until(async () => ((await coldBlobs()).length > 0 ? true : undefined));
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: 'kept' })), { name: 'InvalidObjectState' });
  await s3.send(new RestoreObjectCommand({ Bucket, Key: 'kept', RestoreRequest: { Days: 1000 } }));
  await until(async () => (/"false"/.test((await head('kept')).Restore ?? '') ? true : undefined));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'kept' }));
  assert.equal((await Body!.transformToByteArray()).length, 200_000);

  const told = await until(async () => {
    const { output } = await cairn(server, environment, 'workers', '--json');
    const work = JSON.parse(output) as { name: string; totals: Record<string, number> }[];
    const totals = Object.assign({}, ...work.map((one) => one.totals)) as Record<string, number>;
    return totals.expired === 1 && totals.restored === 1 ? work : undefined;
  });
  assert.ok(told.some(({ name }) => name === 'apply-lifecycle') && told.some(({ name }) => name === 'place-contents'));
  const shown = await cairn(server, environment, 'workers');
  assert.match(shown.output, /^NAME +STATE .*\n(.*\n)*apply-lifecycle +/);
  const scrubbed = await cairn(server, environment, 'scrub');
  assert.deepEqual([scrubbed.code, scrubbed.output.includes('No damage found.')], [0, true], scrubbed.output);
});

test('a server that has cold data does not start without its directory', async (t) => {
  const coldData = join(await temporaryDirectory(t), 'cold');
  const server = await spawnServer(t, { environment: { CAIRN_COLD_DATA: coldData } });
  server.child.kill('SIGKILL');
  await until(async () => (server.child.exitCode !== null || server.child.signalCode !== null ? true : undefined));
  const without = await runToEnd(t, { data: server.data });
  assert.match(without.errors, /keeps objects in a directory for cold data: name it with CAIRN_COLD_DATA/);
  await rm(coldData, { recursive: true });
  const unmounted = await runToEnd(t, { data: server.data, environment: { CAIRN_COLD_DATA: coldData } });
  assert.match(unmounted.errors, /is not the directory for cold data .* is its disk mounted\?/);
});
