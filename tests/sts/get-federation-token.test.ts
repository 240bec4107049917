import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { documentOf, makeUser } from '../identity/make-user.ts';
import { elementOf } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { may } from './make-role.ts';
import { asSession, type Sts, sessionIn, sts, told } from './sessions.ts';

let server: TestServer;
let ask: Sts;
let accountId: string;
before(async () => {
  server = await startS3Server();
  ask = sts(server);
  accountId = (await server.identity.resolveAccount('root')).accountId;
  await asSession(server, { credentials: server.root }, { method: 'PUT', path: '/bucket' });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const list = { method: 'GET', path: '/bucket' } as const;
const put = { method: 'PUT', path: '/bucket/key', body: Buffer.from('x') } as const;
const remove = { method: 'DELETE', path: '/bucket/key' } as const;

test('a federated user has what both its policies and its maker’s allow', async () => {
  const policies = [[may(['sts:GetFederationToken', 's3:ListBucket', 's3:PutObject'])]];
  const { keys } = await makeUser(server, { name: 'maker', policies });
  const Policy = documentOf([may(['s3:ListBucket', 's3:DeleteObject'])]);
  const answer = await ask('GetFederationToken', { Name: 'bob', Policy }, { credentials: keys });
  assert.equal(elementOf(answer, 'FederatedUserId'), `${accountId}:bob`);
  assert.match(elementOf(answer, 'PackedPolicySize') ?? '', /^[1-9]\d?$/);
  const session = sessionIn(answer);
  const caller = await ask('GetCallerIdentity', {}, session);
  assert.deepEqual(
    [elementOf(caller, 'Arn'), elementOf(caller, 'UserId')],
    [`arn:aws:sts::${accountId}:federated-user/bob`, `${accountId}:bob`],
  );
  assert.equal((await asSession(server, session, list)).status, 200);
  assert.equal((await asSession(server, session, put)).status, 403, 'only its maker’s');
  assert.equal((await asSession(server, session, remove)).status, 403, 'only its own');
});

test('without a policy it may nothing, but for what a bucket gives to its very name', async () => {
  const { keys } = await makeUser(server, { name: 'plain', policies: [[may(['sts:GetFederationToken', 's3:*'])]] });
  const session = sessionIn(await ask('GetFederationToken', { Name: 'carol' }, { credentials: keys }));
  assert.equal((await asSession(server, session, list)).status, 403);
  const give = {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:sts::${accountId}:federated-user/carol` },
    Action: 's3:ListBucket',
    Resource: 'arn:aws:s3:::bucket',
  };
  const policy = {
    method: 'PUT',
    path: '/bucket',
    query: [['policy', '']],
    body: Buffer.from(documentOf([give])),
  } as const;
  assert.equal((await asSession(server, { credentials: server.root }, policy)).status, 204);
  assert.equal((await asSession(server, session, list)).status, 200);
});

test('a managed policy narrows it, too, and tags of the session count', async () => {
  const PolicyArn = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
  const session = sessionIn(await ask('GetFederationToken', { Name: 'dave', 'PolicyArns.member.1.arn': PolicyArn }));
  assert.equal((await asSession(server, session, list)).status, 200);
  assert.equal((await asSession(server, session, put)).status, 403);
  const tagged = { ...may('s3:PutObject'), Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } } };
  const parameters = { Name: 'erin', Policy: documentOf([tagged]), 'Tags.member.1.Key': 'Team' };
  const blue = sessionIn(await ask('GetFederationToken', { ...parameters, 'Tags.member.1.Value': 'blue' }));
  assert.equal((await asSession(server, blue, put)).status, 200);
  const red = sessionIn(await ask('GetFederationToken', { ...parameters, 'Tags.member.1.Value': 'red' }));
  assert.equal((await asSession(server, red, put)).status, 403);
});

test('it needs a right, for tags another, and asks STS for nothing itself', async () => {
  const { keys } = await makeUser(server, { name: 'untagged', policies: [[may('sts:GetFederationToken')]] });
  const tags = { 'Tags.member.1.Key': 'a', 'Tags.member.1.Value': 'b' };
  const refused = await ask('GetFederationToken', { Name: 'bob', ...tags }, { credentials: keys });
  assert.deepEqual(told(refused), [403, 'AccessDenied']);
  assert.match(elementOf(refused, 'Message') ?? '', /sts:TagSession/);
  const Policy = documentOf([may('*')]);
  const session = sessionIn(await ask('GetFederationToken', { Name: 'bob', Policy }));
  assert.deepEqual(told(await ask('GetFederationToken', { Name: 'bob' }, session)), [403, 'AccessDenied']);
  const role = { RoleArn: `arn:aws:iam::${accountId}:role/none`, RoleSessionName: 'ab' };
  assert.deepEqual(told(await ask('AssumeRole', role, session)), [403, 'AccessDenied']);
});

test('bounds of names, policies, tags and ARNs', async () => {
  const fails = async (parameters: Record<string, string>, code: string) => {
    const response = await ask('GetFederationToken', { Name: 'bob', ...parameters });
    assert.deepEqual(told(response), [400, code], response.text);
  };
  await fails({ Name: 'b' }, 'ValidationError');
  await fails({ Name: 'b'.repeat(33) }, 'ValidationError');
  await fails({ Policy: '{}' }, 'MalformedPolicyDocument');
  await fails({ Policy: documentOf([{ ...may('s3:*'), Principal: '*' }]) }, 'MalformedPolicyDocument');
  await fails({ Policy: documentOf([may('s3:*', `arn:aws:s3:::${'x'.repeat(2000)}`)]) }, 'PackedPolicyTooLarge');
  await fails({ 'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/NoSuchPolicy' }, 'MalformedPolicyDocument');
  await fails({ 'PolicyArns.member.1.arn': 'arn:aws:iam::999999999999:policy/Foreign' }, 'MalformedPolicyDocument');
  await fails({ 'PolicyArns.member.1.arn': 'arn:aws:iam::aws:user/somebody' }, 'ValidationError');
  const tags = (count: number, length: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [
        [`Tags.member.${i + 1}.Key`, `key-${i}`],
        [`Tags.member.${i + 1}.Value`, 'v'.repeat(length)],
      ]).flat(),
    );
  await fails(tags(51, 1), 'ValidationError');
  await fails(tags(50, 256), 'PackedPolicyTooLarge');
  assert.equal((await ask('GetFederationToken', { Name: 'bob', ...tags(50, 100) })).status, 200);
  await fails({ ...tags(1, 1), 'Tags.member.2.Key': 'KEY-0', 'Tags.member.2.Value': '' }, 'InvalidParameterValue');
  await fails({ 'Tags.member.1.Key': 'aws:x', 'Tags.member.1.Value': '' }, 'InvalidParameterValue');
});

test('the longest token that there is goes through a header and a URL', async () => {
  const value = (i: number) => `${'v'.repeat(110)}${i}`;
  const tags = Array.from({ length: 45 }, (_, i) => [
    [`Tags.member.${i + 1}.Key`, `key-${i}`],
    [`Tags.member.${i + 1}.Value`, value(i)],
  ]).flat();
  const Policy = documentOf([may('s3:ListBucket', ['arn:aws:s3:::bucket', `arn:aws:s3:::${'x'.repeat(1000)}`])]);
  const answer = await ask('GetFederationToken', { Name: 'long', Policy, ...Object.fromEntries(tags) });
  assert.ok(Number(elementOf(answer, 'PackedPolicySize')) > 90, answer.text);
  const session = sessionIn(answer);
  assert.equal((await asSession(server, session, list)).status, 200);
});
