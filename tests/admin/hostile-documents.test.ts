import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemRandom } from '../../src/foundation/random.ts';
import { PassphraseBoxes } from '../../src/services/identity-transfer/passphrase-box.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { makeUser } from '../identity/make-user.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { admin, askAdmin, documentIn, type MadeTenant, makeTenant, thingsIn } from './send-admin.ts';

let server: TestServer;
let tenant: MadeTenant;
before(async () => {
  server = await startS3Server();
  tenant = await makeTenant(server, 'hostile');
});
after(async () => {
  const violations = [];
  for await (const violation of verifyStore(server.context)) violations.push(violation);
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
  assert.deepEqual(violations, []);
});

const Passphrase = 'a passphrase';
const start = '{"format":"cairn-export","version":1,"tenants":[';
const trustPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }],
});

test('a document of millions of values is refused before they are in memory', async () => {
  const Document = `${start}${'{},'.repeat(600_000)}{}]}`;
  const answer = await askAdmin(server, 'Import', { Document }, { credentials: tenant.keys });
  assert.equal(answer.code, 'ValidationError');
  assert.match(answer.text, /more than 500000 values/);
});

test('a text of millions of escapes is read like any other', async () => {
  const Document = `{"format":"${'\\n'.repeat(5_000_000)}"}`;
  const answer = await askAdmin(server, 'Import', { Document }, { credentials: tenant.keys });
  assert.match(answer.text, /has to be one of cairn-export/);
});

test('nothing comes in that terminals obey, or that no answer could carry', async () => {
  await makeUser(server, { name: 'u', account: 'hostile', serviceAccount: { name: 'x', description: '' } });
  const exported = documentIn(await admin(server, 'Export', { Passphrase }, { credentials: tenant.keys }));
  const role = {
    ...{ name: 'r', path: '/', attached: [], inline: {}, tags: [], maximumSessionSeconds: 3600, trustPolicy },
  };
  for (const odd of ['\u0000', '\u001b[31m', '\uffff', '\u009b']) {
    for (const field of ['name', 'description', 'role']) {
      const document = JSON.parse(exported);
      const [written] = document.tenants;
      if (field === 'role') written.roles = [{ ...role, description: odd }];
      else written.users[0].accessKeys[0].serviceAccount[field] = odd;
      const parameters = { Document: JSON.stringify(document), Passphrase, Mode: 'replace' };
      const answer = await askAdmin(server, 'Import', parameters, { credentials: tenant.keys });
      assert.equal(answer.code, 'ValidationError', `${field} ${JSON.stringify(odd)}`);
    }
  }
});

test('a passphrase that is too short is not repeated', async () => {
  for (const Action of ['Export', 'Import']) {
    const parameters = { Passphrase: 'tiny7', Document: '{}' };
    const answer = await askAdmin(server, Action, parameters, { credentials: tenant.keys });
    assert.equal(answer.code, 'ValidationError');
    assert.ok(!answer.text.includes('tiny7'));
  }
});

test('a tenant that is named like the number of another takes nothing of what is meant for it', async () => {
  const meant = await makeTenant(server, 'meant');
  const impostor = await makeTenant(server, 'impostor');
  const document = JSON.parse(documentIn(await admin(server, 'Export', { Tenant: impostor.id })));
  document.tenants[0].name = meant.id;
  const parameters = { Document: JSON.stringify(document), Installation: 'true', Mode: 'replace' };
  await askAdmin(server, 'Import', parameters);
  await admin(server, 'SetTenantRateLimits', { Tenant: meant.id, RequestsPerSecond: '7' });
  const limits = async (id: string) => (await server.identity.findAccount(id))?.rateLimits?.requests;
  assert.deepEqual([await limits(meant.id), await limits(impostor.id)], [7, undefined]);
  await admin(server, 'DeleteTenant', { Tenant: meant.id });
  assert.ok(await server.identity.findAccount(impostor.id));
  assert.equal(await server.identity.findAccount(meant.id), undefined);
});

test('a root with more keys than the API gives comes back with all of them', async () => {
  const { id } = await makeTenant(server, 'many-keys');
  for (let i = 0; i < 4; i++) await server.identity.createAccessKey({ account: id });
  const parameters = { Installation: 'true', Passphrase };
  const Document = documentIn(await admin(server, 'Export', parameters));
  await using other = await startS3Server();
  await admin(other, 'Import', { ...parameters, Document, Mode: 'skip' });
  assert.equal((await other.identity.rootKeys(id)).length, 5);
});

test('a new name that is taken is told in the plan', async () => {
  await makeTenant(server, 'first-name');
  const second = await makeTenant(server, 'second-name');
  const document = JSON.parse(documentIn(await admin(server, 'Export', { Tenant: second.id })));
  document.tenants[0].name = 'first-name';
  const parameters = { Document: JSON.stringify(document), Installation: 'true', Mode: 'replace', DryRun: 'true' };
  const answer = await admin(server, 'Import', parameters);
  assert.match(answer.text, /The name is taken/);
});

test('white space that nobody reads is not kept, and a second import finds nothing to do', async () => {
  const { id, keys: credentials } = await makeTenant(server, 'spacious');
  const text = `{${' '.repeat(50_000)}"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`;
  const spacious = trustPolicy.replace('{', `{${' '.repeat(50_000)}`);
  const nothing = { policies: [], groups: [], users: [], roles: [], oidcProviders: [], buckets: [] };
  const holder = { path: '/', tags: [], attached: [], inline: { p: text } };
  const tenants = [
    {
      ...{ accountId: id, name: 'spacious', canonicalId: 'c', email: '', ...nothing },
      policies: [
        { name: 'p', path: '/', description: '', tags: [], defaultVersion: 1, versions: [{ number: 1, text }] },
      ],
      users: [{ name: 'u', ...holder, groups: [] }],
      roles: [{ name: 'r', ...holder, description: '', maximumSessionSeconds: 3600, trustPolicy: spacious }],
    },
  ];
  const Document = JSON.stringify({ format: 'cairn-export', version: 1, tenants });
  await admin(server, 'Import', { Document }, { credentials });
  assert.deepEqual(thingsIn(await admin(server, 'Import', { Document }, { credentials })), [
    'leave policy p',
    'leave user u',
    'leave role r',
  ]);
  const exported = documentIn(await admin(server, 'Export', {}, { credentials }));
  assert.ok(exported.length < 5000, `${exported.length}`);
});

test('of imports and exports so many are under way at once', async () => {
  const { keys: credentials } = await makeTenant(server, 'eager');
  for (const [Action, parameters] of [
    ['Export', { Passphrase }],
    ['Import', { Document: documentIn(await admin(server, 'Export', { Passphrase }, { credentials })), Passphrase }],
  ] as const) {
    const asked = Array.from({ length: 12 }, () => askAdmin(server, Action, parameters, { credentials }));
    const codes = (await Promise.all(asked)).map(({ code }) => code);
    assert.deepEqual(new Set(codes), new Set(['OK', 'Throttling']));
    assert.equal((await askAdmin(server, Action, parameters, { credentials })).code, 'OK');
  }
});

test('no password comes that was changed in times to come', async () => {
  const { keys: credentials } = await makeTenant(server, 'future');
  const { user } = await makeUser(server, { name: 'u', account: 'future' });
  await server.identities.passwords.create(user, { password: 'pass-word-1', resetRequired: false });
  const document = JSON.parse(documentIn(await admin(server, 'Export', { Passphrase }, { credentials })));
  const box = await new PassphraseBoxes(systemRandom()).open(Passphrase, document.sealing);
  const [entry] = document.tenants[0].users;
  const profile = JSON.parse(box.open(entry.loginProfile, 'login profile of u'));
  const changed = { ...profile, passwordChangedAt: 8_640_000_000_000_000 };
  entry.loginProfile = box.seal(JSON.stringify(changed), 'login profile of u');
  const parameters = { Document: JSON.stringify(document), Passphrase, Mode: 'replace' };
  const answer = await askAdmin(server, 'Import', parameters, { credentials });
  assert.match(answer.text, /changed in the future/);
});
