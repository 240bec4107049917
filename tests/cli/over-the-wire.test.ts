import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { entry } from '../crash/run-cairn.ts';
import { type SpawnedServer, spawnServer, temporaryDirectory } from '../start/spawn-server.ts';

interface Ended {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** The program in a process of its own, in an environment with nothing of this machine's in it. */
function program(home: string) {
  return (args: readonly string[], environment: Readonly<Record<string, string>> = {}, input = ''): Promise<Ended> =>
    new Promise((resolve) => {
      const env = { PATH: process.env.PATH, HOME: home, ...environment };
      const child = execFile(process.execPath, [entry, ...args], { env }, (error, output, errors) =>
        resolve({ code: error ? Number(error.code) : 0, output, errors }),
      );
      child.stdin?.end(input);
    });
}

async function setting(t: TestContext, flags: readonly string[] = []) {
  const server = await spawnServer(t, { environment: { CAIRN_SYNC: 'relaxed' }, flags });
  const home = await temporaryDirectory(t);
  await mkdir(join(home, '.aws'));
  await writeFile(join(home, '.aws/config'), profileOf(server), { mode: 0o600 });
  return { server, home, cairn: program(home) };
}

const profileOf = ({ url, accessKey, secretKey }: SpawnedServer) =>
  `[profile test]\nendpoint_url = ${url}\naws_access_key_id = ${accessKey}\naws_secret_access_key = ${secretKey}\n`;

test('a command finds its server by a profile, and works on the data directory where none is named', async (t) => {
  const { server, cairn } = await setting(t);
  const who = await cairn(['whoami', '--profile', 'test', '--json']);
  assert.equal(who.code, 0, who.errors);
  const { Arn } = JSON.parse(who.output) as { Arn: string };
  assert.match(Arn, /:root$/);
  const byEnvironment = await cairn(['user', 'create', 'ada', '--json'], { AWS_PROFILE: 'test' });
  assert.equal(byEnvironment.code, 0, byEnvironment.errors);

  const here = await cairn(['key', 'create', '--account', 'root', '--json', '--data', server.data]);
  const { accessKeyId } = JSON.parse(here.output) as { accessKeyId: string };
  const ofUser = await cairn(['key', 'create', '--account', 'root', '--user', 'ada', '--json', '--data', server.data]);
  const pair = JSON.parse(ofUser.output) as { accessKeyId: string; secretAccessKey: string };
  const asAda = { AWS_ACCESS_KEY_ID: pair.accessKeyId, AWS_SECRET_ACCESS_KEY: pair.secretAccessKey };
  const ada = await cairn(['whoami', '--endpoint', server.url], asAda);
  assert.match(ada.output, /:user\/ada\n/, ada.errors);
  // Where a data directory is named by the environment, a key is switched there, though a server is named too.
  const data = { CAIRN_DATA: server.data, AWS_PROFILE: 'test' };
  assert.equal((await cairn(['key', 'disable', accessKeyId], data)).code, 0);
  const listed = await cairn(['key', 'list', '--account', 'root', '--json'], data);
  assert.ok(
    (JSON.parse(listed.output) as { accessKeyId: string; status: string }[]).some(
      (key) => key.accessKeyId === accessKeyId && key.status === 'inactive',
    ),
  );
  const overTheWire = await cairn(['key', 'enable', accessKeyId, '--profile', 'test'], data);
  assert.equal(overTheWire.code, 0, overTheWire.errors);
  const both = await cairn(['key', 'list', '--account', 'root', '--profile', 'test']);
  assert.deepEqual([both.code, /--account/.test(both.errors)], [2, true]);
});

test('what is not there, what is refused, and what is wrong with a command have exit codes of their own', async (t) => {
  const { cairn } = await setting(t);
  const ask = (...args: string[]) => cairn([...args, '--profile', 'test']);
  assert.equal((await ask('user', 'show', 'nobody')).code, 4);
  assert.equal((await ask('user', 'list', '--no-such-option')).code, 2);
  const wrong = await cairn(['whoami', '--profile', 'nope']);
  assert.deepEqual([wrong.code, wrong.errors], [2, 'cairn: There is no profile nope: see cairn profile list.\n']);
  const stranger = { AWS_ACCESS_KEY_ID: 'AKIASTRANGER', AWS_SECRET_ACCESS_KEY: 'x', AWS_PROFILE: 'test' };
  const refused = await cairn(['whoami'], stranger);
  assert.equal(refused.code, 3);
  assert.match(refused.errors, /^cairn: [^\n]+\n$/);
});

test('a password comes by standard input, and stands in no argument', async (t) => {
  const { cairn } = await setting(t);
  assert.equal((await cairn(['user', 'create', 'ada', '--profile', 'test'])).code, 0);
  const set = await cairn(['user', 'password', 'ada', '--stdin', '--profile', 'test'], {}, 'a-Long-pass-phrase-1\n');
  assert.equal(set.code, 0, set.errors);
  const nobody = await cairn(['user', 'password', 'ada', '--profile', 'test']);
  assert.equal(nobody.code, 2);
});

test('over TLS a server is trusted by its certificate alone', async (t) => {
  const { certificateFile, httpsSettings } = await import('../clients/https.ts');
  const server = await spawnServer(t, { environment: { CAIRN_SYNC: 'relaxed', ...httpsSettings } });
  const cairn = program(await temporaryDirectory(t));
  const environment = {
    AWS_ENDPOINT_URL: server.url,
    AWS_ACCESS_KEY_ID: server.accessKey,
    AWS_SECRET_ACCESS_KEY: server.secretKey,
  };
  const trusted = await cairn(['whoami', '--ca-file', certificateFile], environment);
  assert.equal(trusted.code, 0, trusted.errors);
  const unknown = await cairn(['whoami'], environment);
  assert.equal(unknown.code, 1);
  assert.match(unknown.errors, /--ca-file/);
});
