import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { type Calls, callsOf, elementsOf } from '../identity/identity-calls.ts';
import { makeUser } from '../identity/make-user.ts';
import { elementOf } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
let call: Calls;
before(async () => {
  server = await startS3Server();
  call = callsOf(server);
});
after(async () => {
  assert.deepEqual(await Array.fromAsync(verifyStore(server.context)), []);
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const aliases = async (more = {}) => elementsOf(await call.ok('ListAccountAliases', {}, more), 'member');

test('an account has one alias, which no other has', async () => {
  assert.deepEqual(await aliases(), []);
  await call.ok('CreateAccountAlias', { AccountAlias: 'first-name' });
  await call.ok('CreateAccountAlias', { AccountAlias: 'first-name' });
  await call.ok('CreateAccountAlias', { AccountAlias: 'second-name' });
  assert.deepEqual(await aliases(), ['second-name']);
  await server.identity.createAccount({ name: 'other' });
  const more = { credentials: await server.identity.createAccessKey({ account: 'other' }) };
  await call.fails('409 EntityAlreadyExists', 'CreateAccountAlias', { AccountAlias: 'second-name' }, more);
  await call.fails('404 NoSuchEntity', 'DeleteAccountAlias', { AccountAlias: 'second-name' }, more);
  await call.ok('CreateAccountAlias', { AccountAlias: 'first-name' }, more);
  assert.equal(
    await server.identities.accountSettings.accountOfAlias('first-name'),
    (await server.identity.resolveAccount('other')).accountId,
  );
  await call.ok('DeleteAccountAlias', { AccountAlias: 'second-name' });
  assert.deepEqual(await aliases(), []);
  assert.deepEqual(await aliases(more), ['first-name']);
});

test('aliases that are none', async () => {
  for (const AccountAlias of ['ab', 'Upper', '-a-b', 'a--b', 'end-', 'x'.repeat(64)]) {
    await call.fails('400 ValidationError', 'CreateAccountAlias', { AccountAlias });
  }
  await call.fails('400 InvalidInput', 'CreateAccountAlias', { AccountAlias: '123456789012' });
});

test('an account that is deleted gives its alias back', async () => {
  await server.identity.createAccount({ name: 'short-lived' });
  const more = { credentials: await server.identity.createAccessKey({ account: 'short-lived' }) };
  await call.ok('CreateAccountAlias', { AccountAlias: 'wanted' }, more);
  await call.ok('UpdateAccountPasswordPolicy', {}, more);
  await server.identity.deleteAccount('short-lived');
  await call.ok('CreateAccountAlias', { AccountAlias: 'wanted' });
});

test('a password policy is set as a whole', async () => {
  await call.fails('404 NoSuchEntity', 'GetAccountPasswordPolicy');
  await call.fails('404 NoSuchEntity', 'DeleteAccountPasswordPolicy');
  await call.ok('UpdateAccountPasswordPolicy', {
    MinimumPasswordLength: '12',
    MaxPasswordAge: '90',
    HardExpiry: 'true',
  });
  const strict = await call.ok('GetAccountPasswordPolicy');
  assert.deepEqual(
    ['MinimumPasswordLength', 'MaxPasswordAge', 'ExpirePasswords', 'HardExpiry', 'RequireSymbols'].map((name) =>
      elementOf(strict, name),
    ),
    ['12', '90', 'true', 'true', 'false'],
  );
  await call.ok('UpdateAccountPasswordPolicy', { RequireSymbols: 'true', PasswordReusePrevention: '3' });
  const other = await call.ok('GetAccountPasswordPolicy');
  assert.deepEqual(
    ['MinimumPasswordLength', 'MaxPasswordAge', 'ExpirePasswords', 'RequireSymbols', 'PasswordReusePrevention'].map(
      (name) => elementOf(other, name),
    ),
    ['6', undefined, 'false', 'true', '3'],
  );
  for (const bad of [{ MinimumPasswordLength: '5' }, { MaxPasswordAge: '1096' }, { RequireNumbers: 'maybe' }]) {
    await call.fails('400 ValidationError', 'UpdateAccountPasswordPolicy', bad as unknown as Record<string, string>);
  }
  await call.ok('DeleteAccountPasswordPolicy');
  await call.fails('404 NoSuchEntity', 'GetAccountPasswordPolicy');
});

test('the summary counts what the account has', async () => {
  await server.identity.createAccount({ name: 'counted' });
  const more = { credentials: await server.identity.createAccessKey({ account: 'counted' }) };
  for (const UserName of ['a', 'b', 'c']) await call.ok('CreateUser', { UserName }, more);
  await call.ok('DeleteUser', { UserName: 'b' }, more);
  await call.ok('CreateGroup', { GroupName: 'g' }, more);
  const summary = await call.ok('GetAccountSummary', {}, more);
  const entries = new Map(
    [...summary.text.matchAll(/<entry><key>(\w+)<\/key><value>(\d+)<\/value><\/entry>/g)].map(([, key, value]) => [
      key!,
      Number(value),
    ]),
  );
  assert.deepEqual(
    ['Users', 'Groups', 'Roles', 'Policies', 'AccountAccessKeysPresent', 'GroupsPerUserQuota'].map((key) =>
      entries.get(key),
    ),
    [2, 1, 0, 0, 1, 10],
  );
});

test('nobody has certificates, or a device for a second factor; who is not there has no answer', async () => {
  await makeUser(server, { name: 'plain' });
  const none = {
    ListMFADevices: 'MFADevices',
    ListSigningCertificates: 'Certificates',
    ListSSHPublicKeys: 'SSHPublicKeys',
    ListServiceSpecificCredentials: 'ServiceSpecificCredentials',
  };
  for (const [action, list] of Object.entries(none)) {
    const listed = await call.ok(action, { UserName: 'plain' });
    assert.ok(listed.text.includes(`<${list}></${list}>`), listed.text);
    await call.ok(action);
    await call.fails('404 NoSuchEntity', action, { UserName: 'nobody' });
  }
  assert.match((await call.ok('ListVirtualMFADevices')).text, /<VirtualMFADevices><\/VirtualMFADevices>/);
});
