import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type SpawnedServer, spawnServer, temporaryDirectory } from './spawn-server.ts';

function clientOf({ url, accessKey, secretKey }: SpawnedServer): S3Client {
  return new S3Client({
    endpoint: url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
  });
}

/** Larger than what is stored inline, so that both engines hold a part of it. */
const content = Buffer.alloc(100_000, 'cairn');

/** Enough for both engines and every worker to have their part. */
const keys = Array.from({ length: 10 }, (_, i) => `key-${i}`);

test('objects put through the real program are there after a kill and a new start', async (t) => {
  const data = join(await temporaryDirectory(t), 'data');
  const first = await spawnServer(t, { data });
  const writer = clientOf(first);
  await writer.send(new CreateBucketCommand({ Bucket: 'bucket' }));
  for (const Key of keys) await writer.send(new PutObjectCommand({ Bucket: 'bucket', Key, Body: content }));
  writer.destroy();
  first.child.kill('SIGKILL');
  const reader = clientOf(await spawnServer(t, { data }));
  for (const Key of keys) {
    const { Body } = await reader.send(new GetObjectCommand({ Bucket: 'bucket', Key }));
    assert.ok(content.equals(await Body!.transformToByteArray()), Key);
  }
  reader.destroy();
});

test('the access log tells each request once, without secrets', async (t) => {
  const path = join(await temporaryDirectory(t), 'access.log');
  const server = await spawnServer(t, { environment: { CAIRN_ACCESS_LOG: path } });
  const client = clientOf(server);
  await client.send(new CreateBucketCommand({ Bucket: 'bucket' }));
  client.destroy();
  await fetch(`${server.url}/bucket/key?X-Amz-Signature=0123456789&X-Amz-Credential=somebody`);
  assert.equal(await server.stop(), 0);
  const log = await readFile(path, 'utf8');
  const lines = log
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ method, status }) => [method, status]),
    [
      ['PUT', 200],
      ['GET', lines[1].status],
    ],
  );
  assert.equal(lines[0].operation, 'CreateBucket');
  assert.equal(lines[0].bucket, 'bucket');
  assert.ok(!log.includes('0123456789') && !log.includes('somebody'), log);
});
