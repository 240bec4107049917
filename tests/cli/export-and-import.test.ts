import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type EndedCommand, entry } from '../crash/run-cairn.ts';
import { sendQuery } from '../identity/send-query.ts';
import { sendRaw } from '../operations/send-raw.ts';
import type { TestServer } from '../s3-server.ts';
import { type SpawnedServer, spawnServer } from '../start/spawn-server.ts';

function runCairn(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<EndedCommand> {
  // No profile of whoever runs the tests has a say.
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [entry, ...args], { env, maxBuffer: 2 ** 26 }, (error, output, errors) => {
      resolve({ code: error ? Number(error.code) : 0, output, errors });
    });
  });
}

async function succeed(...args: Parameters<typeof runCairn>): Promise<string> {
  const ended = await runCairn(...args);
  assert.equal(ended.code, 0, ended.errors);
  return ended.output;
}

/** How the signing tests reach a server that was spawned. */
function asTestServer(spawned: SpawnedServer): TestServer {
  const root = { accessKeyId: spawned.accessKey, secretAccessKey: spawned.secretKey };
  return { host: `127.0.0.1:${spawned.port}`, port: spawned.port, root } as TestServer;
}

test('what one server exports another imports, over the wire and from its data directory', async (t) => {
  const scratch = await mkdtemp(join(tmpdir(), 'cairn-transfer-'));
  t.after(() => rm(scratch, { recursive: true, force: true }));
  const [from, to] = await Promise.all([
    spawnServer(t, { environment: { CAIRN_SYNC: 'relaxed' } }),
    spawnServer(t, { environment: { CAIRN_SYNC: 'relaxed' } }),
  ]);
  const server = asTestServer(from);
  await sendQuery(server, { parameters: { Action: 'CreateUser', UserName: 'ann' } });
  const made = (await sendQuery(server, { parameters: { Action: 'CreateAccessKey', UserName: 'ann' } })).text;
  const text = (name: string) => new RegExp(`<${name}>([^<]*)<`).exec(made)![1]!;
  const keys = { accessKeyId: text('AccessKeyId'), secretAccessKey: text('SecretAccessKey') };
  await sendRaw(server, { method: 'PUT', path: '/moving' });

  const passphrase = ['--passphrase-file', join(scratch, 'passphrase')] as const;
  await writeFile(passphrase[1], 'a long passphrase\n');
  const wireOf = (spawned: SpawnedServer) => ({
    AWS_ENDPOINT_URL: spawned.url,
    AWS_ACCESS_KEY_ID: spawned.accessKey,
    AWS_SECRET_ACCESS_KEY: spawned.secretKey,
  });
  const local = await succeed(['export', '--data', from.data]);
  assert.equal(local, await succeed(['export'], wireOf(from)), 'the same from both sides');
  assert.ok(!local.includes(keys.accessKeyId));
  const file = join(scratch, 'export.json');
  await writeFile(file, await succeed(['export', ...passphrase], wireOf(from)));

  const dry = await succeed(['import', file, '--dry-run', ...passphrase, '--data', to.data]);
  assert.match(dry, /^create +user +\d+ +ann$/m);
  const done = await succeed(['import', file, ...passphrase, '--json'], wireOf(to));
  const things = JSON.parse(done) as { kind: string; name: string; action: string }[];
  assert.deepEqual(
    things.map(({ kind, name, action }) => `${action} ${kind} ${name}`),
    ['create user ann', `create access key ${keys.accessKeyId}`, 'create bucket moving'],
  );
  const whoami = await sendQuery(asTestServer(to), {
    service: 'sts',
    parameters: { Action: 'GetCallerIdentity' },
    credentials: keys,
  });
  assert.match(whoami.text, /user\/ann</);
  const again = await runCairn(['import', file, ...passphrase, '--data', to.data]);
  assert.equal(again.output, '');
  assert.match(again.errors, /0 made, 0 changed, 3 left as they are/);

  await writeFile(passphrase[1], 'another passphrase');
  const wrong = await runCairn(['import', file, ...passphrase, '--data', to.data]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.errors, /passphrase is not the one/);
});
