import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeUser } from '../identity/make-user.ts';
import { elementOf } from '../identity/send-query.ts';
import { sendRaw } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { allow, deny, documentOf, elementsOf, IamAsker, pagesOf, trustOf } from './ask-policies.ts';

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

const members = (name: string, values: readonly string[]) =>
  Object.fromEntries(values.map((value, i) => [`${name}.member.${i + 1}`, value]));
const actions = (...names: readonly string[]) => members('ActionNames', names);
const policies = (...texts: readonly string[]) => members('PolicyInputList', texts);
const entry = (name: string, ...values: readonly string[]) => ({
  'ContextEntries.member.1.ContextKeyName': name,
  ...members('ContextEntries.member.1.ContextKeyValues', values),
  'ContextEntries.member.1.ContextKeyType': 'string',
});
const custom = (parameters: Record<string, string>) => iam.done('SimulateCustomPolicy', parameters);

test('decides, and says by which statement and where it stands', async () => {
  const text = `{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
    {
      "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*", "Condition": {"StringEquals": {"aws:x": "}{"}}
    }
  ]
}`;
  const response = await custom({
    ...policies(text),
    ...actions('s3:GetObject', 's3:DeleteObject', 'iam:GetUser'),
    ...entry('aws:X', '}{'),
  });
  assert.deepEqual(elementsOf(response, 'EvalDecision'), ['allowed', 'explicitDeny', 'implicitDeny']);
  assert.deepEqual(elementsOf(response, 'EvalResourceName'), ['*', '*', '*']);
  assert.deepEqual(elementsOf(response, 'SourcePolicyId'), ['PolicyInputList.1', 'PolicyInputList.1']);
  assert.deepEqual(elementsOf(response, 'Line'), ['4', '4', '5', '7']);
  assert.deepEqual(elementsOf(response, 'Column'), ['5', '59', '5', '6']);
  const single = '{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"},"Version":"2012-10-17"}';
  const one = await custom({ ...policies(single), ...actions('s3:GetObject') });
  assert.deepEqual(elementsOf(one, 'Column'), ['14', '63']);
});

test('conditions are asked, and what is missing is told', async () => {
  const Condition = { StringEquals: { 'aws:RequestTag/team': 'blue' }, Bool: { 'aws:SecureTransport': 'true' } };
  const text = documentOf({ ...allow('s3:*', `arn:aws:s3:::\${aws:username}/*`), Condition });
  const none = await custom({ ...policies(text), ...actions('s3:GetObject') });
  assert.equal(elementOf(none, 'EvalDecision'), 'implicitDeny');
  assert.match(
    none.text,
    /<MissingContextValues><member>aws:RequestTag\/team<\/member><member>aws:SecureTransport<\/member><member>aws:username</,
  );
  const given = {
    ...policies(text),
    ...actions('s3:GetObject'),
    ...members('ResourceArns', ['arn:aws:s3:::alice/key', 'arn:aws:s3:::bob/key']),
    CallerArn: `arn:aws:iam::${accountId}:user/alice`,
    ...entry('aws:requesttag/TEAM', 'blue'),
    'ContextEntries.member.2.ContextKeyName': 'aws:SecureTransport',
    'ContextEntries.member.2.ContextKeyValues.member.1': 'true',
  };
  const response = await custom(given);
  assert.deepEqual(elementsOf(response, 'EvalDecision'), ['allowed', 'implicitDeny']);
  assert.match(response.text, /<MissingContextValues><\/MissingContextValues>/);
  const keys = await iam.done('GetContextKeysForCustomPolicy', policies(text, text));
  assert.deepEqual(elementsOf(keys, 'member'), ['aws:RequestTag/team', 'aws:SecureTransport', 'aws:username']);
});

test('a boundary limits', async () => {
  const boundary = members('PermissionsBoundaryPolicyInputList', [documentOf(allow('s3:Get*'))]);
  const response = await custom({
    ...policies(documentOf(allow('s3:*'))),
    ...boundary,
    ...actions('s3:GetObject', 's3:PutObject'),
  });
  assert.deepEqual(elementsOf(response, 'EvalDecision'), ['allowed', 'implicitDeny']);
  assert.deepEqual(elementsOf(response, 'AllowedByPermissionsBoundary'), ['true', 'false']);
});

test('a resource’s policy gives within the account, and both have to across', async () => {
  const CallerArn = `arn:aws:iam::${accountId}:user/alice`;
  const resource = 'arn:aws:s3:::photos/key';
  const ResourcePolicy = documentOf({
    ...allow('s3:GetObject', 'arn:aws:s3:::photos/*'),
    Principal: { AWS: CallerArn },
  });
  const asked = { ...actions('s3:GetObject'), ...members('ResourceArns', [resource]), CallerArn, ResourcePolicy };
  const decision = async (more: Record<string, string>) =>
    elementOf(await custom({ ...asked, ...more }), 'EvalDecision');
  const nothing = policies(documentOf(allow('s3:PutObject')));
  assert.equal(await decision(nothing), 'allowed');
  const ResourceOwner = 'arn:aws:iam::999999999999:root';
  assert.equal(await decision({ ...nothing, ResourceOwner }), 'implicitDeny');
  assert.equal(await decision({ ...policies(documentOf(allow('s3:*'))), ResourceOwner }), 'allowed');
  assert.equal(await decision(policies(documentOf(deny('s3:*')))), 'explicitDeny');
  const answer = await custom({ ...asked, ...nothing });
  assert.match(answer.text, /<SourcePolicyId>ResourcePolicy<\/SourcePolicyId><SourcePolicyType>Resource Policy</);
  assert.deepEqual(
    [elementsOf(answer, 'key'), elementsOf(answer, 'value')],
    [
      ['IAM Policy', 'Resource Policy'],
      ['implicitDeny', 'allowed'],
    ],
  );
  const other = { ...asked, ...nothing, ...members('ResourceArns', ['arn:aws:s3:::others/key']) };
  assert.deepEqual(await iam.failure('SimulateCustomPolicy', other), [400, 'MalformedPolicyDocument']);
});

test('a principal is simulated with all that it has, and the gate decides the same', async () => {
  await iam.done('CreateGroup', { GroupName: 'readers' });
  await iam.done('PutGroupPolicy', {
    GroupName: 'readers',
    PolicyName: 'reading',
    PolicyDocument: documentOf(allow(['s3:GetObject', 's3:DeleteObject'], `arn:aws:s3:::\${aws:username}-bucket/*`)),
  });
  const { keys } = await makeUser(server, {
    name: 'sam',
    policies: [[allow('s3:PutObject'), deny('s3:DeleteObject')]],
    attached: ['arn:aws:iam::aws:policy/S3ListAccess'],
    boundary: 'arn:aws:iam::aws:policy/AmazonS3FullAccess',
  });
  await iam.done('AddUserToGroup', { GroupName: 'readers', UserName: 'sam' });
  const bucket = 'sam-bucket';
  await sendRaw(server, { method: 'PUT', path: `/${bucket}` });
  await sendRaw(server, { method: 'PUT', path: `/${bucket}/key`, body: Buffer.from('text') });
  const source = { PolicySourceArn: `arn:aws:iam::${accountId}:user/sam` };
  const response = await iam.done('SimulatePrincipalPolicy', {
    ...source,
    ...actions('s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:GetObjectAcl'),
    ...members('ResourceArns', [`arn:aws:s3:::${bucket}/key`]),
  });
  const simulated = elementsOf(response, 'EvalDecision');
  assert.deepEqual(simulated, ['allowed', 'allowed', 'explicitDeny', 'implicitDeny']);
  assert.deepEqual(elementsOf(response, 'SourcePolicyId'), [
    'group_readers_reading',
    'user_sam_policy-0',
    'user_sam_policy-0',
  ]);
  const credentials = keys;
  const path = `/${bucket}/key`;
  const tried = [
    await sendRaw(server, { method: 'GET', path, credentials }),
    await sendRaw(server, { method: 'PUT', path, credentials, body: Buffer.from('new') }),
    await sendRaw(server, { method: 'DELETE', path, credentials }),
    await sendRaw(server, { method: 'GET', path, query: [['acl', '']], credentials }),
  ];
  assert.deepEqual(
    tried.map(({ status }) => status < 300),
    simulated.map((decision) => decision === 'allowed'),
  );
  const keysOf = await iam.done('GetContextKeysForPrincipalPolicy', source);
  assert.deepEqual(elementsOf(keysOf, 'member'), ['aws:username']);
  const unbounded = await iam.done('SimulatePrincipalPolicy', {
    ...source,
    ...actions('iam:GetUser'),
    ...policies(documentOf(allow('iam:*'))),
  });
  assert.deepEqual(
    [elementOf(unbounded, 'EvalDecision'), elementOf(unbounded, 'AllowedByPermissionsBoundary')],
    ['implicitDeny', 'false'],
  );
});

test('groups and roles are simulated, too', async () => {
  await iam.done('CreateRole', { RoleName: 'worker', AssumeRolePolicyDocument: trustOf(accountId) });
  await iam.done('AttachRolePolicy', { RoleName: 'worker', PolicyArn: 'arn:aws:iam::aws:policy/S3ReadAccess' });
  const simulate = (PolicySourceArn: string) =>
    iam.done('SimulatePrincipalPolicy', { PolicySourceArn, ...actions('s3:GetObject', 's3:PutObject') });
  const role = await simulate(`arn:aws:iam::${accountId}:role/worker`);
  assert.deepEqual(elementsOf(role, 'EvalDecision'), ['allowed', 'implicitDeny']);
  assert.deepEqual(elementsOf(role, 'SourcePolicyId'), ['S3ReadAccess']);
  const group = await simulate(`arn:aws:iam::${accountId}:group/readers`);
  assert.deepEqual(elementsOf(group, 'EvalDecision'), ['implicitDeny', 'implicitDeny']);
});

test('pages of results', async () => {
  const asked = {
    ...policies(documentOf(allow('s3:Get*'))),
    ...actions('s3:GetObject', 's3:PutObject', 's3:GetObjectAcl'),
    ...members('ResourceArns', ['arn:aws:s3:::a/1', 'arn:aws:s3:::a/2']),
  };
  const { found, pages } = await pagesOf(iam, 'SimulateCustomPolicy', {
    element: 'EvalDecision',
    ...asked,
    MaxItems: '4',
  });
  assert.deepEqual([found.join(' '), pages], ['allowed allowed implicitDeny implicitDeny allowed allowed', 2]);
});

test('input that is not valid', async () => {
  const input = policies(documentOf(allow('s3:*')));
  for (const [parameters, expected] of [
    [{ ...input }, [400, 'ValidationError']],
    [{ ...input, ...actions('s3:*') }, [400, 'ValidationError']],
    [{ ...policies('{'), ...actions('s3:GetObject') }, [400, 'MalformedPolicyDocument']],
    [{ ...input, ...actions('s3:GetObject'), CallerArn: 'nobody' }, [400, 'InvalidInput']],
    [{ ...input, ...actions('s3:GetObject'), ResourceOwner: 'nobody' }, [400, 'InvalidInput']],
    [{ ...input, ...actions('s3:GetObject'), ResourcePolicy: documentOf(allow('s3:*')) }, [400, 'InvalidInput']],
    [{ ...input, ...actions('s3:GetObject'), Marker: 'eHg' }, [400, 'ValidationError']],
    [
      {
        ...input,
        ...actions('s3:GetObject'),
        ...entry('aws:x', 'y'),
        'ContextEntries.member.2.ContextKeyName': 'AWS:X',
      },
      [400, 'InvalidInput'],
    ],
  ] as const) {
    assert.deepEqual(
      await iam.failure('SimulateCustomPolicy', parameters as Record<string, string>),
      expected,
      JSON.stringify(parameters),
    );
  }
  for (const [PolicySourceArn, expected] of [
    [`arn:aws:iam::${accountId}:user/nobody`, [404, 'NoSuchEntity']],
    [`arn:aws:iam::${accountId}:user/path/sam`, [404, 'NoSuchEntity']],
    [`arn:aws:iam::${accountId}:policy/some`, [400, 'InvalidInput']],
    ['arn:aws:iam::999999999999:user/sam', [403, 'AccessDenied']],
  ] as const) {
    const asked = { PolicySourceArn, ...actions('s3:GetObject') };
    assert.deepEqual(await iam.failure('SimulatePrincipalPolicy', asked), expected);
    assert.deepEqual(await iam.failure('GetContextKeysForPrincipalPolicy', { PolicySourceArn }), expected);
  }
});
