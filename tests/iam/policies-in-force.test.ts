import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { makeUser } from '../identity/make-user.ts';
import { elementOf } from '../identity/send-query.ts';
import { sendRaw } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { allow, deny, documentOf, IamAsker } from './ask-policies.ts';

let server: TestServer;
let iam: IamAsker;
before(async () => {
  server = await startS3Server();
  iam = new IamAsker(server);
  await sendRaw(server, { method: 'PUT', path: '/bucket' });
  await sendRaw(server, { method: 'PUT', path: '/bucket/key', body: Buffer.from('text') });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const reads = async (credentials: AccessKeyPair) =>
  (await sendRaw(server, { method: 'GET', path: '/bucket/key', credentials })).status === 200;

/** Each change counts with the very next request. */
async function expectInTurn(
  credentials: AccessKeyPair,
  steps: readonly (readonly [action: string, parameters: Record<string, string>, reads: boolean])[],
): Promise<void> {
  assert.equal(await reads(credentials), false, 'at first');
  for (const [i, [action, parameters, expected]] of steps.entries()) {
    await iam.done(action, parameters);
    assert.equal(await reads(credentials), expected, `${i + 1}: ${action}`);
  }
}

const text = (...statements: readonly object[]) => ({ PolicyDocument: documentOf(...statements) });

test('through a group', async () => {
  const { keys } = await makeUser(server, { name: 'member' });
  const group = { GroupName: 'team' };
  await iam.done('CreateGroup', group);
  await iam.done('AddUserToGroup', { ...group, UserName: 'member' });
  const policy = { ...group, PolicyName: 'p' };
  const attached = { ...group, PolicyArn: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess' };
  await expectInTurn(keys, [
    ['PutGroupPolicy', { ...policy, ...text(allow('s3:GetObject')) }, true],
    ['PutGroupPolicy', { ...policy, ...text(allow('s3:PutObject')) }, false],
    ['AttachGroupPolicy', attached, true],
    ['PutGroupPolicy', { ...policy, ...text(deny('s3:GetObject')) }, false],
    ['DeleteGroupPolicy', policy, true],
    ['RemoveUserFromGroup', { ...group, UserName: 'member' }, false],
    ['AddUserToGroup', { ...group, UserName: 'member' }, true],
    ['DetachGroupPolicy', attached, false],
  ]);
});

test('by the version of a managed policy that is in force, which a boundary may be, too', async () => {
  const { keys } = await makeUser(server, { name: 'holder' });
  const user = { UserName: 'holder' };
  const made = await iam.done('CreatePolicy', { PolicyName: 'switched', ...text(allow('s3:GetObject')) });
  const policy = { PolicyArn: elementOf(made, 'Arn')! };
  const bounding = await iam.done('CreatePolicy', { PolicyName: 'bounding', ...text(allow('s3:PutObject')) });
  const boundary = { PolicyArn: elementOf(bounding, 'Arn')! };
  await expectInTurn(keys, [
    ['AttachUserPolicy', { ...user, ...policy }, true],
    ['CreatePolicyVersion', { ...policy, ...text(allow('s3:PutObject')) }, true],
    ['SetDefaultPolicyVersion', { ...policy, VersionId: 'v2' }, false],
    ['SetDefaultPolicyVersion', { ...policy, VersionId: 'v1' }, true],
    ['PutUserPermissionsBoundary', { ...user, PermissionsBoundary: boundary.PolicyArn }, false],
    ['CreatePolicyVersion', { ...boundary, ...text(allow('s3:*')), SetAsDefault: 'true' }, true],
    ['SetDefaultPolicyVersion', { ...boundary, VersionId: 'v1' }, false],
    ['DeleteUserPermissionsBoundary', user, true],
    ['DetachUserPolicy', { ...user, ...policy }, false],
  ]);
});

test('a boundary alone gives nothing', async () => {
  const { keys } = await makeUser(server, { name: 'bounded' });
  const everything = 'arn:aws:iam::aws:policy/AdministratorAccess';
  await iam.done('PutUserPermissionsBoundary', { UserName: 'bounded', PermissionsBoundary: everything });
  assert.equal(await reads(keys), false);
});

test('the policies of a tenant’s administrator end where the tenant does', async () => {
  const { accountId } = await server.identity.createAccount({ name: 'tenant' });
  const attached = ['arn:aws:iam::aws:policy/CairnTenantAdministrator'];
  const { keys } = await makeUser(server, { name: 'head', account: 'tenant', attached });
  const head = iam.as({ credentials: keys });
  const made = await head.done('CreateUser', { UserName: 'worker' });
  assert.equal(elementOf(made, 'Arn'), `arn:aws:iam::${accountId}:user/worker`);
  assert.equal((await sendRaw(server, { method: 'PUT', path: '/of-the-tenant', credentials: keys })).status, 200);
  assert.equal(await reads(keys), false);
});
