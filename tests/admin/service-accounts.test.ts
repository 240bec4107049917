import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { type Calls, callsOf, elementsOf } from '../identity/identity-calls.ts';
import { documentOf, makeUser } from '../identity/make-user.ts';
import { elementOf } from '../identity/send-query.ts';
import type { RawResponse } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

/** The real time, and what a test has let pass. */
let passed = 0;
const now = () => Date.now() + passed;
let server: TestServer;
let call: Calls;
let iam: Calls;
before(async () => {
  server = await startS3Server({
    clock: { now, sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds).unref()) },
  });
  call = callsOf(server, { service: 'cairn' });
  iam = callsOf(server);
});
after(async () => {
  assert.deepEqual(await Array.fromAsync(verifyStore(server.context)), []);
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const pairIn = (response: RawResponse) => ({
  accessKeyId: elementOf(response, 'AccessKeyId') ?? '',
  secretAccessKey: elementOf(response, 'SecretAccessKey') ?? '',
});
const allow = (Action: string | string[], Resource = '*') => ({ Effect: 'Allow', Action, Resource });
const own = `arn:aws:iam::*:user/\${aws:username}`;

test('a user makes one for itself, which may what both allow', async () => {
  const { keys, user } = await makeUser(server, {
    name: 'programmer',
    policies: [[allow('cairn:*ServiceAccount*', own), allow(['iam:GetUser', 'iam:ListUsers'])]],
  });
  const more = { credentials: keys };
  const made = await call.ok(
    'CreateServiceAccount',
    { Name: 'ci job', Description: 'of the builds', Policy: documentOf([allow(['iam:GetUser', 'iam:ListGroups'])]) },
    more,
  );
  const credentials = pairIn(made);
  assert.equal(elementOf(made, 'UserName'), user.name);
  assert.equal(elementOf(await iam.ok('GetUser', {}, { credentials }), 'UserName'), user.name);
  await iam.fails('403 AccessDenied', 'ListUsers', {}, { credentials });
  await iam.fails('403 AccessDenied', 'ListGroups', {}, { credentials });
  const listed = await call.ok('ListServiceAccounts', {}, more);
  assert.deepEqual(elementsOf(listed, 'Name'), ['ci job']);
  assert.ok(!listed.text.includes(credentials.secretAccessKey));
  const AccessKeyId = credentials.accessKeyId;
  const found = await call.ok('GetServiceAccount', { AccessKeyId }, more);
  assert.equal(elementOf(found, 'Description'), 'of the builds');
  await call.ok('UpdateServiceAccount', { AccessKeyId, Policy: '', Name: 'wider' }, more);
  await iam.ok('ListUsers', {}, { credentials });
  await iam.fails('403 AccessDenied', 'ListGroups', {}, { credentials });
  await call.ok('UpdateServiceAccount', { AccessKeyId, Status: 'Inactive' }, more);
  await iam.fails('403 InvalidClientTokenId', 'ListUsers', {}, { credentials });
  await call.ok('DeleteServiceAccount', { AccessKeyId }, more);
  await call.fails('403 AccessDenied', 'DeleteServiceAccount', { AccessKeyId }, more);
  await call.fails('404 NoSuchEntity', 'DeleteServiceAccount', { AccessKeyId });
});

test('it ends when its time is over', async () => {
  const { user } = await makeUser(server, { name: 'timed', policies: [[allow('iam:GetUser')]] });
  const inAnHour = new Date(now() + 3_600_000).toISOString();
  const parameters = { UserName: user.name, Expiration: inAnHour };
  const credentials = pairIn(await call.ok('CreateServiceAccount', parameters));
  await iam.ok('GetUser', {}, { credentials });
  const AccessKeyId = credentials.accessKeyId;
  assert.equal(elementOf(await call.ok('GetServiceAccount', { AccessKeyId }), 'Expiration'), inAnHour);
  await call.fails('400 InvalidInput', 'CreateServiceAccount', { ...parameters, Expiration: '2020-01-01T00:00:00Z' });
  await call.fails('400 ValidationError', 'CreateServiceAccount', { ...parameters, Expiration: 'tomorrow' });
  await call.ok('UpdateServiceAccount', { AccessKeyId, Expiration: '' });
  assert.equal(elementOf(await call.ok('GetServiceAccount', { AccessKeyId }), 'Expiration'), undefined);
  const soon = new Date(now() + 60_000).toISOString();
  await call.ok('UpdateServiceAccount', { AccessKeyId, Expiration: soon });
  const secret = server.identity.findCredential(AccessKeyId);
  assert.ok(await secret);
  passed += 61_000;
  assert.equal(await server.identity.findCredential(AccessKeyId), undefined);
});

test('no service account makes or changes one, whatever its policy, nor does a session', async () => {
  const { keys, user } = await makeUser(server, {
    name: 'narrow',
    policies: [[allow('*')]],
    serviceAccount: { name: 'wide', description: '' },
  });
  const more = { credentials: keys };
  await call.fails('403 AccessDenied', 'CreateServiceAccount', {}, more);
  await call.fails('403 AccessDenied', 'CreateServiceAccount', { UserName: user.name }, more);
  await call.fails('403 AccessDenied', 'UpdateServiceAccount', { AccessKeyId: keys.accessKeyId, Name: 'x' }, more);
  const pair = { accessKeyId: 'ASIANARROWEDSESSION', secretAccessKey: 'secret of a session' };
  const { accountId } = user;
  const key = pairIn(await iam.ok('CreateAccessKey', { UserName: user.name }));
  const session = {
    ...pair,
    accountId,
    of: { kind: 'user', userId: user.id },
    parent: { accessKeyId: key.accessKeyId, accountId },
    issuedAt: now(),
    expiresAt: now() + 3_600_000,
    policyArns: [],
    tags: [],
  } as const;
  const seal = (policies: readonly string[]) => server.identity.sessionTokens.seal({ ...session, policies });
  const narrowed = seal([documentOf([allow('*')])]);
  await call.fails('403 AccessDenied', 'CreateServiceAccount', {}, { credentials: pair, token: narrowed });
  await call.fails('403 AccessDenied', 'CreateServiceAccount', {}, { credentials: pair, token: seal([]) });
});

test('the root has its own, which nobody else sees or changes', async () => {
  const made = pairIn(await call.ok('CreateServiceAccount', { Policy: documentOf([allow('iam:ListUsers')]) }));
  await iam.ok('ListUsers', {}, { credentials: made });
  await iam.fails('403 AccessDenied', 'ListGroups', {}, { credentials: made });
  assert.ok(elementsOf(await call.ok('ListServiceAccounts'), 'AccessKeyId').includes(made.accessKeyId));
  const { keys } = await makeUser(server, { name: 'almighty', policies: [[allow('*')]] });
  for (const action of ['GetServiceAccount', 'UpdateServiceAccount', 'DeleteServiceAccount']) {
    const parameters = { AccessKeyId: made.accessKeyId };
    await call.fails('404 NoSuchEntity', action, parameters, { credentials: keys });
  }
  await call.ok('DeleteServiceAccount', { AccessKeyId: made.accessKeyId });
});

test('other tenants have none of them, and plain keys are none', async () => {
  const { keys, user } = await makeUser(server, { name: 'owner' });
  const made = pairIn(await call.ok('CreateServiceAccount', { UserName: user.name }));
  await server.identity.createAccount({ name: 'foreign' });
  const more = { credentials: await server.identity.createAccessKey({ account: 'foreign' }) };
  for (const action of ['GetServiceAccount', 'UpdateServiceAccount', 'DeleteServiceAccount']) {
    await call.fails('404 NoSuchEntity', action, { AccessKeyId: made.accessKeyId }, more);
    await call.fails('404 NoSuchEntity', action, { AccessKeyId: keys.accessKeyId });
  }
  for (const action of ['CreateServiceAccount', 'ListServiceAccounts']) {
    await call.fails('404 NoSuchEntity', action, { UserName: user.name }, more);
  }
});

test('policies that cannot be read are refused, and a hundred are enough', async () => {
  const { user } = await makeUser(server, { name: 'busy' });
  const parameters = { UserName: user.name };
  for (const Policy of ['{}', 'nonsense', documentOf([{ Effect: 'Perhaps', Action: '*', Resource: '*' }])]) {
    await call.fails('400 MalformedPolicyDocument', 'CreateServiceAccount', { ...parameters, Policy });
  }
  const owner = { accountId: user.accountId, user };
  const fields = { name: '', description: '' };
  for (let i = 0; i < 100; i++) await server.identities.serviceAccounts.create(owner, fields);
  await call.fails('409 LimitExceeded', 'CreateServiceAccount', parameters);
});
