import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeUser } from '../identity/make-user.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { allow, deny, documentOf, IamAsker, trustOf } from './ask-policies.ts';

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

const tag = { 'Tags.member.1.Key': 'Team', 'Tags.member.1.Value': 'blue' };
const PolicyDocument = documentOf(allow('s3:GetObject'));

for (const prefix of ['aws', 'iam']) {
  test(`${prefix}:ResourceTag lets change what is tagged, and keeps from it`, async () => {
    const Condition = { StringEquals: { [`${prefix}:ResourceTag/team`]: 'blue' } };
    const one = (name: string, statements: readonly object[]) => makeUser(server, { name, policies: [statements] });
    const { keys: blue } = await one(`blue-${prefix}`, [{ ...allow('iam:*'), Condition }]);
    const { keys: red } = await one(`red-${prefix}`, [allow('iam:*'), { ...deny('iam:*'), Condition }]);
    const asBlue = iam.as({ credentials: blue });
    const asRed = iam.as({ credentials: red });
    const AssumeRolePolicyDocument = trustOf(accountId);
    for (const [tags, may, others] of [
      [tag, asBlue, asRed],
      [{}, asRed, asBlue],
    ] as const) {
      const name = `thing-${prefix}-${Object.keys(tags).length}`;
      await iam.done('CreateUser', { UserName: name, Path: '/p/', ...tags });
      await iam.done('CreateRole', { RoleName: name, AssumeRolePolicyDocument, ...tags });
      await iam.done('CreatePolicy', { PolicyName: name, PolicyDocument, ...tags });
      await iam.done('CreateOpenIDConnectProvider', { Url: `https://${name}.example.com`, ...tags });
      const policy = { PolicyArn: `arn:aws:iam::${accountId}:policy/${name}` };
      const provider = { OpenIDConnectProviderArn: `arn:aws:iam::${accountId}:oidc-provider/${name}.example.com` };
      for (const [action, parameters] of [
        ['GetUser', { UserName: name }],
        ['UpdateUser', { UserName: name, NewPath: '/p/' }],
        ['DeleteUser', { UserName: name }],
        ['DeleteRole', { RoleName: name }],
        ['DeletePolicy', policy],
        ['DeleteOpenIDConnectProvider', provider],
      ] as const) {
        assert.deepEqual(await others.failure(action, parameters), [403, 'AccessDenied'], action);
        await may.done(action, parameters);
      }
    }
  });
}

test('what does not exist has no tags', async () => {
  const Condition = { Null: { 'aws:ResourceTag/team': 'true' } };
  const { keys } = await makeUser(server, { name: 'untagged', policies: [[{ ...allow('iam:GetUser'), Condition }]] });
  const asker = iam.as({ credentials: keys });
  assert.deepEqual(await asker.failure('GetUser', { UserName: 'nobody' }), [404, 'NoSuchEntity']);
});
