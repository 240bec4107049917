import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { keyspace } from '../../src/records/keyspace.ts';
import { lastUseRecordType } from '../../src/records/last-use-record.ts';
import { roles } from '../../src/services/identity/entity-table.ts';
import { elementOf } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { documentOf, elementsOf, IamAsker, pagesOf, trustOf } from './ask-policies.ts';

let server: TestServer;
let iam: IamAsker;
let accountId: string;
let trust: string;
before(async () => {
  server = await startS3Server();
  iam = new IamAsker(server);
  accountId = (await server.identity.resolveAccount('root')).accountId;
  trust = trustOf(accountId);
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const create = (RoleName: string, more: Record<string, string> = {}) =>
  iam.done('CreateRole', { RoleName, AssumeRolePolicyDocument: trust, ...more });

test('a role is answered as it was made', async () => {
  const boundary = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
  const made = await create('builder', {
    Path: '/team/',
    Description: 'builds <things>',
    MaxSessionDuration: '7200',
    PermissionsBoundary: boundary,
    'Tags.member.1.Key': 'team',
    'Tags.member.1.Value': 'blue',
  });
  const read = await iam.done('GetRole', { RoleName: 'BUILDER' });
  for (const response of [made, read]) {
    assert.equal(elementOf(response, 'Arn'), `arn:aws:iam::${accountId}:role/team/builder`);
    assert.match(elementOf(response, 'RoleId') ?? '', /^AROA[A-Z2-7]{17}$/);
    assert.equal(elementOf(response, 'Description'), 'builds &lt;things&gt;');
    assert.equal(elementOf(response, 'MaxSessionDuration'), '7200');
    assert.equal(elementOf(response, 'PermissionsBoundaryArn'), boundary);
    assert.equal(decodeURIComponent(elementOf(response, 'AssumeRolePolicyDocument') ?? ''), trust);
    assert.equal(elementOf(response, 'Key'), 'team');
  }
  assert.match(read.text, /<RoleLastUsed><\/RoleLastUsed>/);
  assert.deepEqual(await iam.failure('CreateRole', { RoleName: 'Builder', AssumeRolePolicyDocument: trust }), [
    409,
    'EntityAlreadyExists',
  ]);
  assert.deepEqual(await iam.failure('GetRole', { RoleName: 'nobody' }), [404, 'NoSuchEntity']);
});

test('the policy that says who may assume it is checked', async () => {
  const attempt = (document: string) => iam.send('CreateRole', { RoleName: 'bad', AssumeRolePolicyDocument: document });
  const statement = { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' };
  for (const document of [
    '{',
    documentOf({ ...statement, Resource: '*' }),
    documentOf({ ...statement, Action: 's3:GetObject' }),
    documentOf({ Effect: 'Allow', Action: 'sts:AssumeRole' }),
  ]) {
    const response = await attempt(document);
    assert.deepEqual([response.status, elementOf(response, 'Code')], [400, 'MalformedPolicyDocument'], document);
  }
  for (const [Principal, written] of [
    [{ AWS: `arn:aws:iam::${accountId}:user/nobody` }, `"AWS":"arn:aws:iam::${accountId}:user/nobody"`],
    [{ AWS: '999999999999' }, '"AWS":"arn:aws:iam::999999999999:root"'],
    [
      { Federated: `arn:aws:iam::${accountId}:oidc-provider/id.example.com` },
      `"Federated":"arn:aws:iam::${accountId}:oidc-provider/id.example.com"`,
    ],
  ] as const) {
    const response = await attempt(documentOf({ ...statement, Principal }));
    const message = (elementOf(response, 'Message') ?? '').replaceAll('&quot;', '"');
    assert.equal(message, `Invalid principal in policy: ${written}`);
  }
  await iam.done('CreateOpenIDConnectProvider', { Url: 'https://id.example.com' });
  const Principal = { Federated: `arn:aws:iam::${accountId}:oidc-provider/id.example.com` };
  await create('federated', {
    AssumeRolePolicyDocument: documentOf({ ...statement, Principal, Action: 'sts:AssumeRoleWithWebIdentity' }),
  });
  const long = documentOf(...Array.from({ length: 30 }, (_, i) => ({ Sid: `s${i}`, ...statement })));
  const response = await attempt(long);
  assert.deepEqual([response.status, elementOf(response, 'Code')], [409, 'LimitExceeded']);
  assert.equal(elementOf(response, 'Message'), 'Cannot exceed quota for ACLSizePerRole: 2048');
});

test('limits of parameters', async () => {
  const base = { RoleName: 'limits', AssumeRolePolicyDocument: trust };
  for (const bad of [
    { MaxSessionDuration: '3599' },
    { MaxSessionDuration: '43201' },
    { RoleName: 'x'.repeat(65) },
    { Path: 'x' },
    { Description: 'x'.repeat(1001) },
  ]) {
    assert.deepEqual(await iam.failure('CreateRole', { ...base, ...bad }), [400, 'ValidationError']);
  }
  const boundary = { PermissionsBoundary: `arn:aws:iam::${accountId}:policy/nothing` };
  assert.deepEqual(await iam.failure('CreateRole', { ...base, ...boundary }), [404, 'NoSuchEntity']);
  assert.deepEqual(await iam.failure('CreateRole', { ...base, PermissionsBoundary: 'no-arn-at-all-but-long' }), [
    400,
    'InvalidInput',
  ]);
  assert.deepEqual(await iam.failure('GetRole', { RoleName: 'limits' }), [404, 'NoSuchEntity']);
});

test('changes, each as often as one likes', async () => {
  await create('changing');
  const role = { RoleName: 'changing' };
  const later = documentOf({ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' });
  for (let i = 0; i < 2; i++) {
    const updated = await iam.done('UpdateRole', { ...role, Description: 'new', MaxSessionDuration: '3601' });
    assert.match(updated.text, /<UpdateRoleResult><\/UpdateRoleResult>/);
    await iam.done('UpdateAssumeRolePolicy', { ...role, PolicyDocument: later });
    await iam.done('TagRole', { ...role, 'Tags.member.1.Key': 'Team', 'Tags.member.1.Value': 'red' });
  }
  await iam.done('TagRole', { ...role, 'Tags.member.1.Key': 'team', 'Tags.member.1.Value': 'blue' });
  await iam.done('UpdateRole', role);
  const read = await iam.done('GetRole', role);
  assert.equal(elementOf(read, 'Description'), 'new');
  assert.equal(elementOf(read, 'MaxSessionDuration'), '3601');
  assert.equal(decodeURIComponent(elementOf(read, 'AssumeRolePolicyDocument') ?? ''), later);
  const tags = await iam.done('ListRoleTags', role);
  assert.deepEqual([elementsOf(tags, 'Key'), elementsOf(tags, 'Value')], [['team'], ['blue']]);
  for (let i = 0; i < 2; i++) await iam.done('UntagRole', { ...role, 'TagKeys.member.1': 'TEAM' });
  assert.deepEqual(elementsOf(await iam.done('ListRoleTags', role), 'Key'), []);
  const described = await iam.done('UpdateRoleDescription', { ...role, Description: 'newer' });
  assert.equal(elementOf(described, 'Description'), 'newer');
  assert.deepEqual(await iam.failure('UpdateAssumeRolePolicy', { ...role, PolicyDocument: '[]' }), [
    400,
    'MalformedPolicyDocument',
  ]);
  assert.deepEqual(await iam.failure('UpdateRole', { RoleName: 'nobody' }), [404, 'NoSuchEntity']);
});

test('lists of roles, by path and in pages', async () => {
  for (const name of ['p1', 'p2', 'p3']) await create(name, { Path: '/pages/' });
  const { found, pages } = await pagesOf(iam, 'ListRoles', {
    element: 'RoleName',
    PathPrefix: '/pages/',
    MaxItems: '2',
  });
  assert.deepEqual([found, pages], [['p1', 'p2', 'p3'], 2]);
  const all = await iam.done('ListRoles');
  assert.ok(elementsOf(all, 'RoleName').includes('builder'));
  assert.doesNotMatch(all.text, /<Tags>|PermissionsBoundary/);
  assert.deepEqual(await iam.failure('ListRoles', { Marker: '!' }), [400, 'ValidationError']);
});

test('a role goes only when its policies are gone, and takes the rest with it', async () => {
  const { metadata } = server.context;
  await create('leaving', { PermissionsBoundary: 'arn:aws:iam::aws:policy/ReadOnlyAccess' });
  const role = { RoleName: 'leaving' };
  const { id } = await roles.require(metadata, accountId, 'leaving');
  const used = lastUseRecordType.encode({ at: Date.UTC(2026, 0, 2), service: 's3', region: 'us-east-1' });
  await metadata.transact((tx) => tx.put(keyspace.lastUse(id), used));
  assert.match(
    (await iam.done('GetRole', role)).text,
    /<LastUsedDate>2026-01-02T00:00:00.000Z<\/LastUsedDate><Region>us-east-1</,
  );
  const policy = { ...role, PolicyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' };
  await iam.done('AttachRolePolicy', policy);
  assert.deepEqual(await iam.failure('DeleteRole', role), [409, 'DeleteConflict']);
  await iam.done('DetachRolePolicy', policy);
  const document = documentOf({ Effect: 'Allow', Action: 's3:*', Resource: '*' });
  await iam.done('PutRolePolicy', { ...role, PolicyName: 'inline', PolicyDocument: document });
  assert.deepEqual(await iam.failure('DeleteRole', role), [409, 'DeleteConflict']);
  await iam.done('DeleteRolePolicy', { ...role, PolicyName: 'inline' });
  const profiles = await iam.done('ListInstanceProfilesForRole', role);
  assert.match(profiles.text, /<InstanceProfiles><\/InstanceProfiles><IsTruncated>false</);
  await iam.done('DeleteRole', role);
  assert.deepEqual(await iam.failure('DeleteRole', role), [404, 'NoSuchEntity']);
  assert.equal(await metadata.get(keyspace.lastUse(id)), undefined);
});

test('found by its very ARN', async () => {
  const { roles: service } = server.identities;
  assert.equal((await service.findByArn(`arn:aws:iam::${accountId}:role/team/builder`))?.name, 'builder');
  for (const arn of [
    `arn:aws:iam::${accountId}:role/builder`,
    `arn:aws:iam::${accountId}:role/team/Builder`,
    `arn:aws:iam::${accountId}:user/team/builder`,
    'nothing',
  ]) {
    assert.equal(await service.findByArn(arn), undefined, arn);
  }
  await service.revokeSessions(accountId, 'builder', 17);
  assert.equal((await service.get(accountId, 'builder')).sessionsValidFrom, 17);
});

test('roles of other accounts are neither seen nor changed', async () => {
  await create('hidden');
  await server.identity.createAccount({ name: 'other' });
  const other = iam.as({ credentials: await server.identity.createAccessKey({ account: 'other' }) });
  const policy = { PolicyName: 'p', PolicyDocument: documentOf({ Effect: 'Allow', Action: '*', Resource: '*' }) };
  for (const [action, more] of [
    ['GetRole', {}],
    ['DeleteRole', {}],
    ['UpdateAssumeRolePolicy', { PolicyDocument: trust }],
    ['PutRolePolicy', policy],
    ['AttachRolePolicy', { PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }],
  ] as const) {
    assert.deepEqual(await other.failure(action, { RoleName: 'hidden', ...more }), [404, 'NoSuchEntity'], action);
  }
  assert.deepEqual(elementsOf(await other.done('ListRoles'), 'RoleName'), []);
});
