import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { type EndedCommand, entry } from '../crash/run-cairn.ts';
import { sendQuery } from '../identity/send-query.ts';
import { sendRaw } from '../operations/send-raw.ts';
import type { TestServer } from '../s3-server.ts';
import { eventually, spawnServer } from '../start/spawn-server.ts';

function runCairn(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<EndedCommand> {
  // No profile of whoever runs the tests has a say.
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [entry, ...args], { env }, (error, output, errors) => {
      resolve({ code: error ? Number(error.code) : 0, output, errors });
    });
  });
}

test('cairn why tells the same of a refusal from the data directory and over the wire', async (t) => {
  const spawned = await spawnServer(t, { environment: { CAIRN_SYNC: 'relaxed' } });
  const root = { accessKeyId: spawned.accessKey, secretAccessKey: spawned.secretKey };
  const server = { host: `127.0.0.1:${spawned.port}`, port: spawned.port, root } as TestServer;
  await sendRaw(server, { method: 'PUT', path: '/bucket' });
  await sendQuery(server, { parameters: { Action: 'CreateUser', UserName: 'ann' } });
  const made = (await sendQuery(server, { parameters: { Action: 'CreateAccessKey', UserName: 'ann' } })).text;
  const text = (name: string) => new RegExp(`<${name}>([^<]*)<`).exec(made)![1]!;
  const keys = { accessKeyId: text('AccessKeyId'), secretAccessKey: text('SecretAccessKey') };
  const refused = await sendRaw(server, { method: 'GET', path: '/bucket/a\nkey', credentials: keys });
  assert.equal(refused.status, 403);
  const id = refused.headers['x-amz-request-id']!;
  const local = await eventually(async () => {
    const told = await runCairn(['why', id, '--data', spawned.data]);
    return told.code === 0 ? told.output : undefined;
  });
  assert.match(
    local,
    /user\/ann \(access key AK\w+\)\nwas refused s3:GetObject on arn:aws:s3:::bucket\/a\?key\nin GetObject/,
  );
  assert.match(
    local,
    /What would let it through:\n- Give arn:aws:iam::\d+:user\/ann, or a group of it, a policy with \{/,
  );
  const environment = {
    AWS_ENDPOINT_URL: spawned.url,
    AWS_ACCESS_KEY_ID: root.accessKeyId,
    AWS_SECRET_ACCESS_KEY: root.secretAccessKey,
  };
  const remote = await runCairn(['why', id.toLowerCase()], environment);
  assert.equal(remote.output, local, remote.errors);
  const asJson = async (...args: Parameters<typeof runCairn>) => JSON.parse((await runCairn(...args)).output) as object;
  assert.deepEqual(
    await asJson(['why', id, '--json'], environment),
    await asJson(['why', id, '--json', '--data', spawned.data]),
  );
  const unknown = await runCairn(['why', '0123456789ABCDEF', '--data', spawned.data]);
  assert.equal(unknown.code, 1);
  assert.match(unknown.errors, /no refusal of request/);
  assert.notEqual((await runCairn(['why', 'nonsense', '--data', spawned.data])).code, 0);
});
