import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { runCairn } from '../crash/run-cairn.ts';
import { spawnServer } from '../start/spawn-server.ts';

test('commands that did nothing say so, and what to do; what they print can be read by programs', async (t) => {
  const server = await spawnServer(t, { environment: { CAIRN_SYNC: 'relaxed' } });
  const cairn = (...args: string[]) => runCairn([...args, '--data', server.data]);
  const refused = async (words: RegExp, ...args: string[]) => {
    const { code, output, errors } = await cairn(...args);
    assert.equal(code, 1, `${args.join(' ')}: ${output}`);
    assert.match(errors, words, args.join(' '));
  };
  const hook = ['target', 'add', 'hook', '--type', 'webhook', '--url', 'http://127.0.0.1:1/'];
  const added = await cairn(...hook, '--json');
  assert.equal(JSON.parse(added.output).arns[0], 'arn:aws:sqs:us-east-1::hook');
  await refused(/--replace/, ...hook);
  await refused(/CAIRN_OUTBOUND_ALLOW/, 'target', 'test', 'hook');
  await refused(/no target nope.*cairn target list/, 'events', 'dead', 'list', '--target', 'nope');
  await refused(/no target nope/, 'events', 'dead', 'retry', '--target', 'nope', '--all');
  const retried = await cairn('events', 'dead', 'retry', '--target', 'hook', '--all', '--json');
  assert.deepEqual(JSON.parse(retried.output), { letters: 0 });
  await refused(/number/, 'events', 'dead', 'list', '--target', 'hook', '--limit', 'many');
  await refused(/--bytes/, 'quota', 'set', '--account', 'root');
  await refused(/--requests/, 'limit', 'set', '--account', 'root');
  await refused(/The specified bucket does not exist/, 'quota', 'show', '--bucket', 'nope');
  await refused(/There is no bucket nope/, 'replication', 'status', 'nope');
  await refused(/There is no remote nope/, 'remote', 'remove', 'nope');

  const credentials = { accessKeyId: server.accessKey, secretAccessKey: server.secretKey };
  const s3 = new S3Client({ endpoint: server.url, region: 'us-east-1', forcePathStyle: true, credentials });
  await s3.send(new CreateBucketCommand({ Bucket: 'some' }));
  s3.destroy();
  const compression = await cairn('bucket', 'compression', 'some', '--json');
  assert.deepEqual(JSON.parse(compression.output), { bucket: 'some', compression: null });
  const rotated = await cairn('encryption', 'rotate', '--json');
  assert.match(JSON.parse(rotated.output).id, /^[0-9a-f]{16}$/);
});

test('secrets of remotes and keys need not stand in the list of processes', async (t) => {
  const server = await spawnServer(t, { environment: { CAIRN_SYNC: 'relaxed' } });
  const cairn = (...args: string[]) => runCairn([...args, '--data', server.data]);
  const file = join(server.data, '..', `${server.port}-secret`);
  await writeFile(file, 'secret-of-another\n', { mode: 0o600 });
  const far = ['remote', 'add', 'far', '--endpoint', 'http://127.0.0.1:1', '--access-key', 'their-key'];
  assert.match((await cairn(...far)).errors, /--secret-file/);
  const added = await cairn(...far, '--secret-file', file);
  assert.equal(added.code, 0, added.errors);
  assert.match((await cairn(...far, '--secret-file', `${file}-not`)).errors, /cannot be read/);
  assert.match((await cairn(...far, '--secret-file', file, '--secret-key', 'x')).errors, /either/);
  const created = await cairn('key', 'create', '--account', 'root', '--secret-file', file, '--json');
  assert.equal(JSON.parse(created.output).secretAccessKey, 'secret-of-another');
});
