import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Calls, callsOf, elementsOf } from '../identity/identity-calls.ts';
import { elementOf } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
let call: Calls;
const inline = JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } });
const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 's3.amazonaws.com' } },
});
const readOnly = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
before(async () => {
  server = await startS3Server();
  call = callsOf(server);
  const { accountId } = await server.identity.resolveAccount('root');
  await call.ok('CreatePolicy', { PolicyName: 'own', PolicyDocument: inline });
  await call.ok('CreateGroup', { GroupName: 'staff' });
  await call.ok('AttachGroupPolicy', { GroupName: 'staff', PolicyArn: readOnly });
  for (const UserName of ['u1', 'u2']) {
    await call.ok('CreateUser', { UserName, PermissionsBoundary: `arn:aws:iam::${accountId}:policy/own` });
    await call.ok('AddUserToGroup', { GroupName: 'staff', UserName });
    await call.ok('PutUserPolicy', { UserName, PolicyName: 'mine', PolicyDocument: inline });
  }
  const me = JSON.parse(trust);
  me.Statement.Principal = { AWS: `arn:aws:iam::${accountId}:root` };
  await call.ok('CreateRole', { RoleName: 'r1', AssumeRolePolicyDocument: JSON.stringify(me) });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

test('tells all of users, groups, roles and policies', async () => {
  const all = await call.ok('GetAccountAuthorizationDetails');
  assert.deepEqual(elementsOf(all, 'UserName'), ['u1', 'u2']);
  assert.deepEqual(elementsOf(all, 'GroupName'), ['staff']);
  assert.deepEqual(elementsOf(all, 'RoleName'), ['r1']);
  assert.match(all.text, /<GroupList><member>staff<\/member><\/GroupList>/);
  assert.equal(decodeURIComponent(elementOf(all, 'PolicyDocument') ?? ''), inline);
  assert.equal(decodeURIComponent(elementOf(all, 'Document') ?? ''), inline);
  assert.deepEqual([...new Set(elementsOf(all, 'PolicyName'))].sort(), ['AmazonS3ReadOnlyAccess', 'mine', 'own']);
  assert.equal(elementsOf(all, 'PermissionsBoundaryArn').length, 2);
  assert.equal(elementOf(all, 'IsTruncated'), 'false');
});

test('only what is asked for', async () => {
  const some = await call.ok('GetAccountAuthorizationDetails', {
    'Filter.member.1': 'Group',
    'Filter.member.2': 'LocalManagedPolicy',
  });
  assert.deepEqual(elementsOf(some, 'UserName'), []);
  assert.deepEqual(elementsOf(some, 'GroupName'), ['staff']);
  assert.deepEqual(elementsOf(some, 'DefaultVersionId'), ['v1']);
  await call.fails('400 ValidationError', 'GetAccountAuthorizationDetails', { 'Filter.member.1': 'Everything' });
});

test('markers that no answer gave', async () => {
  for (const place of ['user', 'nothing:x', 'x']) {
    const Marker = Buffer.from(place).toString('base64url');
    await call.fails('400 ValidationError', 'GetAccountAuthorizationDetails', { Marker });
  }
});

test('a page at a time it is the same', async () => {
  const found: string[] = [];
  for (let marker: string | undefined = ''; marker !== undefined; ) {
    const page = await call.ok('GetAccountAuthorizationDetails', {
      MaxItems: '1',
      ...(marker === '' ? {} : { Marker: marker }),
    });
    for (const name of ['UserId', 'GroupId', 'RoleId', 'PolicyId']) found.push(...elementsOf(page, name));
    marker = elementOf(page, 'Marker');
  }
  const all = await call.ok('GetAccountAuthorizationDetails');
  const expected = ['UserId', 'GroupId', 'RoleId', 'PolicyId'].flatMap((name) => elementsOf(all, name));
  assert.deepEqual(found, expected);
  assert.equal(expected.length, 6);
});

test('a page has no more than a process should hold, and nothing is left out or told twice', async () => {
  const long = JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: Array.from({ length: 480 }, (_, i) => `s3:Get${i + 100}`), Resource: '*' },
  });
  const names = Array.from({ length: 60 }, (_, i) => `Long-${i + 10}`);
  for (const PolicyName of names) {
    const made = await call.ok('CreatePolicy', { PolicyName, PolicyDocument: long });
    for (let i = 2; i <= 5; i++) {
      await call.ok('CreatePolicyVersion', { PolicyArn: elementOf(made, 'Arn')!, PolicyDocument: long });
    }
  }
  const seen: string[] = [];
  const sizes: number[] = [];
  let marker: string | undefined;
  do {
    const more: Record<string, string> = marker === undefined ? {} : { Marker: marker };
    const page = await call.ok('GetAccountAuthorizationDetails', { MaxItems: '1000', ...more });
    sizes.push(page.text.length);
    for (const element of ['UserId', 'GroupId', 'RoleId', 'PolicyId']) seen.push(...elementsOf(page, element));
    marker = elementOf(page, 'Marker');
  } while (marker !== undefined);
  assert.ok(sizes.length > 1);
  assert.ok(Math.max(...sizes) < 2_200_000, String(sizes));
  assert.equal(new Set(seen).size, seen.length);
  assert.equal(seen.length, names.length + 6);
});
