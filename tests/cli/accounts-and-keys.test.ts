import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, HeadBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { type SpawnedServer, spawnServer } from '../start/spawn-server.ts';

const product = fileURLToPath(new URL('../../bin/cairn.js', import.meta.url));

interface Ended {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs one command against a server's data directory, beside the running server. */
function cairn(server: SpawnedServer, ...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [product, ...args, '--data', server.data], (error, output, errors) => {
      resolve({ code: error ? Number(error.code) : 0, output, errors });
    });
  });
}

async function json<T>(server: SpawnedServer, ...args: string[]): Promise<T> {
  const ended = await cairn(server, ...args, '--json');
  assert.equal(ended.code, 0, ended.errors);
  return JSON.parse(ended.output) as T;
}

interface Pair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

function clientOf(t: TestContext, server: SpawnedServer, credentials: Pair): S3Client {
  const client = new S3Client({
    endpoint: server.url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials,
    maxAttempts: 1,
  });
  t.after(() => client.destroy());
  return client;
}

test('accounts and keys made while the server runs work at once, and stop at once', async (t) => {
  const server = await spawnServer(t);
  const account = await json<Record<string, string>>(server, 'account', 'create', 'ada', '--email', 'ada@example.com');
  assert.match(account.accountId ?? '', /^\d{12}$/);
  assert.match(account.canonicalId ?? '', /^[0-9a-f]{64}$/);
  assert.equal(account.displayName, 'ada');
  assert.equal(account.email, 'ada@example.com');

  const pair = await json<Pair>(server, 'key', 'create', '--account', 'ada');
  const ada = clientOf(t, server, pair);
  await ada.send(new CreateBucketCommand({ Bucket: 'adas-bucket' }));
  const { Owner } = await ada.send(new ListBucketsCommand({}));
  assert.deepEqual({ ...Owner }, { ID: account.canonicalId, DisplayName: 'ada' });

  await json(server, 'account', 'create', 'bob', '--account-id', '123456789012345');
  const own = { accessKeyId: 'bobs-own-key', secretAccessKey: 'bobs-own-secret' };
  const given = await json<Pair>(
    server,
    'key',
    'create',
    '--account',
    'bob',
    '--access-key',
    own.accessKeyId,
    '--secret-key',
    own.secretAccessKey,
  );
  assert.deepEqual({ accessKeyId: given.accessKeyId, secretAccessKey: given.secretAccessKey }, own);
  const bob = clientOf(t, server, own);
  await assert.rejects(
    bob.send(new HeadBucketCommand({ Bucket: 'adas-bucket' })),
    (error: { $metadata: { httpStatusCode: number } }) => error.$metadata.httpStatusCode === 403,
  );

  assert.equal((await cairn(server, 'key', 'disable', own.accessKeyId)).code, 0);
  await assert.rejects(bob.send(new ListBucketsCommand({})), { name: 'InvalidAccessKeyId' });
  const keys = await json<{ accessKeyId: string; status: string }[]>(server, 'key', 'list', '--account', 'bob');
  assert.deepEqual(
    keys.map(({ accessKeyId, status }) => ({ accessKeyId, status })),
    [{ accessKeyId: own.accessKeyId, status: 'inactive' }],
  );
  assert.equal((await cairn(server, 'key', 'enable', own.accessKeyId)).code, 0);
  await bob.send(new ListBucketsCommand({}));
  assert.equal((await cairn(server, 'key', 'delete', own.accessKeyId)).code, 0);
  await assert.rejects(bob.send(new ListBucketsCommand({})), { name: 'InvalidAccessKeyId' });

  const refused = await cairn(server, 'account', 'delete', 'ada');
  assert.equal(refused.code, 1);
  assert.match(refused.errors, /owns buckets/);
  assert.equal((await cairn(server, 'account', 'delete', 'bob')).code, 0);
  const names = (await json<{ displayName: string }[]>(server, 'account', 'list')).map((a) => a.displayName).sort();
  assert.deepEqual(names, ['ada', 'root']);
});

test('a name, an id or a key that is taken is refused in one line', async (t) => {
  const server = await spawnServer(t);
  await json(server, 'account', 'create', 'ada');
  for (const args of [
    ['account', 'create', 'ada'],
    ['account', 'create', 'eve', '--account-id', '12'],
    ['key', 'create', '--account', 'nobody'],
    ['key', 'create', '--account', 'ada', '--access-key', server.accessKey, '--secret-key', 'stolen-secret'],
  ]) {
    const ended = await cairn(server, ...args);
    assert.equal(ended.code, 1, args.join(' '));
    assert.match(ended.errors, /^cairn: .+\n$/, args.join(' '));
  }
});

test('no secret lies readable in the data directory but in the file made for it', async (t) => {
  const server = await spawnServer(t);
  await json(server, 'account', 'create', 'ada');
  const secretAccessKey = 'a-secret-that-would-be-seen-at-once';
  await json(server, 'key', 'create', '--account', 'ada', '--access-key', 'adas-key', '--secret-key', secretAccessKey);
  await server.stop();
  const files = await readdir(server.data, { recursive: true, withFileTypes: true });
  let looked = 0;
  for (const file of files.filter((entry) => entry.isFile())) {
    const bytes = await readFile(join(file.parentPath, file.name));
    assert.ok(!bytes.includes(secretAccessKey), file.name);
    looked++;
  }
  assert.ok(looked > 2);
});
