import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { type Calls, callsOf } from '../identity/identity-calls.ts';
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
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const everything = 'arn:aws:iam::aws:policy/AdministratorAccess';

test('all that hangs on a user has to go first', async () => {
  const UserName = 'laden';
  const { keys } = await makeUser(server, {
    name: UserName,
    policies: [[{ Effect: 'Allow', Action: 's3:*', Resource: '*' }]],
    attached: [everything],
    boundary: everything,
  });
  const admin = callsOf(server, { service: 'cairn' });
  const made = await admin.ok('CreateServiceAccount', { UserName });
  await call.ok('CreateLoginProfile', { UserName, Password: 'Long enough 1' });
  await call.ok('CreateGroup', { GroupName: 'group' });
  await call.ok('AddUserToGroup', { GroupName: 'group', UserName });
  const conflict = async (what: RegExp) => {
    const response = await call.fails('409 DeleteConflict', 'DeleteUser', { UserName });
    assert.match(elementOf(response, 'Message') ?? '', what);
  };
  await conflict(/must delete access keys first/);
  await call.ok('DeleteAccessKey', { UserName, AccessKeyId: keys.accessKeyId });
  await conflict(/must delete service accounts first/);
  await admin.ok('DeleteServiceAccount', { AccessKeyId: elementOf(made, 'AccessKeyId') ?? '' });
  await conflict(/must delete login profile first/);
  await call.ok('DeleteLoginProfile', { UserName });
  await conflict(/must remove users from group first/);
  await call.ok('RemoveUserFromGroup', { GroupName: 'group', UserName });
  await conflict(/must detach all policies first/);
  await call.ok('DetachUserPolicy', { UserName, PolicyArn: everything });
  await conflict(/must delete policies first/);
  await call.ok('DeleteUserPolicy', { UserName, PolicyName: 'policy-0' });
  await call.ok('DeleteUser', { UserName });
  await call.fails('404 NoSuchEntity', 'GetUser', { UserName });
  await call.fails('404 NoSuchEntity', 'DeleteUser', { UserName });
  assert.deepEqual(await Array.fromAsync(verifyStore(server.context)), []);
});

test('a user of the same name is another one', async () => {
  const first = await call.ok('CreateUser', { UserName: 'again' });
  await call.ok('DeleteUser', { UserName: 'AGAIN' });
  const second = await call.ok('CreateUser', { UserName: 'again' });
  assert.notEqual(elementOf(first, 'UserId'), elementOf(second, 'UserId'));
});
