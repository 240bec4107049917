import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startS3Server, type TestServer } from '../../s3-server.ts';
import { type RemoteCommands, remoteCommands } from './run-remote.ts';

let server: TestServer;
let commands: RemoteCommands;
const undo: (() => Promise<void>)[] = [];
before(async () => {
  server = await startS3Server();
  commands = await remoteCommands({ after: (fn) => void undo.push(fn) }, server);
});
after(async () => {
  for (const each of undo) await each();
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const run = (...args: string[]) => commands.run(args);
const json = <T = Record<string, unknown>>(...args: string[]) => commands.json<T>(...args);
const done = async (...args: string[]) => {
  const { code, output, notes } = await run(...args);
  assert.equal(code, 0, `${args.join(' ')}: ${notes}`);
  return output;
};
const policy = (Action: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
});

test('a user is made, shown, tagged, renamed, listed and deleted', async () => {
  const made = await json('user', 'create', 'ada', '--path', '/staff/', '--tag', 'team=a', '--tag', 'level=1');
  assert.match(String(made.Arn), /:user\/staff\/ada$/);
  assert.deepEqual(await json('user', 'tag', 'ada', '--set', 'team=b', '--remove', 'level'), [
    { Key: 'team', Value: 'b' },
  ]);
  assert.match(await done('user', 'rename', 'ada', 'ada2', '--path', '/'), /ada2/);
  const shown = await json<{ User: { Arn: string }; Groups: unknown[] }>('user', 'show', 'ada2');
  assert.match(shown.User.Arn, /:user\/ada2$/);
  assert.deepEqual(shown.Groups, []);
  assert.match(await done('user', 'list'), /^USER +ARN +CREATED +LAST LOGIN\nada2 +arn:aws:iam::\d+:user\/ada2 /);
  assert.match(await done('user', 'delete', 'ada2'), /Deleted the user ada2/);
  assert.equal((await run('user', 'show', 'ada2')).code, 4);
});

test('everything that hangs on a user is told, asked about, and taken off in order', async () => {
  await done('user', 'create', 'laden');
  await done('group', 'create', 'crew');
  await done('user', 'add-to-group', 'laden', 'crew');
  await done('policy', 'attach', 'AmazonS3ReadOnlyAccess', '--user', 'laden');
  const file = await commands.file('inline.json', policy('s3:GetObject'));
  await done('policy', 'put-inline', 'own', '--user', 'laden', '--file', file);
  const { AccessKeyId } = await json<{ AccessKeyId: string }>('key', 'create', '--user', 'laden');
  const account = await json<{ AccessKeyId: string }>(
    'key',
    'create',
    '--service-account',
    'backup',
    '--user',
    'laden',
  );

  const refused = await run('user', 'delete', 'laden');
  assert.equal(refused.code, 1);
  assert.match(refused.notes, /--recursive/);
  const unasked = await run('user', 'delete', 'laden', '--recursive');
  assert.equal(unasked.code, 2);
  assert.match(unasked.notes, /--yes/);
  const declined = await commands.run(['user', 'delete', 'laden', '--recursive'], { answers: ['no'] });
  assert.equal(declined.code, 1);
  assert.match(declined.notes, new RegExp(`delete the access key ${AccessKeyId}`));
  assert.match(declined.notes, new RegExp(`service account ${account.AccessKeyId}`));
  assert.match(declined.notes, /out of the group crew/);
  assert.equal((await run('user', 'show', 'laden')).code, 0, 'nothing was done');
  const agreed = await commands.run(['user', 'delete', 'laden', '--recursive'], { answers: ['y'] });
  assert.equal(agreed.code, 0, agreed.notes);
  assert.equal((await run('user', 'show', 'laden')).code, 4);
  await done('group', 'delete', 'crew');
});

test('groups are shown with their users, and deleted with what hangs on them', async () => {
  await done('group', 'create', 'readers', '--path', '/x/');
  for (const name of ['r1', 'r2']) {
    await done('user', 'create', name);
    await done('user', 'add-to-group', name, 'readers');
  }
  await done('user', 'remove-from-group', 'r1', 'readers');
  await done('policy', 'attach', 'AmazonS3ReadOnlyAccess', '--group', 'readers');
  const shown = await json<{ Users: { UserName: string }[]; AttachedPolicies: object[] }>('group', 'show', 'readers');
  assert.deepEqual(
    shown.Users.map(({ UserName }) => UserName),
    ['r2'],
  );
  assert.equal(shown.AttachedPolicies.length, 1);
  assert.match(await done('group', 'list', '--path-prefix', '/x/'), /\nreaders /);
  await done('group', 'delete', 'readers', '--recursive', '--yes');
  assert.equal((await run('group', 'show', 'readers')).code, 4);
});

test('policies have versions, of which one is in force', async () => {
  const first = await commands.file('p1.json', policy('s3:GetObject'));
  const second = await commands.file('p2.json', policy('s3:PutObject'));
  const { Arn } = await json<{ Arn: string }>('policy', 'create', 'mine', '--file', first, '--description', 'd');
  for (let i = 0; i < 4; i++) await done('policy', 'versions', 'mine', '--add', second);
  assert.equal((await run('policy', 'versions', 'mine', '--add', second)).code, 1);
  const versions = await json<{ VersionId: string; IsDefaultVersion: boolean }[]>(
    'policy',
    'versions',
    Arn,
    '--add',
    second,
    '--drop-oldest',
    '--set-as-default',
  );
  assert.deepEqual(
    versions.filter(({ IsDefaultVersion }) => IsDefaultVersion).map(({ VersionId }) => VersionId),
    ['v6'],
  );
  await done('policy', 'set-default', 'mine', 'v3');
  const shown = await json<{ Policy: { DefaultVersionId: string }; PolicyVersion: { Document: object } }>(
    'policy',
    'show',
    'mine',
  );
  assert.equal(shown.Policy.DefaultVersionId, 'v3');
  assert.deepEqual(shown.PolicyVersion.Document, policy('s3:PutObject'));
  await done('user', 'create', 'holder', '--boundary', 'mine');
  await done('policy', 'attach', 'mine', '--user', 'holder');
  assert.match(await done('policy', 'list', '--attached'), /mine/);
  assert.match(await done('policy', 'list', '--scope', 'AWS'), /AdministratorAccess/);
  assert.equal((await run('policy', 'delete', 'mine')).code, 1);
  const { code, notes } = await commands.run(['policy', 'delete', 'mine', '--recursive'], { answers: ['yes'] });
  assert.equal(code, 0, notes);
  assert.match(notes, /as the boundary of the user holder/);
  await done('user', 'delete', 'holder');
});

test('a simulation says what would decide', async () => {
  await done('user', 'create', 'tried');
  await done('policy', 'attach', 'AmazonS3ReadOnlyAccess', '--user', 'tried');
  const args = ['policy', 'simulate', '--user', 'tried', '--action', 's3:GetObject', '--action', 's3:PutObject'];
  const results = await json<{ EvalDecision: string }[]>(...args, '--resource', 'arn:aws:s3:::b/k');
  assert.deepEqual(
    results.map(({ EvalDecision }) => EvalDecision),
    ['allowed', 'implicitDeny'],
  );
  const file = await commands.file('p.json', policy('s3:PutObject'));
  assert.match(await done('policy', 'simulate', '--file', file, '--action', 's3:PutObject'), /allowed/);
  assert.equal((await run('policy', 'simulate', '--action', 's3:PutObject')).code, 2);
});

test('a role is made, trusted, assumed by a profile and by hand, and revoked', async () => {
  const { Account } = await json<{ Account: string }>('whoami');
  const { Arn: user } = await json<{ Arn: string }>('user', 'create', 'actor');
  const keys = await json<{ AccessKeyId: string; SecretAccessKey: string }>('key', 'create', '--user', 'actor');
  await done('role', 'create', 'stage', '--trust', Account, '--max-session', '7200', '--description', 'd');
  await done('policy', 'attach', 'IAMReadOnlyAccess', '--role', 'stage');
  const trust = await json<{ Statement: { Principal: { AWS: string } }[] }>('role', 'trust', 'stage', '--set', user);
  assert.equal(trust.Statement[0]!.Principal.AWS, user);
  const arn = `arn:aws:iam::${Account}:role/stage`;
  const config = await commands.file(
    'config',
    `[profile stage]\nrole_arn = ${arn}\nsource_profile = actor\nrole_session_name = scene\n[profile actor]\naws_access_key_id = ${keys.AccessKeyId}\naws_secret_access_key = ${keys.SecretAccessKey}\n`,
  );
  const environment = { AWS_CONFIG_FILE: config };
  const as = (profile: string, ...args: string[]) => commands.run([...args, '--profile', profile], { environment });
  const who = await as('stage', 'whoami');
  assert.equal(who.code, 0, who.notes);
  assert.match(who.output, new RegExp(`arn:aws:sts::${Account}:assumed-role/stage/scene`));
  assert.equal((await as('stage', 'user', 'list')).code, 0);
  assert.equal((await as('stage', 'user', 'create', 'not-allowed')).code, 3);

  const printed = await as('actor', 'role', 'assume', arn, '--session', 'by-hand', '--duration', '900');
  assert.equal(printed.code, 0, printed.notes);
  const variables = Object.fromEntries(
    [...printed.output.matchAll(/^export (\w+)='?([^'\n]*)'?$/gm)].map(([, name, value]) => [name!, value!]),
  );
  const inSession = () => commands.run(['user', 'list'], { environment: variables });
  assert.equal((await inSession()).code, 0);
  await done('role', 'revoke-sessions', 'stage', '--yes');
  assert.equal((await inSession()).code, 3);
  assert.match(await done('role', 'list'), /\nstage /);
  assert.match(await done('role', 'show', 'stage'), /Trust policy/);
  await done('role', 'delete', 'stage', '--recursive', '--yes');
  await done('user', 'delete', 'actor', '--recursive', '--yes');
});

test('keys are rotated in two steps, and the second says how to finish', async () => {
  await done('user', 'create', 'rotating');
  const first = await json<{ AccessKeyId: string }>('key', 'create', '--user', 'rotating');
  const { code, output, notes } = await run('key', 'rotate', '--user', 'rotating');
  assert.equal(code, 0, notes);
  const second = /Access key +(\w+)/.exec(output)![1]!;
  assert.match(notes, new RegExp(`cairn key disable ${first.AccessKeyId}`));
  const third = await run('key', 'rotate', '--user', 'rotating');
  assert.equal(third.code, 1);
  assert.match(third.notes, /2 keys already/);
  await done('key', 'disable', first.AccessKeyId);
  const listed = await json<{ AccessKeyMetadata: { AccessKeyId: string; Status: string }[] }>(
    'key',
    'list',
    '--user',
    'rotating',
  );
  assert.deepEqual(
    Object.fromEntries(listed.AccessKeyMetadata.map(({ AccessKeyId, Status }) => [AccessKeyId, Status])),
    { [first.AccessKeyId]: 'Inactive', [second]: 'Active' },
  );
  await done('key', 'enable', first.AccessKeyId);
  await done('key', 'delete', first.AccessKeyId);
  await done('key', 'delete', second);
  await done('user', 'delete', 'rotating');
});

test('a service account is narrowed by its policy, and is switched and deleted as a key', async () => {
  await done('user', 'create', 'served');
  await done('policy', 'attach', 'IAMReadOnlyAccess', '--user', 'served');
  const file = await commands.file('sa.json', policy('iam:ListUsers'));
  const args = ['key', 'create', '--service-account', 'narrow', '--user', 'served', '--policy-file', file];
  const made = await json<{ AccessKeyId: string; SecretAccessKey: string }>(
    ...args,
    '--expires',
    '2040-01-01T00:00:00Z',
  );
  const credentials = { accessKeyId: made.AccessKeyId, secretAccessKey: made.SecretAccessKey };
  assert.equal((await commands.run(['user', 'list'], { credentials })).code, 0);
  assert.equal((await commands.run(['group', 'list'], { credentials })).code, 3);
  await done('key', 'disable', made.AccessKeyId);
  assert.equal((await commands.run(['user', 'list'], { credentials })).code, 3);
  await done('key', 'enable', made.AccessKeyId);
  assert.match(await done('key', 'list', '--user', 'served'), /narrow/);
  await done('key', 'delete', made.AccessKeyId);
  await done('user', 'delete', 'served', '--recursive', '--yes');
});

test('a password is asked for twice or read, never shown', async () => {
  await done('user', 'create', 'typist');
  const set = (answers: string[]) => commands.run(['user', 'password', 'typist'], { answers });
  assert.match((await set(['one secret', 'another'])).notes, /not the same/);
  const good = await set(['A-good-pass-phrase-1', 'A-good-pass-phrase-1']);
  assert.equal(good.code, 0, good.notes);
  assert.doesNotMatch(good.output + good.notes, /A-good/);
  assert.equal((await set(['Another-pass-phrase-2', 'Another-pass-phrase-2'])).code, 0, 'it is changed');
  assert.equal((await run('user', 'password', 'typist')).code, 2, 'nobody can be asked');
  await done('user', 'password', 'typist', '--remove');
  await done('user', 'delete', 'typist');
});

test('a secret goes to a file that only its owner reads, and to nothing else', async () => {
  await done('user', 'create', 'secretive');
  const file = join(commands.home, 'secret.json');
  const { code, output, notes } = await run('key', 'create', '--user', 'secretive', '--output-file', file);
  assert.equal(code, 0, notes);
  const written = JSON.parse(await readFile(file, 'utf8')) as { SecretAccessKey: string };
  assert.ok(written.SecretAccessKey.length >= 20);
  assert.equal((output + notes).includes(written.SecretAccessKey), false);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const again = await run('key', 'create', '--user', 'secretive', '--output-file', file);
  assert.equal(again.code, 2);
  const keys = await json<{ AccessKeyMetadata: object[] }>('key', 'list', '--user', 'secretive');
  assert.equal(keys.AccessKeyMetadata.length, 1, 'none was made for a file that was there');
  await done('user', 'delete', 'secretive', '--recursive', '--yes');
});

test('tenants are made with a root key, bounded, shut out and let in', async () => {
  const made = await json<{
    Tenant: { TenantId: string };
    AccessKey: { AccessKeyId: string; SecretAccessKey: string };
  }>('tenant', 'create', 'acme', '--bytes', '10G', '--request-rate', '100');
  const credentials = {
    accessKeyId: made.AccessKey.AccessKeyId,
    secretAccessKey: made.AccessKey.SecretAccessKey,
  };
  const theirs = await commands.run(['whoami', '--json'], { credentials });
  assert.equal(JSON.parse(theirs.output).Account, made.Tenant.TenantId);
  assert.equal((await commands.run(['tenant', 'list'], { credentials })).code, 3);
  assert.match((await commands.run(['tenant', 'show'], { credentials })).output, /Tenant +acme/);
  assert.deepEqual(await json('tenant', 'quota', 'acme', '--objects', '5'), { Bytes: 10 * 2 ** 30, Objects: 5 });
  assert.deepEqual(await json('tenant', 'limits', 'acme', '--requests', 'none', '--bytes', '1M'), {
    BytesPerSecond: 2 ** 20,
  });
  assert.match(await done('tenant', 'list'), /\nacme +\d+ +Enabled +0 +0 bytes +10/);
  await done('tenant', 'disable', 'acme', '--yes');
  assert.equal((await commands.run(['whoami'], { credentials })).code, 3);
  await done('tenant', 'enable', 'acme');
  assert.equal((await commands.run(['whoami'], { credentials })).code, 0);
  await done('tenant', 'root-key', 'acme', '--rotate');
  await done('tenant', 'root-key', 'acme', '--delete', credentials.accessKeyId);
  assert.equal((await commands.run(['whoami'], { credentials })).code, 3);
  await done('tenant', 'delete', 'acme', '--yes');
  assert.equal((await run('tenant', 'show', 'acme')).code !== 0, true);
});

test('a refusal is one line that says what to do next', async () => {
  await done('user', 'create', 'powerless');
  const keys = await json<{ AccessKeyId: string; SecretAccessKey: string }>('key', 'create', '--user', 'powerless');
  const credentials = { accessKeyId: keys.AccessKeyId, secretAccessKey: keys.SecretAccessKey };
  const refused = await commands.run(['user', 'create', 'x'], { credentials });
  assert.equal(refused.code, 3);
  assert.match(refused.notes, /^cairn: .*iam:CreateUser.*cairn why \S+.*$/);
  assert.equal(refused.notes.includes('\n'), false);
  const unknown = await commands.run(['whoami'], { credentials: { ...credentials, accessKeyId: 'AKIANOBODY' } });
  assert.equal(unknown.code, 3);
  assert.match(unknown.notes, /cairn profile show/);
  const away = await commands.run(['whoami'], { environment: { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' } });
  assert.equal(away.code, 1);
  assert.match(away.notes, /^cairn: http:\/\/127\.0\.0\.1:1 cannot be reached: ECONNREFUSED/);
  const nowhere = await commands.run(['user', 'list'], { environment: { AWS_ENDPOINT_URL: undefined } });
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.notes, /No server is named/);
  await done('user', 'delete', 'powerless', '--recursive', '--yes');
});

test('what is wrong with the arguments ends with a code of its own', async () => {
  for (const args of [
    ['user', 'create'],
    ['user', 'crate', 'x'],
    ['policy', 'list', '--scope', 'Mine'],
    ['user', 'create', 'x', '--tag', 'y'],
  ]) {
    assert.equal((await run(...args)).code, 2, args.join(' '));
  }
  assert.equal((await run('user', 'create', '--help')).code, 0);
});

test('a profile is shown without its secret', async () => {
  const { output, code } = await run('profile', 'show');
  assert.equal(code, 0);
  assert.match(output, new RegExp(`${server.root.accessKeyId} \\(environment\\)`));
  assert.equal(output.includes(server.root.secretAccessKey), false);
  const config = await commands.file(
    'c',
    '[profile p]\naws_access_key_id = a\naws_secret_access_key = hidden-secret\n',
  );
  const listed = await commands.run(['profile', 'list', '--json'], { environment: { AWS_CONFIG_FILE: config } });
  assert.equal(JSON.parse(listed.output)[0].accessKeyId, 'a');
  assert.equal(listed.output.includes('hidden-secret'), false);
});
