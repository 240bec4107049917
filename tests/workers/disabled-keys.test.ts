import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendQuery } from '../identity/send-query.ts';
import { sendRaw } from '../operations/send-raw.ts';
import type { TestServer } from '../s3-server.ts';
import { spawnServer } from '../start/spawn-server.ts';

/** Asks on new connections until every worker has answered; each says by `x-amz-id-2` who it is. */
async function statusesOfWorkers(server: TestServer, credentials: TestServer['root'], workers: number) {
  const answered = new Map<string, number>();
  for (let i = 0; i < 500 && answered.size < workers; i++) {
    const { status, headers } = await sendRaw(server, { method: 'GET', path: '/', credentials });
    answered.set(headers['x-amz-id-2']!, status);
  }
  assert.equal(answered.size, workers, 'every worker was asked');
  return [...answered.values()];
}

test('a key that is disabled stops on every worker with the next request, and works again when it is enabled', async (t) => {
  const workers = 2;
  const spawned = await spawnServer(t, { environment: { CAIRN_WORKERS: String(workers) } });
  const root = { accessKeyId: spawned.accessKey, secretAccessKey: spawned.secretKey };
  const server = { host: `127.0.0.1:${spawned.port}`, port: spawned.port, root } as TestServer;
  const ask = async (parameters: Readonly<Record<string, string>>) => {
    const response = await sendQuery(server, { parameters });
    assert.equal(response.status, 200, response.text);
    return response.text;
  };
  await ask({ Action: 'CreateUser', UserName: 'ann' });
  const PolicyArn = 'arn:aws:iam::aws:policy/AmazonS3FullAccess';
  await ask({ Action: 'AttachUserPolicy', UserName: 'ann', PolicyArn });
  const made = await ask({ Action: 'CreateAccessKey', UserName: 'ann' });
  const text = (name: string) => new RegExp(`<${name}>([^<]*)<`).exec(made)![1]!;
  const keys = { accessKeyId: text('AccessKeyId'), secretAccessKey: text('SecretAccessKey') };
  const change = { UserName: 'ann', AccessKeyId: keys.accessKeyId };
  for (const [Status, expected] of [
    ['Active', 200],
    ['Inactive', 403],
    ['Active', 200],
  ] as const) {
    await ask({ Action: 'UpdateAccessKey', ...change, Status });
    assert.deepEqual(await statusesOfWorkers(server, keys, workers), [expected, expected]);
  }
  await ask({ Action: 'DetachUserPolicy', UserName: 'ann', PolicyArn });
  assert.deepEqual(await statusesOfWorkers(server, keys, workers), [403, 403]);
  await ask({ Action: 'DeleteAccessKey', ...change });
  assert.deepEqual(await statusesOfWorkers(server, keys, workers), [403, 403]);
});
