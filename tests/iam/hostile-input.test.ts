import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Calls, callsOf, elementsOf } from '../identity/identity-calls.ts';
import { documentOf } from '../identity/make-user.ts';
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

const policy = documentOf([{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }]);
const trust = documentOf([{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }]);

test('no description makes a list that XML cannot carry', async () => {
  for (const character of ['\u0000', '\u0001', '\u000b', '\u001f', '\ufffe', '\uffff']) {
    const Description = `a${character}b`;
    const role = { RoleName: 'described', AssumeRolePolicyDocument: trust };
    await call.fails('400 ValidationError', 'CreateRole', { ...role, Description });
    await call.fails('400 ValidationError', 'UpdateRole', { RoleName: 'described', Description });
    await call.fails('400 ValidationError', 'UpdateRoleDescription', { RoleName: 'described', Description });
    await call.fails('400 ValidationError', 'CreatePolicy', { PolicyName: 'x', PolicyDocument: policy, Description });
  }
  const made = await call.ok('CreatePolicy', {
    PolicyName: 'described',
    PolicyDocument: policy,
    Description: 'für 😀\n<&>',
  });
  assert.equal(elementOf(made, 'Description'), 'für 😀\n&lt;&amp;&gt;');
  const role = { RoleName: 'described', AssumeRolePolicyDocument: trust };
  await call.fails('400 ValidationError', 'CreateRole', { ...role, Description: '😀' });
  assert.equal(elementOf(await call.ok('CreateRole', { ...role, Description: 'für\tü' }), 'Description'), 'für\tü');
});

test('what XML cannot carry is answered as a replacement character', async () => {
  const answer = await call.ok('SimulateCustomPolicy', {
    'PolicyInputList.member.1': policy,
    'ActionNames.member.1': 's3:GetObject',
    'ResourceArns.member.1': 'arn:aws:s3:::bucket/a\u0000b\uffff&#x1;',
  });
  assert.deepEqual(elementsOf(answer, 'EvalResourceName').slice(0, 1), ['arn:aws:s3:::bucket/a\ufffdb\ufffd&amp;#x1;']);
  assert.doesNotMatch(answer.text, /&#x/);
});

test('a name that is longer than any user may have is of nobody', async () => {
  const UserName = 'n'.repeat(65);
  await call.fails('400 ValidationError', 'CreateUser', { UserName });
  await call.fails('404 NoSuchEntity', 'GetUser', { UserName });
  await call.fails('404 NoSuchEntity', 'DeleteUser', { UserName });
  await call.fails('400 ValidationError', 'GetUser', { UserName: 'n'.repeat(129) });
});

test('masses of white space are not kept', async () => {
  const roomy = (text: string, spaces: number) => text.replace('{', `{${' '.repeat(spaces)}`);
  const decoded = (text: string | undefined) => decodeURIComponent(text ?? '');
  for (const [spaces, expected] of [
    [120_000, policy],
    [4000, roomy(policy, 4000)],
  ] as const) {
    const UserName = `roomy-${spaces}`;
    const PolicyName = UserName;
    await call.ok('CreateUser', { UserName });
    await call.ok('PutUserPolicy', { UserName, PolicyName, PolicyDocument: roomy(policy, spaces) });
    const inline = await call.ok('GetUserPolicy', { UserName, PolicyName });
    assert.equal(decoded(elementOf(inline, 'PolicyDocument')), expected);
    const made = await call.ok('CreatePolicy', { PolicyName, PolicyDocument: roomy(policy, spaces) });
    const PolicyArn = elementOf(made, 'Arn')!;
    await call.ok('CreatePolicyVersion', { PolicyArn, PolicyDocument: roomy(policy, spaces) });
    for (const VersionId of ['v1', 'v2']) {
      const version = await call.ok('GetPolicyVersion', { PolicyArn, VersionId });
      assert.equal(decoded(elementOf(version, 'Document')), expected);
    }
    const RoleName = UserName;
    await call.ok('CreateRole', { RoleName, AssumeRolePolicyDocument: roomy(trust, spaces) });
    const length = expected.length - policy.length + trust.length;
    const role = await call.ok('GetRole', { RoleName });
    assert.equal(decoded(elementOf(role, 'AssumeRolePolicyDocument')).length, length);
    await call.ok('UpdateAssumeRolePolicy', { RoleName, PolicyDocument: roomy(trust, spaces) });
    const changed = await call.ok('GetRole', { RoleName });
    assert.equal(decoded(elementOf(changed, 'AssumeRolePolicyDocument')).length, length);
  }
});

test('a version is named in one way', async () => {
  const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
  await call.ok('GetPolicyVersion', { PolicyArn, VersionId: 'v1' });
  for (const VersionId of ['v1.0', 'v1.', 'v10', 'v9007199254740993']) {
    await call.fails('404 NoSuchEntity', 'GetPolicyVersion', { PolicyArn, VersionId });
  }
  for (const VersionId of ['1', 'v0', 'v01', 'v1\n', 'v-1']) {
    await call.fails('400 ValidationError', 'GetPolicyVersion', { PolicyArn, VersionId });
  }
});
