import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { runCairn } from '../crash/run-cairn.ts';
import { eventually, isAlive, type SpawnedServer, spawnServer } from '../start/spawn-server.ts';
import { putRules, remoteArn, rule, shownVersions, versionedBucket } from './pair.ts';

const environment = { CAIRN_OUTBOUND_ALLOW: '127.0.0.0/8', CAIRN_SYNC: 'relaxed' };

function clientOf({ url, accessKey, secretKey }: SpawnedServer): S3Client {
  const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
  return new S3Client({ endpoint: url, region: 'us-east-1', forcePathStyle: true, credentials, maxAttempts: 1 });
}

/** Kills a server with all its processes. What they held must not keep the next ones waiting. */
async function killWhole({ child }: SpawnedServer): Promise<void> {
  const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
  child.kill('SIGKILL');
  for (const pid of children.trim().split(' ').map(Number)) {
    // Most end by themselves when their primary is gone, perhaps by now.
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    await eventually(async () => (isAlive(pid) ? undefined : true));
  }
}

interface Standing {
  readonly waiting: number;
  readonly refused: number;
  readonly lagMilliseconds?: number;
}

async function standing(data: string): Promise<readonly Standing[]> {
  const ended = await runCairn(['replication', 'status', 'source', '--json', '--data', data]);
  assert.equal(ended.code, 0, ended.errors);
  return JSON.parse(ended.output) as Standing[];
}

test('both servers are killed while objects are replicated: nothing is lost, twice or out of order', async (t) => {
  let there = await spawnServer(t, { environment });
  let here = await spawnServer(t, { environment });
  const onPort = ({ port, data }: SpawnedServer) => ({
    data,
    environment: { ...environment, CAIRN_PORT: String(port) },
  });
  const added = await runCairn(
    ['remote', 'add', 'other', '--endpoint', there.url, '--access-key', there.accessKey].concat([
      '--secret-key',
      there.secretKey,
      '--data',
      here.data,
    ]),
  );
  assert.equal(added.code, 0, added.errors);
  assert.equal(added.output.includes(there.secretKey), false);
  const source = { s3: clientOf(here) };
  const copies = { s3: clientOf(there) };
  t.after(() => {
    for (const { s3 } of [source, copies]) s3.destroy();
  });
  await versionedBucket(source, 'source');
  await versionedBucket(copies, 'copies');
  await putRules(source, 'source', rule(remoteArn('copies')));

  let acknowledged = 0;
  const write = async (round: number) => {
    const keys = Array.from({ length: 8 }, (_, i) => `key ${i}`);
    await Promise.all(
      keys.map(async (Key, i) => {
        for (let turn = 0; turn < 6; turn++) {
          const Body = `${round}/${turn}/${i}`.repeat(i === 0 ? 40_000 : 1);
          await source.s3.send(new PutObjectCommand({ Bucket: 'source', Key, Body }));
          acknowledged++;
          if ((turn + i) % 5 !== 0) continue;
          await source.s3.send(new DeleteObjectCommand({ Bucket: 'source', Key }));
          acknowledged++;
        }
      }),
    );
  };
  await write(0);
  await killWhole(there);
  await write(1);
  assert.ok((await standing(here.data))[0]!.waiting > 0, 'it waits for the destination');
  await killWhole(here);
  here = await spawnServer(t, onPort(here));
  there = await spawnServer(t, onPort(there));
  await write(2);
  await killWhole(here);
  here = await spawnServer(t, onPort(here));
  await write(3);
  await killWhole(there);
  there = await spawnServer(t, onPort(there));
  const original = await shownVersions(source, 'source');
  assert.equal(original.length, acknowledged);
  await eventually(async () => {
    const shown = await shownVersions(copies, 'copies');
    return shown.length === original.length ? shown : undefined;
  });
  assert.deepEqual(await shownVersions(copies, 'copies'), original);
  const [state] = await eventually(async () => {
    const lines = await standing(here.data);
    return lines[0]?.waiting === 0 ? lines : undefined;
  });
  assert.deepEqual([state?.waiting, state?.refused, state?.lagMilliseconds], [0, 0, undefined]);
});
