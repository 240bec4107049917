import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { keyspace } from '../../src/records/keyspace.ts';
import { elementOf } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { allow, documentOf, elementsOf, IamAsker, pagesOf, trustOf } from './ask-policies.ts';

let server: TestServer;
let iam: IamAsker;
let accountId: string;
before(async () => {
  server = await startS3Server();
  iam = new IamAsker(server);
  accountId = (await server.identity.resolveAccount('root')).accountId;
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const reading = documentOf(allow('s3:GetObject'));
const administrator = 'arn:aws:iam::aws:policy/AdministratorAccess';

async function create(PolicyName: string, more: Record<string, string> = {}): Promise<string> {
  const made = await iam.done('CreatePolicy', { PolicyName, PolicyDocument: reading, ...more });
  return elementOf(made, 'Arn')!;
}

test('a policy is answered as it was made, and its text to the letter', async () => {
  const text = `{\n  "Version": "2012-10-17",\n  "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Sid": "a"}  \n}\n`;
  const PolicyArn = await create('first', {
    Path: '/team/',
    PolicyDocument: text,
    Description: 'it’s me'.replace('’', "'"),
    'Tags.member.1.Key': 'team',
    'Tags.member.1.Value': 'blue',
  });
  assert.equal(PolicyArn, `arn:aws:iam::${accountId}:policy/team/first`);
  const read = await iam.done('GetPolicy', { PolicyArn });
  assert.match(elementOf(read, 'PolicyId') ?? '', /^ANPA[A-Z2-7]{17}$/);
  for (const [name, value] of [
    ['PolicyName', 'first'],
    ['Path', '/team/'],
    ['DefaultVersionId', 'v1'],
    ['AttachmentCount', '0'],
    ['PermissionsBoundaryUsageCount', '0'],
    ['IsAttachable', 'true'],
    ['Key', 'team'],
  ] as const) {
    assert.equal(elementOf(read, name), value);
  }
  assert.match(read.text, /<Description>it(&apos;|&#39;|')s me<\/Description>/);
  const version = await iam.done('GetPolicyVersion', { PolicyArn, VersionId: 'v1' });
  const document = elementOf(version, 'Document') ?? '';
  assert.doesNotMatch(document, /[^A-Za-z0-9%._~-]/);
  assert.equal(decodeURIComponent(document), text);
  assert.equal(elementOf(version, 'IsDefaultVersion'), 'true');
});

test('what no policy is', async () => {
  const attempt = (more: Record<string, string>) =>
    iam.failure('CreatePolicy', { PolicyName: 'bad', PolicyDocument: reading, ...more });
  for (const PolicyDocument of [
    '{}',
    'no JSON',
    documentOf({ ...allow('s3:*'), Principal: '*' }),
    documentOf({ Effect: 'Allow', Action: 's3:*' }),
    documentOf(allow('nothing')),
  ]) {
    assert.deepEqual(await attempt({ PolicyDocument }), [400, 'MalformedPolicyDocument'], PolicyDocument);
  }
  assert.deepEqual(await attempt({ PolicyDocument: 'ĉ' }), [400, 'ValidationError']);
  assert.deepEqual(await attempt({ PolicyName: 'a b' }), [400, 'ValidationError']);
  const long = documentOf(
    ...Array.from({ length: 40 }, (_, i) => ({
      Sid: `s${i}`,
      ...allow('s3:GetObject', `arn:aws:s3:::${'b'.repeat(120)}`),
    })),
  );
  const answer = await iam.send('CreatePolicy', { PolicyName: 'long', PolicyDocument: long });
  assert.deepEqual(
    [elementOf(answer, 'Code'), elementOf(answer, 'Message')],
    ['LimitExceeded', 'Cannot exceed quota for PolicySize: 6144'],
  );
  const spaced = reading.replaceAll(',', `,${' '.repeat(7000)}`);
  await create('spaced', { PolicyDocument: spaced });
  await create('taken');
  assert.deepEqual(await attempt({ PolicyName: 'TAKEN' }), [409, 'EntityAlreadyExists']);
});

test('ARNs are found as they are spelt, and what is none is told so', async () => {
  await create('Spelt', { Path: '/a/' });
  for (const [PolicyArn, expected] of [
    [`arn:aws:iam::${accountId}:policy/a/spelt`, [404, 'NoSuchEntity']],
    [`arn:aws:iam::${accountId}:policy/Spelt`, [404, 'NoSuchEntity']],
    ['arn:aws:iam::aws:policy/Nonsense', [404, 'NoSuchEntity']],
    [`arn:aws:iam::${accountId}:user/someone`, [400, 'InvalidInput']],
    ['something that is no ARN', [400, 'InvalidInput']],
    ['short', [400, 'ValidationError']],
    ['arn:aws:iam::999999999999:policy/other', [403, 'AccessDenied']],
  ] as const) {
    assert.deepEqual(await iam.failure('GetPolicy', { PolicyArn }), expected, PolicyArn);
    assert.deepEqual(await iam.failure('ListPolicyVersions', { PolicyArn }), expected, PolicyArn);
    assert.deepEqual(await iam.failure('ListEntitiesForPolicy', { PolicyArn }), expected, PolicyArn);
  }
});

test('five versions, one of them in force', async () => {
  const PolicyArn = await create('versions');
  const textOf = (i: number) => documentOf(allow(`s3:Get${'x'.repeat(i)}`));
  for (let i = 2; i <= 5; i++) {
    const made = await iam.done('CreatePolicyVersion', {
      PolicyArn,
      PolicyDocument: textOf(i),
      ...(i === 3 ? { SetAsDefault: 'true' } : {}),
    });
    assert.deepEqual([elementOf(made, 'VersionId'), elementOf(made, 'IsDefaultVersion')], [`v${i}`, String(i === 3)]);
  }
  const another = { PolicyArn, PolicyDocument: textOf(6) };
  assert.deepEqual(await iam.failure('CreatePolicyVersion', another), [409, 'LimitExceeded']);
  const listed = await iam.done('ListPolicyVersions', { PolicyArn });
  assert.deepEqual(elementsOf(listed, 'VersionId'), ['v5', 'v4', 'v3', 'v2', 'v1']);
  const { found, pages } = await pagesOf(iam, 'ListPolicyVersions', { element: 'VersionId', PolicyArn, MaxItems: '2' });
  assert.deepEqual([found.length, pages], [5, 3]);
  assert.deepEqual(await iam.failure('DeletePolicyVersion', { PolicyArn, VersionId: 'v3' }), [409, 'DeleteConflict']);
  for (let i = 0; i < 2; i++) await iam.done('SetDefaultPolicyVersion', { PolicyArn, VersionId: 'v1' });
  await iam.done('DeletePolicyVersion', { PolicyArn, VersionId: 'v3' });
  for (const [VersionId, expected] of [
    ['v3', [404, 'NoSuchEntity']],
    ['v99999999999999999999', [404, 'NoSuchEntity']],
    ['3', [400, 'ValidationError']],
  ] as const) {
    for (const action of ['GetPolicyVersion', 'SetDefaultPolicyVersion', 'DeletePolicyVersion']) {
      assert.deepEqual(await iam.failure(action, { PolicyArn, VersionId }), expected);
    }
  }
  const made = await iam.done('CreatePolicyVersion', another);
  assert.equal(elementOf(made, 'VersionId'), 'v6', 'a number is not used again');
  assert.equal(elementOf(await iam.done('GetPolicy', { PolicyArn }), 'DefaultVersionId'), 'v1');
  assert.deepEqual(await iam.failure('DeletePolicy', { PolicyArn }), [409, 'DeleteConflict']);
  for (const VersionId of ['v2', 'v4', 'v5', 'v6']) await iam.done('DeletePolicyVersion', { PolicyArn, VersionId });
  await iam.done('DeletePolicy', { PolicyArn });
  assert.deepEqual(await iam.failure('GetPolicy', { PolicyArn }), [404, 'NoSuchEntity']);
});

test('a policy stays as long as anything hangs on it', async () => {
  const PolicyArn = await create('hanging');
  await iam.done('CreateUser', { UserName: 'holder', Path: '/holders/' });
  await iam.done('CreateGroup', { GroupName: 'holders' });
  await iam.done('CreateRole', { RoleName: 'held', AssumeRolePolicyDocument: trustOf(accountId) });
  await iam.done('AttachUserPolicy', { UserName: 'holder', PolicyArn });
  await iam.done('AttachGroupPolicy', { GroupName: 'holders', PolicyArn });
  await iam.done('PutRolePermissionsBoundary', { RoleName: 'held', PermissionsBoundary: PolicyArn });
  const read = await iam.done('GetPolicy', { PolicyArn });
  assert.deepEqual([elementOf(read, 'AttachmentCount'), elementOf(read, 'PermissionsBoundaryUsageCount')], ['2', '1']);
  const entities = async (more: Record<string, string> = {}) => {
    const listed = await iam.done('ListEntitiesForPolicy', { PolicyArn, ...more });
    return ['UserName', 'GroupName', 'RoleName'].flatMap((name) => elementsOf(listed, name));
  };
  assert.deepEqual(await entities(), ['holder', 'holders', 'held']);
  await iam.done('PutUserPermissionsBoundary', { UserName: 'holder', PermissionsBoundary: PolicyArn });
  assert.deepEqual(await entities(), ['holder', 'holders', 'held'], 'as both it is told once');
  await iam.done('DeleteUserPermissionsBoundary', { UserName: 'holder' });
  assert.deepEqual(await entities({ EntityFilter: 'Group' }), ['holders']);
  assert.deepEqual(await entities({ EntityFilter: 'AWSManagedPolicy' }), []);
  assert.deepEqual(await entities({ PolicyUsageFilter: 'PermissionsBoundary' }), ['held']);
  assert.deepEqual(await entities({ PolicyUsageFilter: 'PermissionsPolicy' }), ['holder', 'holders']);
  assert.deepEqual(await entities({ PathPrefix: '/holders/' }), ['holder']);
  for (const element of ['UserName', 'GroupName', 'RoleName']) {
    const { found, pages } = await pagesOf(iam, 'ListEntitiesForPolicy', { element, PolicyArn, MaxItems: '1' });
    assert.deepEqual([found.length, pages], [1, 3]);
  }
  assert.deepEqual(await iam.failure('DeletePolicy', { PolicyArn }), [409, 'DeleteConflict']);
  await iam.done('DetachUserPolicy', { UserName: 'holder', PolicyArn });
  await iam.done('DetachGroupPolicy', { GroupName: 'holders', PolicyArn });
  assert.deepEqual(await iam.failure('DeletePolicy', { PolicyArn }), [409, 'DeleteConflict'], 'a boundary still');
  await iam.done('DeleteRolePermissionsBoundary', { RoleName: 'held' });
  await iam.done('DeletePolicy', { PolicyArn });
});

test('lists of policies: those of the account, and those that everybody has', async () => {
  for (const name of ['l1', 'l2', 'l3']) await create(name, { Path: '/listed/' });
  const listed = async (more: Record<string, string>) =>
    elementsOf(await iam.done('ListPolicies', { MaxItems: '1000', ...more }), 'PolicyName');
  assert.deepEqual(await listed({ Scope: 'Local', PathPrefix: '/listed/' }), ['l1', 'l2', 'l3']);
  const everybodys = await listed({ Scope: 'AWS' });
  assert.ok(everybodys.includes('AdministratorAccess') && everybodys.includes('S3ObjectFullAccess'));
  assert.ok(!everybodys.includes('l1'));
  const all = await listed({});
  assert.deepEqual(new Set(all), new Set([...(await listed({ Scope: 'Local' })), ...everybodys]));
  for (const MaxItems of ['1', '7']) {
    const { found } = await pagesOf(iam, 'ListPolicies', { element: 'PolicyName', MaxItems });
    assert.deepEqual(found, all);
  }
  await iam.done('CreateUser', { UserName: 'lister' });
  await iam.done('AttachUserPolicy', { UserName: 'lister', PolicyArn: administrator });
  const l1 = `arn:aws:iam::${accountId}:policy/listed/l1`;
  await iam.done('PutUserPermissionsBoundary', { UserName: 'lister', PermissionsBoundary: l1 });
  assert.deepEqual(await listed({ OnlyAttached: 'true' }), ['l1', 'AdministratorAccess']);
  assert.deepEqual(await listed({ PolicyUsageFilter: 'PermissionsBoundary' }), ['l1']);
  const giving = await listed({ PolicyUsageFilter: 'PermissionsPolicy' });
  assert.ok(giving.includes('l2') && giving.includes('AdministratorAccess') && !giving.includes('l1'));
  assert.deepEqual(await iam.failure('ListPolicies', { Scope: 'Mine' }), [400, 'ValidationError']);
  assert.equal(elementOf(await iam.done('GetPolicy', { PolicyArn: administrator }), 'AttachmentCount'), '1');
});

test('tags of policies', async () => {
  const PolicyArn = await create('tagged');
  for (let i = 0; i < 2; i++) {
    await iam.done('TagPolicy', { PolicyArn, 'Tags.member.1.Key': 'A', 'Tags.member.1.Value': '1' });
  }
  await iam.done('TagPolicy', { PolicyArn, 'Tags.member.1.Key': 'b', 'Tags.member.1.Value': '2' });
  const { found, pages } = await pagesOf(iam, 'ListPolicyTags', { element: 'Key', PolicyArn, MaxItems: '1' });
  assert.deepEqual([found, pages], [['A', 'b'], 2]);
  await iam.done('UntagPolicy', { PolicyArn, 'TagKeys.member.1': 'a', 'TagKeys.member.2': 'unknown' });
  assert.deepEqual(elementsOf(await iam.done('ListPolicyTags', { PolicyArn }), 'Key'), ['b']);
  const many = Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [
      [`Tags.member.${i + 1}.Key`, `k${i}`],
      [`Tags.member.${i + 1}.Value`, ''],
    ]).flat(),
  );
  assert.deepEqual(await iam.failure('TagPolicy', { PolicyArn, ...many }), [409, 'LimitExceeded']);
});

test('nobody changes the policies that everybody has', async () => {
  const PolicyArn = administrator;
  for (const [action, more] of [
    ['DeletePolicy', {}],
    ['CreatePolicyVersion', { PolicyDocument: reading }],
    ['SetDefaultPolicyVersion', { VersionId: 'v1' }],
    ['DeletePolicyVersion', { VersionId: 'v1' }],
    ['TagPolicy', { 'Tags.member.1.Key': 'a', 'Tags.member.1.Value': '' }],
    ['UntagPolicy', { 'TagKeys.member.1': 'a' }],
  ] as const) {
    assert.deepEqual(await iam.failure(action, { PolicyArn, ...more }), [403, 'AccessDenied'], action);
  }
  const version = await iam.done('GetPolicyVersion', { PolicyArn, VersionId: 'v1' });
  assert.deepEqual(JSON.parse(decodeURIComponent(elementOf(version, 'Document') ?? '')), {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: '*', Resource: '*' },
  });
});

test('policies of another account are neither seen, nor changed, nor attached', async () => {
  const PolicyArn = await create('own');
  const { accountId: theirs } = await server.identity.createAccount({ name: 'other' });
  const other = iam.as({ credentials: await server.identity.createAccessKey({ account: 'other' }) });
  for (const [action, more] of [
    ['GetPolicy', {}],
    ['GetPolicyVersion', { VersionId: 'v1' }],
    ['DeletePolicy', {}],
    ['CreatePolicyVersion', { PolicyDocument: reading }],
  ] as const) {
    assert.deepEqual(await other.failure(action, { PolicyArn, ...more }), [403, 'AccessDenied']);
  }
  await other.done('CreateUser', { UserName: 'guest' });
  assert.deepEqual(await other.failure('AttachUserPolicy', { UserName: 'guest', PolicyArn }), [404, 'NoSuchEntity']);
  const boundary = { UserName: 'guest', PermissionsBoundary: PolicyArn };
  assert.deepEqual(await other.failure('PutUserPermissionsBoundary', boundary), [404, 'NoSuchEntity']);
  assert.deepEqual(elementsOf(await other.done('ListPolicies', { Scope: 'Local' }), 'PolicyName'), []);
  assert.notEqual(theirs, accountId);
});

test('an account has 1,500 policies, 5,000 roles and 100 providers, and no more', async () => {
  const { metadata } = server.context;
  const { accountId: full } = await server.identity.createAccount({ name: 'full' });
  const credentials = await server.identity.createAccessKey({ account: 'full' });
  const asker = iam.as({ credentials });
  // In the order of the counters: users, groups, roles, policies, login profiles, providers.
  await metadata.transact((tx) => tx.add(keyspace.identityCounters(full), [0, 0, 4999, 1499, 0, 99]));
  const AssumeRolePolicyDocument = trustOf(full);
  for (const [action, first, second] of [
    ['CreatePolicy', { PolicyName: 'a', PolicyDocument: reading }, { PolicyName: 'b', PolicyDocument: reading }],
    ['CreateRole', { RoleName: 'a', AssumeRolePolicyDocument }, { RoleName: 'b', AssumeRolePolicyDocument }],
    ['CreateOpenIDConnectProvider', { Url: 'https://a.example.com' }, { Url: 'https://b.example.com' }],
  ] as const) {
    await asker.done(action, first);
    assert.deepEqual(await asker.failure(action, second), [409, 'LimitExceeded'], action);
  }
});
