import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { type Calls, callsOf } from '../identity/identity-calls.ts';
import { documentOf, makeUser } from '../identity/make-user.ts';
import { elementOf } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
let call: Calls;
let accountId: string;
before(async () => {
  server = await startS3Server();
  call = callsOf(server);
  accountId = (await server.identity.resolveAccount('root')).accountId;
});
after(async () => {
  assert.deepEqual(await Array.fromAsync(verifyStore(server.context)), []);
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const good = 'Correct horse 1';
const better = 'Battery staple 2';
const address = '192.0.2.1';
const verified = async (name: string, password: string) =>
  (await server.identities.passwords.verify(accountId, name, { password, address }))?.name;

test('a password is made, changed by an administrator, and taken away', async () => {
  const UserName = 'signer';
  await call.ok('CreateUser', { UserName });
  await call.fails('404 NoSuchEntity', 'GetLoginProfile', { UserName });
  const made = await call.ok('CreateLoginProfile', { UserName, Password: good, PasswordResetRequired: 'true' });
  assert.equal(elementOf(made, 'UserName'), UserName);
  assert.equal(elementOf(made, 'PasswordResetRequired'), 'true');
  assert.ok(!made.text.includes(good));
  await call.fails('409 EntityAlreadyExists', 'CreateLoginProfile', { UserName, Password: good });
  assert.equal(await verified(UserName, good), UserName);
  assert.match(elementOf(await call.ok('GetUser', { UserName }), 'PasswordLastUsed') ?? '', /^20\d\d-/);
  assert.match(elementOf(await call.ok('ListUsers'), 'PasswordLastUsed') ?? '', /^20\d\d-/);
  await call.ok('UpdateLoginProfile', { UserName, Password: better });
  assert.equal(elementOf(await call.ok('GetLoginProfile', { UserName }), 'PasswordResetRequired'), 'true');
  await call.ok('UpdateLoginProfile', { UserName, PasswordResetRequired: 'false' });
  assert.equal(elementOf(await call.ok('GetLoginProfile', { UserName }), 'PasswordResetRequired'), 'false');
  assert.equal(await verified(UserName, good), undefined);
  assert.equal(await verified(UserName, better), UserName);
  await call.ok('DeleteLoginProfile', { UserName });
  assert.equal(await verified(UserName, better), undefined);
  await call.fails('404 NoSuchEntity', 'DeleteLoginProfile', { UserName });
  await call.fails('404 NoSuchEntity', 'UpdateLoginProfile', { UserName, Password: good });
  await call.fails('404 NoSuchEntity', 'CreateLoginProfile', { UserName: 'nobody', Password: good });
});

test('passwords that are too weak, and errors that do not repeat them', async () => {
  const UserName = 'weakling';
  await call.ok('CreateUser', { UserName });
  for (const Password of ['short1!', 'onlylowercase', 'Weakling', UserName]) {
    const refused = await call.fails('400 PasswordPolicyViolation', 'CreateLoginProfile', { UserName, Password });
    assert.ok(!elementOf(refused, 'Message')?.includes(Password));
  }
  const long = 'Aa1!'.repeat(33);
  const refused = await call.fails('400 ValidationError', 'CreateLoginProfile', { UserName, Password: long });
  assert.ok(!refused.text.includes(long.slice(0, 20)));
});

test('the password policy of the account is obeyed, reuse too', async () => {
  const UserName = 'governed';
  await call.ok('CreateUser', { UserName });
  await call.ok('UpdateAccountPasswordPolicy', {
    MinimumPasswordLength: '10',
    RequireNumbers: 'true',
    PasswordReusePrevention: '2',
  });
  for (const Password of ['abcdefg 1', 'abcdefghijk']) {
    await call.fails('400 PasswordPolicyViolation', 'CreateLoginProfile', { UserName, Password });
  }
  const [first, second, third] = ['first 00000', 'second 0000', 'third 00000'] as const;
  await call.ok('CreateLoginProfile', { UserName, Password: first });
  await call.fails('400 PasswordPolicyViolation', 'UpdateLoginProfile', { UserName, Password: first });
  await call.ok('UpdateLoginProfile', { UserName, Password: second });
  await call.fails('400 PasswordPolicyViolation', 'UpdateLoginProfile', { UserName, Password: first });
  await call.ok('UpdateLoginProfile', { UserName, Password: third });
  await call.ok('UpdateLoginProfile', { UserName, Password: first });
  await call.ok('DeleteAccountPasswordPolicy');
});

test('a user changes its own, with the old one', async () => {
  const { keys } = await makeUser(server, {
    name: 'changer',
    policies: [[{ Effect: 'Allow', Action: 'iam:ChangePassword', Resource: `arn:aws:iam::*:user/\${aws:username}` }]],
  });
  const more = { credentials: keys };
  const change = { OldPassword: good, NewPassword: better };
  await call.fails('404 NoSuchEntity', 'ChangePassword', change, more);
  await call.ok('CreateLoginProfile', { UserName: 'changer', Password: good, PasswordResetRequired: 'true' });
  await call.fails('403 AccessDenied', 'ChangePassword', { ...change, OldPassword: better }, more);
  await call.fails('400 PasswordPolicyViolation', 'ChangePassword', { ...change, NewPassword: 'weak' }, more);
  await call.ok('ChangePassword', change, more);
  assert.equal(elementOf(await call.ok('GetLoginProfile', { UserName: 'changer' }), 'PasswordResetRequired'), 'false');
  assert.equal(await verified('changer', better), 'changer');
  await call.fails('400 InvalidUserType', 'ChangePassword', change);
});

test('without a right nobody changes it, unless the account lets its users', async () => {
  const deny = { Effect: 'Deny', Action: 'iam:ChangePassword', Resource: '*' };
  const allow = { Effect: 'Allow', Action: 's3:*', Resource: '*' };
  const users = [
    { name: 'let', expected: 200 },
    { name: 'denied', policies: [[deny]], expected: 403 },
    { name: 'bounded', boundary: 'arn:aws:iam::aws:policy/AmazonS3FullAccess', expected: 403 },
    { name: 'served', serviceAccount: { name: '', description: '', policy: documentOf([allow]) }, expected: 403 },
  ];
  const change = { OldPassword: good, NewPassword: better };
  const made = [];
  for (const user of users) {
    const { keys } = await makeUser(server, user);
    await call.ok('CreateLoginProfile', { UserName: user.name, Password: good });
    await call.fails('403 AccessDenied', 'ChangePassword', change, { credentials: keys });
    made.push({ keys, ...user });
  }
  await call.ok('UpdateAccountPasswordPolicy', { AllowUsersToChangePassword: 'true' });
  for (const { keys, expected, name } of made) {
    assert.equal((await call('ChangePassword', change, { credentials: keys })).status, expected, name);
  }
  await call.ok('DeleteAccountPasswordPolicy');
});

test('who guesses by changing has to wait', async () => {
  const { keys } = await makeUser(server, {
    name: 'guesser',
    policies: [[{ Effect: 'Allow', Action: 'iam:ChangePassword', Resource: '*' }]],
  });
  await call.ok('CreateLoginProfile', { UserName: 'guesser', Password: good });
  const more = { credentials: keys };
  const change = { OldPassword: 'Wrong 12345', NewPassword: better };
  for (let i = 0; i < 5; i++) await call.fails('403 AccessDenied', 'ChangePassword', change, more);
  await call.fails('400 Throttling', 'ChangePassword', { ...change, OldPassword: good }, more);
});
