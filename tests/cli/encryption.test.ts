import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { KmsKeySummary, MasterKeySummary } from '../../src/cli/encryption-commands.ts';
import { isFailure } from '../operations/is-failure.ts';
import { type SpawnedServer, spawnServer } from '../start/spawn-server.ts';

const product = fileURLToPath(new URL('../../bin/cairn.js', import.meta.url));

/** What a command prints, run beside the running server. */
function cairn(server: SpawnedServer, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [product, ...args, '--data', server.data], (error, output, errors) => {
      if (error) reject(new Error(errors));
      else resolve(output);
    });
  });
}

async function ownerOf(t: TestContext, server: SpawnedServer): Promise<S3Client> {
  await cairn(server, 'account', 'create', 'ada');
  const pair = JSON.parse(await cairn(server, 'key', 'create', '--account', 'ada', '--json')) as {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  };
  const connection = { endpoint: server.url, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1 };
  const client = new S3Client({ ...connection, credentials: pair });
  t.after(() => client.destroy());
  await client.send(new CreateBucketCommand({ Bucket: 'adas-bucket' }));
  return client;
}

test('keys of the key management, and of the server, are made and changed beside the running server', async (t) => {
  const server = await spawnServer(t);
  const ada = await ownerOf(t, server);
  const arn = (await cairn(server, 'kms', 'key', 'create', '--account', 'ada', '--alias', 'alias/backups')).trim();
  assert.match(arn, /^arn:aws:kms:us-east-1:\d{12}:key\/[0-9a-f-]{36}$/);
  const object = { Bucket: 'adas-bucket', Key: 'k' };
  const how = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/backups' } as const;
  assert.equal((await ada.send(new PutObjectCommand({ ...object, Body: 'x', ...how }))).SSEKMSKeyId, arn);
  await cairn(server, 'kms', 'key', 'rotate', arn);
  const get = async () => (await ada.send(new GetObjectCommand(object))).Body!.transformToString();
  assert.equal(await get(), 'x');
  await cairn(server, 'kms', 'key', 'disable', arn);
  await assert.rejects(get(), isFailure('KMS.DisabledException', 400));
  const keys = JSON.parse(await cairn(server, 'kms', 'key', 'list', '--json')) as KmsKeySummary[];
  assert.deepEqual(
    keys.map(({ arn, state, aliases, material }) => [arn, state, aliases, material]),
    [[arn, 'disabled', ['alias/backups'], 'built-in']],
  );
  await cairn(server, 'kms', 'key', 'enable', arn);
  assert.equal(await get(), 'x');

  await ada.send(new PutObjectCommand({ ...object, Body: 'y', ServerSideEncryption: 'AES256' }));
  await cairn(server, 'encryption', 'rotate');
  assert.equal(await get(), 'y');
  const masterKeys = JSON.parse(await cairn(server, 'encryption', 'list', '--json')) as MasterKeySummary[];
  assert.deepEqual(
    masterKeys.map(({ isActive }) => isActive),
    [false, true],
  );
  const told = await cairn(server, 'kms', 'key', 'list');
  assert.match(told, /alias\/backups/);
});

test('compression of a bucket is switched on and off', async (t) => {
  const server = await spawnServer(t);
  const ada = await ownerOf(t, server);
  assert.match(await cairn(server, 'bucket', 'compression', 'adas-bucket'), /off/);
  assert.match(await cairn(server, 'bucket', 'compression', 'adas-bucket', 'on'), /on \(zstd\)/);
  const body = 'many lines that are alike\n'.repeat(1000);
  await ada.send(new PutObjectCommand({ Bucket: 'adas-bucket', Key: 'k', Body: body }));
  const { Body } = await ada.send(new GetObjectCommand({ Bucket: 'adas-bucket', Key: 'k' }));
  assert.equal(await Body!.transformToString(), body);
  assert.match(await cairn(server, 'bucket', 'compression', 'adas-bucket', 'off'), /off/);
  await assert.rejects(cairn(server, 'bucket', 'compression', 'none-such', 'on'), /does not exist|NoSuchBucket/);
  await assert.rejects(cairn(server, 'bucket', 'compression', 'adas-bucket', 'perhaps'), /on or off/);
});
