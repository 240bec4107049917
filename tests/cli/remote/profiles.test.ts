import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { chooseServer } from '../../../src/cli/profiles/choose-server.ts';
import { readIni } from '../../../src/cli/profiles/ini.ts';
import { profileFilesOf, readProfiles } from '../../../src/cli/profiles/profile-files.ts';

test('INI files are read as AWS reads them', () => {
  const ini = readIni(
    [
      '# comment',
      '[default]',
      'region = eu-west-1 # where it is',
      'aws_secret_access_key = a#b;c/d+e=',
      '[ profile  dev ]',
      's3 =',
      '    addressing_style = path',
      'ROLE_ARN=arn:aws:iam::1:role/x',
      '[profile "with blank"]',
      'region=r',
      '[default]',
      'output = json',
    ].join('\r\n'),
  );
  assert.deepEqual(
    [...ini].map(([name, section]) => [name, { ...section }]),
    [
      ['default', { region: 'eu-west-1', aws_secret_access_key: 'a#b;c/d+e=', output: 'json' }],
      ['profile dev', { s3: '', 's3.addressing_style': 'path', role_arn: 'arn:aws:iam::1:role/x' }],
      ['profile with blank', { region: 'r' }],
    ],
  );
  for (const wrong of ['region = x', '[default]\nregion', '[default\nregion = x', '[a]\n = x']) {
    assert.throws(() => readIni(wrong), /line \d/, wrong);
  }
});

interface Files {
  readonly config?: string;
  readonly credentials?: string;
  readonly own?: string;
}

async function homeWith(t: TestContext, { config, credentials, own }: Files) {
  const home = await mkdtemp(join(tmpdir(), 'cairn-profiles-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const files: [string, string | undefined][] = [
    ['.aws/config', config],
    ['.aws/credentials', credentials],
    ['.config/cairn/config.toml', own],
  ];
  for (const [name, content] of files) {
    if (content === undefined) continue;
    await mkdir(join(home, name, '..'), { recursive: true });
    await writeFile(join(home, name), content, { mode: 0o600 });
  }
  return home;
}

async function chooser(t: TestContext, files: Files) {
  const home = await homeWith(t, files);
  const warnings: string[] = [];
  const choose = (options: object, environment: Record<string, string> = {}) =>
    chooseServer(
      options,
      environment,
      readProfiles(profileFilesOf({ HOME: home, ...environment }), (text) => warnings.push(text)),
    );
  return { home, warnings, choose };
}

const keys = (name: string) => `aws_access_key_id = ${name}-id\naws_secret_access_key = ${name}-secret\n`;

test('options win over the environment, the environment over profiles, but for a profile that is named as an option', async (t) => {
  const { choose } = await chooser(t, {
    config: '[default]\nendpoint_url = http://a:1\nregion = here\n[profile dev]\nendpoint_url = http://dev:1\n',
    credentials: `[default]\n${keys('default')}[dev]\n${keys('dev')}aws_session_token = tok\n`,
  });
  const plain = choose({});
  assert.deepEqual([plain.endpoint, plain.region, plain.credentials.accessKeyId], ['http://a:1', 'here', 'default-id']);
  const environment = { AWS_ACCESS_KEY_ID: 'env', AWS_SECRET_ACCESS_KEY: 's', AWS_ENDPOINT_URL: 'http://env:1' };
  const fromEnvironment = choose({}, { ...environment, AWS_PROFILE: 'dev' });
  assert.deepEqual([fromEnvironment.endpoint, fromEnvironment.credentials.accessKeyId], ['http://env:1', 'env']);
  const named = choose({ profile: 'dev' }, environment);
  assert.deepEqual([named.credentials.accessKeyId, named.credentials.sessionToken], ['dev-id', 'tok']);
  assert.equal(choose({ profile: 'dev' }).endpoint, 'http://dev:1');
  assert.equal(choose({ endpoint: 'http://o:1', profile: 'dev' }, environment).endpoint, 'http://o:1');
  assert.equal(choose({}, { AWS_PROFILE: 'dev' }).credentials.accessKeyId, 'dev-id');
  assert.equal(choose({}, { AWS_DEFAULT_REGION: 'there' }).region, 'there');
  assert.throws(() => choose({}, { AWS_ACCESS_KEY_ID: 'env' }), /AWS_SECRET_ACCESS_KEY is not/);
});

test('nothing is sent to AWS by default, and what is missing is named', async (t) => {
  const { choose } = await chooser(t, { credentials: `[default]\n${keys('default')}[bare]\nregion = x\n` });
  assert.throws(() => choose({}), /No server is named/);
  assert.throws(() => choose({ profile: 'nope' }), /no profile nope/);
  assert.throws(() => choose({ profile: 'bare', endpoint: 'http://a' }), /has no aws_access_key_id/);
});

test('roles are followed through their sources, never in a circle, and what is not followed is refused', async (t) => {
  const { choose } = await chooser(t, {
    config: [
      '[profile deep]\nrole_arn = arn:deep\nsource_profile = middle\nduration_seconds = 900',
      '[profile middle]\nrole_arn = arn:middle\nsource_profile = base\nexternal_id = e',
      '[profile self]\nrole_arn = arn:self\nsource_profile = self',
      '[profile ring]\nrole_arn = arn:ring\nsource_profile = gnir',
      '[profile gnir]\nrole_arn = arn:gnir\nsource_profile = ring',
      '[profile process]\ncredential_process = /bin/true',
      '[profile web]\nrole_arn = arn:web\nweb_identity_token_file = /t',
    ].join('\n'),
    credentials: `[base]\n${keys('base')}[self]\n${keys('self')}`,
  });
  const at = { endpoint: 'http://a' };
  const deep = choose({ ...at, profile: 'deep' });
  assert.equal(deep.credentials.accessKeyId, 'base-id');
  assert.deepEqual(
    deep.roles.map(({ roleArn, externalId, durationSeconds }) => [roleArn, externalId, durationSeconds]),
    [
      ['arn:middle', 'e', undefined],
      ['arn:deep', undefined, 900],
    ],
  );
  const self = choose({ ...at, profile: 'self' });
  assert.deepEqual([self.credentials.accessKeyId, self.roles.length], ['self-id', 1]);
  assert.throws(() => choose({ ...at, profile: 'ring' }), /lead back/);
  assert.throws(() => choose({ ...at, profile: 'process' }), /credential_process/);
  assert.throws(() => choose({ ...at, profile: 'web' }), /web_identity_token_file/);
});

test('a file of its own wins over AWS’s, is strict, and may say which profile is meant by default', async (t) => {
  const own =
    'default_profile = "home"\n[profiles.home]\nendpoint = "http://home:1"\naccess_key_id = "h"\nsecret_access_key = "s"\n';
  const { choose } = await chooser(t, { own, config: '[profile home]\nendpoint_url = http://other:1\nregion = r\n' });
  const chosen = choose({});
  assert.deepEqual(
    [chosen.profile, chosen.endpoint, chosen.region, chosen.credentials.accessKeyId],
    ['home', 'http://home:1', 'r', 'h'],
  );
  for (const wrong of [
    'nonsense = 1',
    '[profiles.x]\nendpont = "http://a"',
    '[profiles.x]\nregion = true',
    'a = = b',
  ]) {
    const { choose: choosesWrong } = await chooser(t, { own: wrong });
    assert.throws(() => choosesWrong({}), /config\.toml: /, wrong);
  }
});

test('a file with secrets that others may read is warned about', async (t) => {
  const { home, warnings, choose } = await chooser(t, {
    credentials: `[default]\n${keys('default')}`,
    config: '[default]\nendpoint_url = http://a:1\n',
  });
  choose({});
  await chmod(join(home, '.aws/config'), 0o644);
  choose({});
  assert.deepEqual(warnings, [], 'without secrets others may read it');
  await chmod(join(home, '.aws/credentials'), 0o644);
  choose({});
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /chmod 600 .*credentials/);
});
