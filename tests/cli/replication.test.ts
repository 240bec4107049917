import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { runCairn } from '../crash/run-cairn.ts';
import { localArn, putRules, remoteArn, rule, shownVersions, versionedBucket } from '../replication/pair.ts';
import { eventually, spawnServer } from '../start/spawn-server.ts';

test('remotes are named, listed without their secret and removed; what is there already is replicated on demand', async (t) => {
  const server = await spawnServer(t, { environment: { CAIRN_SYNC: 'relaxed' } });
  const cairn = (...args: string[]) => runCairn([...args, '--data', server.data]);
  const secret = 'secret-of-another-store';
  const keys = ['--access-key', 'their-key', '--secret-key', secret];
  const added = await cairn('remote', 'add', 'far', '--endpoint', 'http://127.0.0.1:1', ...keys);
  assert.equal(added.code, 0, added.errors);
  for (const wrong of [
    ['Far', '--endpoint', 'http://127.0.0.1:1'],
    ['far', '--endpoint', 'ftp://127.0.0.1'],
    ['far', '--endpoint', 'http://127.0.0.1:1/path'],
  ]) {
    assert.equal((await cairn('remote', 'add', ...wrong, ...keys)).code, 1, wrong.join(' '));
  }
  const listed = await cairn('remote', 'list', '--json');
  assert.equal((JSON.parse(listed.output) as { endpoint: string }[])[0]?.endpoint, 'http://127.0.0.1:1');
  assert.equal((added.output + listed.output).includes(secret), false);

  const credentials = { accessKeyId: server.accessKey, secretAccessKey: server.secretKey };
  const s3 = new S3Client({ endpoint: server.url, region: 'us-east-1', forcePathStyle: true, credentials });
  t.after(() => s3.destroy());
  for (const name of ['source', 'near']) await versionedBucket({ s3 }, name);
  await s3.send(new PutObjectCommand({ Bucket: 'source', Key: 'old', Body: 'x' }));
  assert.equal((await cairn('replication', 'resync', 'source')).code, 1);
  await putRules(
    { s3 },
    'source',
    rule(localArn('near')),
    rule(remoteArn('bucket', 'far'), { ID: 'far', Priority: 2 }),
  );
  assert.equal((await cairn('replication', 'resync', 'source', '--from', 'yesterday')).code, 1);
  assert.equal((await cairn('replication', 'resync', 'source', '--from', '2020-01-01')).code, 0);
  await eventually(async () => ((await shownVersions({ s3 }, 'near')).length === 1 ? true : undefined));
  const status = await cairn('replication', 'status', 'source', '--json');
  const lines = JSON.parse(status.output) as { target: string; waiting: number; resync: object }[];
  const standing = lines.map(({ target, waiting }) => [target, waiting]);
  assert.deepEqual(standing, [
    ['near', 0],
    ['far:bucket', 1],
  ]);
  assert.deepEqual(lines[0]?.resync, { seen: 1, queued: 1, isRunning: false });
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  assert.match(metrics, /^cairn_replication_waiting{bucket="source",target="far:bucket"} 1$/m);
  assert.match(metrics, /^cairn_replication_lag_seconds{bucket="source",target="far:bucket"} \d/m);
  assert.match((await cairn('replication', 'retry')).output, /^0 entries/);
  assert.match((await cairn('remote', 'remove', 'far')).output, /^Removed/);
  assert.match((await cairn('remote', 'remove', 'far')).errors, /There is no remote/);
});
