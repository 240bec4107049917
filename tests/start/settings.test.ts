import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { settingNames } from '../../src/settings.ts';
import { readSettings, SettingsError } from '../../src/settings-sources.ts';
import { placeholder, runToEnd, temporaryDirectory } from './spawn-server.ts';

const read = (environment: Record<string, string> = {}, flags: string[] = []) => readSettings({ environment, flags });

async function configurationFile(t: Parameters<typeof temporaryDirectory>[0], content: string): Promise<string> {
  const path = join(await temporaryDirectory(t), 'cairn.toml');
  await writeFile(path, content);
  return path;
}

test('defaults', async () => {
  const settings = await read();
  assert.equal(settings.port, 9000);
  assert.equal(settings.region, 'us-east-1');
  assert.equal(settings.sync, 'durable');
  assert.equal(settings.sigv2, false);
  assert.equal(settings.data, join(process.cwd(), 'data'));
  assert.deepEqual(settings.domains, []);
});

test('a flag wins over the environment, the environment over the file', async (t) => {
  const file = await configurationFile(
    t,
    'port = 1\nregion = "in-file"\nsigv2 = true\ndomains = ["a.example", "b.example"]\n',
  );
  const settings = await read({ CAIRN_CONFIG: file, CAIRN_PORT: '2', CAIRN_REGION: 'in-environment' }, ['--port=3']);
  assert.equal(settings.port, 3);
  assert.equal(settings.region, 'in-environment');
  assert.equal(settings.sigv2, true);
  assert.deepEqual(settings.domains, ['a.example', 'b.example']);
});

const refused: readonly [what: string, environment: Record<string, string>, flags: string[], line: RegExp][] = [
  [
    'a port that is no number',
    { CAIRN_PORT: 'banana' },
    [],
    /^CAIRN_PORT: "banana" is not allowed: .* from 0 to 65535$/,
  ],
  ['a port beyond the last', {}, ['--port', '65536'], /^--port: "65536" is not allowed/],
  ['no workers', { CAIRN_WORKERS: '0' }, [], /^CAIRN_WORKERS: "0" is not allowed/],
  ['an unknown way to sync', { CAIRN_SYNC: 'fast' }, [], /^CAIRN_SYNC: "fast" is not allowed: .* durable, relaxed$/],
  ['an unknown variable', { CAIRN_REGOIN: 'x' }, [], /CAIRN_REGOIN: did you mean CAIRN_REGION\?$/],
  ['an unknown flag', {}, ['--prot', '1'], /--prot: did you mean --port\?$/],
  ['a flag without a value', {}, ['--port'], /^--port: no value follows/],
  ['half of the root credentials', { CAIRN_ROOT_ACCESS_KEY: 'admin' }, [], /^CAIRN_ROOT_SECRET_KEY: nothing is given/],
  ['half of the certificate', { CAIRN_TLS_KEY: '/k' }, [], /^CAIRN_TLS_CERT: nothing is given/],
  [
    'a file that is not there',
    { CAIRN_CONFIG: '/nowhere.toml' },
    [],
    /^the configuration file \/nowhere\.toml cannot be used/,
  ],
];

for (const [what, environment, flags, line] of refused) {
  test(`refused: ${what}`, async () => {
    await assert.rejects(read(environment, flags), (error: Error) => {
      assert.ok(error instanceof SettingsError, String(error));
      assert.match(error.message, line);
      assert.ok(!error.message.includes('\n'));
      return true;
    });
  });
}

test('refused: an unknown key and a wrong value in the file, by their names', async (t) => {
  await assert.rejects(read({ CAIRN_CONFIG: await configurationFile(t, 'prot = 1') }), /prot: did you mean port\?$/);
  const wrong = await configurationFile(t, '[port]\nnumber = 1');
  await assert.rejects(read({ CAIRN_CONFIG: wrong }), /^SettingsError: port in .*cairn\.toml: .* is not allowed/);
});

test('a secret that is wrong is not repeated', async () => {
  await assert.rejects(read({ CAIRN_ROOT_SECRET_KEY: 'sh ort', CAIRN_ROOT_ACCESS_KEY: 'admin' }), (error: Error) => {
    assert.match(error.message, /^CAIRN_ROOT_SECRET_KEY: the value given \(hidden\) is not allowed/);
    return true;
  });
});

test('variables that Kubernetes makes for a service of that name are ignored', async () => {
  const settings = await read({
    CAIRN_PORT: 'tcp://10.0.0.1:9000',
    CAIRN_SERVICE_HOST: '10.0.0.1',
    CAIRN_PORT_9000_TCP_ADDR: '10.0.0.1',
  });
  assert.equal(settings.port, 9000);
});

test('a wrong setting stops the start with one line', async (t) => {
  const { code, errors, output } = await runToEnd(t, { entry: placeholder, environment: { CAIRN_SYNC: 'never' } });
  assert.equal(code, 1);
  assert.equal(errors, 'cairn: CAIRN_SYNC: "never" is not allowed: it must be one of durable, relaxed\n');
  assert.equal(output, '');
});

test('cairn serve --help lists every setting by flag and variable', async (t) => {
  const { code, output } = await runToEnd(t, { flags: ['--help'] });
  assert.equal(code, 0);
  const { environmentNameOf, flagOf } = await import('../../src/settings.ts');
  for (const name of settingNames) {
    assert.ok(output.includes(`${flagOf(name)} `) && output.includes(environmentNameOf(name)), name);
  }
});
