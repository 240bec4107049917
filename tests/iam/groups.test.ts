import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { type Calls, callsOf, elementsOf } from '../identity/identity-calls.ts';
import { makeUser } from '../identity/make-user.ts';
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

test('a group is made, found whatever its case, renamed and deleted', async () => {
  const made = await call.ok('CreateGroup', { GroupName: 'Writers', Path: '/staff/' });
  assert.equal(elementOf(made, 'Arn'), `arn:aws:iam::${accountId}:group/staff/Writers`);
  assert.match(elementOf(made, 'GroupId') ?? '', /^AGPA[A-Z2-7]{17}$/);
  await call.fails('409 EntityAlreadyExists', 'CreateGroup', { GroupName: 'wRITERS' });
  await call.ok('UpdateGroup', { GroupName: 'writers', NewGroupName: 'authors', NewPath: '/' });
  const found = await call.ok('GetGroup', { GroupName: 'AUTHORS' });
  assert.equal(elementOf(found, 'Arn'), `arn:aws:iam::${accountId}:group/authors`);
  assert.equal(elementOf(found, 'GroupId'), elementOf(made, 'GroupId'));
  await call.ok('DeleteGroup', { GroupName: 'authors' });
  for (const action of ['GetGroup', 'DeleteGroup', 'UpdateGroup']) {
    await call.fails('404 NoSuchEntity', action, { GroupName: 'authors' });
  }
  await call.fails('400 ValidationError', 'CreateGroup', { GroupName: 'x'.repeat(129) });
});

test('members come and go, and are listed a page at a time', async () => {
  await call.ok('CreateGroup', { GroupName: 'club' });
  const names = ['m1', 'm2', 'm3'];
  for (const UserName of names) {
    await call.ok('CreateUser', { UserName });
    await call.ok('AddUserToGroup', { GroupName: 'club', UserName });
  }
  await call.ok('AddUserToGroup', { GroupName: 'CLUB', UserName: 'M1' });
  const found: string[] = [];
  for (let marker: string | undefined = ''; marker !== undefined; ) {
    const page = await call.ok('GetGroup', {
      GroupName: 'club',
      MaxItems: '2',
      ...(marker === '' ? {} : { Marker: marker }),
    });
    found.push(...elementsOf(page, 'UserName'));
    marker = elementOf(page, 'Marker');
  }
  assert.deepEqual(found.sort(), names);
  assert.deepEqual(elementsOf(await call.ok('ListGroupsForUser', { UserName: 'm1' }), 'GroupName'), ['club']);
  await call.fails('409 DeleteConflict', 'DeleteGroup', { GroupName: 'club' });
  for (const UserName of names) await call.ok('RemoveUserFromGroup', { GroupName: 'club', UserName });
  await call.ok('RemoveUserFromGroup', { GroupName: 'club', UserName: 'm1' });
  await call.ok('DeleteGroup', { GroupName: 'club' });
  for (const action of ['AddUserToGroup', 'RemoveUserFromGroup']) {
    await call.fails('404 NoSuchEntity', action, { GroupName: 'club', UserName: 'm1' });
  }
});

test('a user who is not there joins nothing', async () => {
  await call.ok('CreateGroup', { GroupName: 'empty' });
  await call.fails('404 NoSuchEntity', 'AddUserToGroup', { GroupName: 'empty', UserName: 'nobody' });
  await call.fails('404 NoSuchEntity', 'ListGroupsForUser', { UserName: 'nobody' });
  await call.ok('DeleteGroup', { GroupName: 'empty' });
});

test('ten groups at most, listed by name', async () => {
  await call.ok('CreateUser', { UserName: 'joiner' });
  const names = Array.from({ length: 11 }, (_, i) => `g${String(i).padStart(2, '0')}`);
  for (const GroupName of names) await call.ok('CreateGroup', { GroupName, Path: '/ten/' });
  for (const GroupName of names.slice(0, 10).reverse()) {
    await call.ok('AddUserToGroup', { GroupName, UserName: 'joiner' });
  }
  await call.fails('409 LimitExceeded', 'AddUserToGroup', { GroupName: 'g10', UserName: 'joiner' });
  const listed = await call.ok('ListGroupsForUser', { UserName: 'joiner', MaxItems: '4' });
  assert.deepEqual(elementsOf(listed, 'GroupName'), names.slice(0, 4));
  const rest = await call.ok('ListGroupsForUser', { UserName: 'joiner', Marker: elementOf(listed, 'Marker') ?? '' });
  assert.deepEqual(elementsOf(rest, 'GroupName'), names.slice(4, 10));
  assert.deepEqual(elementsOf(await call.ok('ListGroups', { PathPrefix: '/ten/' }), 'GroupName'), names);
  const page = await call.ok('ListGroups', { PathPrefix: '/ten/', MaxItems: '5' });
  const next = await call.ok('ListGroups', { PathPrefix: '/ten/', Marker: elementOf(page, 'Marker') ?? '' });
  assert.deepEqual([...elementsOf(page, 'GroupName'), ...elementsOf(next, 'GroupName')], names);
});

test('what a group allows its members may with the next request, and no longer when they have left', async () => {
  const { keys } = await makeUser(server, { name: 'member' });
  await call.ok('CreateGroup', { GroupName: 'readers' });
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'iam:GetUser', Resource: '*' },
  });
  await call.ok('PutGroupPolicy', { GroupName: 'readers', PolicyName: 'read', PolicyDocument });
  await call.fails('403 AccessDenied', 'GetUser', {}, { credentials: keys });
  await call.ok('AddUserToGroup', { GroupName: 'readers', UserName: 'member' });
  await call.ok('GetUser', {}, { credentials: keys });
  await call.ok('RemoveUserFromGroup', { GroupName: 'readers', UserName: 'member' });
  await call.fails('403 AccessDenied', 'GetUser', {}, { credentials: keys });
  await call.fails('409 DeleteConflict', 'DeleteGroup', { GroupName: 'readers' });
});

test('groups of other accounts are not there', async () => {
  await call.ok('CreateGroup', { GroupName: 'ours' });
  await server.identity.createAccount({ name: 'neighbour' });
  const credentials = await server.identity.createAccessKey({ account: 'neighbour' });
  await call.ok('CreateUser', { UserName: 'theirs' }, { credentials });
  for (const action of ['GetGroup', 'DeleteGroup', 'AddUserToGroup', 'RemoveUserFromGroup']) {
    await call.fails('404 NoSuchEntity', action, { GroupName: 'ours', UserName: 'theirs' }, { credentials });
  }
  assert.deepEqual(elementsOf(await call.ok('ListGroups', {}, { credentials }), 'GroupName'), []);
});
