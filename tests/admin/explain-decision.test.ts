import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { makeUser } from '../identity/make-user.ts';
import { elementOf, sendQuery } from '../identity/send-query.ts';
import { sendAnonymous, sendRaw } from '../operations/send-raw.ts';
import { may, putBucket, putBucketPolicy, refused } from '../refusals/refused-server.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
let accountId: string;
let foreignId: string;
let foreignRoot: AccessKeyPair;
before(async () => {
  server = await startS3Server({ keepsRefusals: true });
  accountId = (await server.identity.resolveAccount('root')).accountId;
  foreignId = (await server.identity.createAccount({ name: 'foreign' })).accountId;
  foreignRoot = await server.identity.createAccessKey({ account: 'foreign' });
  await putBucket(server, 'bucket');
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const explain = (RequestId: string, credentials: AccessKeyPair = server.root) =>
  sendQuery(server, { service: 'cairn', parameters: { Action: 'ExplainDecision', RequestId }, credentials });

const adviceIn = (text: string): string[] =>
  [.../<Advice>(.*?)<\/Advice>/s.exec(text)![1]!.matchAll(/<member>(.*?)<\/member>/g)].map(([, advice]) =>
    advice!.replaceAll('&quot;', '"'),
  );
const statementsIn = (text: string): string[] =>
  [
    ...text.matchAll(
      /<Policy>([^<]*)<\/Policy><Number>(\d+)<\/Number>(?:<Sid>([^<]*)<\/Sid>)?<Effect>(\w+)<\/Effect><Applies>(\w+)/g,
    ),
  ].map(([, policy, number, sid, effect, applies]) => `${policy} ${sid ?? number} ${effect} ${applies}`);

test('a user whom no policy allows it is told what would', async () => {
  const { keys } = await makeUser(server, {
    name: 'reader',
    policies: [[may('s3:GetObject', 'arn:aws:s3:::other/*')]],
  });
  const { id } = await refused(server, { method: 'GET', path: '/bucket/key', credentials: keys });
  const { text, status } = await explain(id);
  assert.equal(status, 200, text);
  assert.equal(elementOf({ text } as never, 'DecidedBy'), 'identity');
  assert.equal(elementOf({ text } as never, 'Operation'), 'GetObject');
  assert.equal(elementOf({ text } as never, 'Resource'), 'arn:aws:s3:::bucket/key');
  assert.equal(elementOf({ text } as never, 'AccessKeyId'), keys.accessKeyId);
  assert.deepEqual(statementsIn(text), ['user reader: inline policy policy-0 1 Allow false']);
  assert.deepEqual(adviceIn(text), [
    'Statement 1 of user reader: inline policy policy-0 allows the action on other resources: add "arn:aws:s3:::bucket/key" to them.',
    `Give arn:aws:iam::${accountId}:user/reader, or a group of it, a policy with {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/key"}`,
  ]);
});

test('what it is advised to do lets it through', async () => {
  const { keys } = await makeUser(server, { name: 'advised' });
  const { id } = await refused(server, { method: 'GET', path: '/bucket/key', credentials: keys });
  const [advice] = adviceIn((await explain(id)).text);
  const statement = JSON.parse(/\{.*\}$/.exec(advice!)![0]) as object;
  const { keys: again } = await makeUser(server, { name: 'advised-again', policies: [[statement]] });
  assert.equal((await sendRaw(server, { method: 'GET', path: '/bucket/key', credentials: again })).status, 200);
});

test('an explicit deny is named, with what made it apply', async () => {
  const deny = {
    Sid: 'NoFriday',
    Effect: 'Deny',
    Action: 's3:*',
    Resource: '*',
    Condition: { StringEquals: { 'aws:username': 'denied' } },
  };
  const { keys } = await makeUser(server, { name: 'denied', policies: [[may('s3:*')], [deny]] });
  const { id, text: answer } = await refused(server, { method: 'GET', path: '/bucket/key', credentials: keys });
  assert.match(answer, /with an explicit deny in an identity-based policy/);
  const { text } = await explain(id);
  assert.deepEqual(statementsIn(text), [
    'user denied: inline policy policy-1 NoFriday Deny true',
    'user denied: inline policy policy-0 1 Allow true',
  ]);
  assert.deepEqual(adviceIn(text), [
    'Remove the Deny statement "NoFriday" of user denied: inline policy policy-1, or narrow it (it applies because StringEquals holds for aws:username and "denied" (the request has "denied")).',
  ]);
});

test('a boundary that lacks it is told, and a condition that does not hold', async () => {
  const boundary = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
  const near = { ...may('s3:PutObject'), Condition: { Bool: { 'aws:SecureTransport': 'true' } } };
  const { keys } = await makeUser(server, { name: 'bounded', boundary, policies: [[may('s3:PutObject')]] });
  const request = { method: 'PUT', path: '/bucket/new', body: Buffer.from('x') };
  const { id, text: answer } = await refused(server, { ...request, credentials: keys });
  assert.match(answer, /because no permissions boundary allows the s3:PutObject action/);
  const advice = adviceIn((await explain(id)).text);
  assert.match(
    advice.join('\n'),
    /The permissions boundary \(arn:aws:iam::aws:policy\/AmazonS3ReadOnlyAccess\) lacks \{/,
  );
  const { keys: plain } = await makeUser(server, { name: 'plain', policies: [[near]] });
  const { id: second } = await refused(server, { ...request, credentials: plain });
  assert.match(
    adviceIn((await explain(second)).text)[0]!,
    /allows it only where Bool holds for aws:SecureTransport and "true" \(the request has "false"\)/,
  );
});

test('of two accounts each sees the policies of its own', async () => {
  await putBucket(server, 'shared', [
    {
      Sid: 'Hidden',
      Effect: 'Deny',
      Principal: { AWS: foreignId },
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::shared/*',
    },
  ]);
  const { keys } = await makeUser(server, {
    name: 'visitor',
    account: 'foreign',
    policies: [[{ ...may('s3:GetObject'), Sid: 'Mine' }]],
  });
  const { id, text: answer } = await refused(server, { method: 'GET', path: '/shared/key', credentials: keys });
  assert.match(answer, /<Message>Access Denied<\/Message>/);
  const theirs = await explain(id, foreignRoot);
  assert.equal(theirs.status, 200, theirs.text);
  assert.deepEqual(statementsIn(theirs.text), ['user visitor: inline policy policy-0 Mine Allow true']);
  assert.equal(elementOf(theirs, 'HiddenStatements'), '1');
  assert.equal(theirs.text.includes('Hidden<'), false);
  assert.match(
    adviceIn(theirs.text)[0]!,
    new RegExp(`belongs to account ${accountId}, whose policies deny this or do not`),
  );
  const owners = await explain(id);
  assert.deepEqual(statementsIn(owners.text), ['bucket policy Hidden Deny true']);
  assert.equal(owners.text.includes('Mine'), false);
  assert.equal(owners.text.includes(keys.accessKeyId), false);
  assert.equal(elementOf(owners, 'Principal'), `arn:aws:iam::${foreignId}:user/visitor`);
});

test('nobody else learns that there is anything to see', async () => {
  await server.identity.createAccount({ name: 'third' });
  const third = await server.identity.createAccessKey({ account: 'third' });
  const { keys } = await makeUser(server, { name: 'secretive' });
  const { id } = await refused(server, { method: 'GET', path: '/bucket/key', credentials: keys });
  const other = await explain(id, third);
  const none = await explain('0123456789ABCDEF', third);
  assert.equal(other.status, 404);
  assert.equal(
    other.text.replaceAll(id, ''),
    none.text.replaceAll('0123456789ABCDEF', '').replace(elementOf(none, 'RequestId')!, elementOf(other, 'RequestId')!),
  );
  const { keys: curious } = await makeUser(server, { name: 'curious', policies: [[may('s3:*')]] });
  assert.equal((await explain(id, curious)).status, 403);
});

test('the system account sees those of tenants where its policies say so', async () => {
  const { keys } = await makeUser(server, { name: 'tenants-user', account: 'foreign' });
  const { id } = await refused(server, { method: 'PUT', path: '/of-the-tenant', credentials: keys });
  assert.equal((await explain(id)).status, 200);
  const { keys: powerless } = await makeUser(server, {
    name: 'own-only',
    policies: [[may('cairn:ExplainDecision', `arn:aws:cairn::${accountId}:refusal/*`)]],
  });
  assert.equal((await explain(id, powerless)).status, 403);
  const { keys: helpdesk } = await makeUser(server, {
    name: 'helpdesk',
    policies: [[may('cairn:ExplainDecision', `arn:aws:cairn::${foreignId}:refusal/*`)]],
  });
  assert.equal((await explain(id, helpdesk)).status, 200);
});

test('anonymous requests are for the owner of the bucket', async () => {
  const response = await sendAnonymous(server, 'GET', '/bucket/key');
  assert.equal(response.status, 403);
  await server.settle();
  const id = response.headers['x-amz-request-id']!;
  const { text } = await explain(id);
  assert.equal(elementOf({ text } as never, 'Principal'), 'anonymous');
  assert.match(adviceIn(text).join(' '), /Sign the request/);
  assert.equal((await explain(id, foreignRoot)).status, 404);
});

test('each object that a DeleteObjects was refused is told', async () => {
  const { keys } = await makeUser(server, {
    name: 'deleter',
    policies: [[may('s3:DeleteObject', 'arn:aws:s3:::bucket/mine/*')]],
  });
  const body = Buffer.from(
    '<Delete><Object><Key>mine/a</Key></Object><Object><Key>b</Key></Object><Object><Key>c</Key></Object></Delete>',
  );
  const { createHash } = await import('node:crypto');
  const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
  const response = await sendRaw(server, {
    method: 'POST',
    path: '/bucket',
    query: [['delete', '']],
    headers,
    body,
    credentials: keys,
  });
  assert.equal(response.status, 200, response.text);
  await server.settle();
  const { text } = await explain(response.headers['x-amz-request-id']!);
  const resources = [...text.matchAll(/<Resource>([^<]*)</g)].map(([, resource]) => resource).sort();
  assert.deepEqual(resources, ['arn:aws:s3:::bucket/b', 'arn:aws:s3:::bucket/c']);
});

test('an object that is not there is explained by the right to list, where that is what hides it', async () => {
  const { keys } = await makeUser(server, { name: 'no-list', policies: [[may('s3:GetObject')]] });
  const { id, text: answer } = await refused(server, { method: 'GET', path: '/bucket/missing', credentials: keys });
  assert.match(
    answer,
    /s3:ListBucket on resource: &quot;arn:aws:s3:::bucket&quot; because no identity-based policy allows/,
  );
  assert.equal(elementOf(await explain(id), 'Action'), 's3:ListBucket');
});

test('refusals of IAM are explained, too', async () => {
  const { keys } = await makeUser(server, { name: 'no-admin' });
  const response = await sendQuery(server, { parameters: { Action: 'CreateUser', UserName: 'x' }, credentials: keys });
  assert.equal(response.status, 403);
  assert.match(elementOf(response, 'Message')!, /because no identity-based policy allows the iam:CreateUser action$/);
  await server.settle();
  const explained = await explain(elementOf(response, 'RequestId')!);
  assert.equal(elementOf(explained, 'Action'), 'iam:CreateUser');
  assert.equal(elementOf(explained, 'Resource'), `arn:aws:iam::${accountId}:user/x`);
});

test('whether a role of another account is there does not show', async () => {
  const trust = (principal: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Sid: 'Trusts', Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole' }],
    });
  const make = async (RoleName: string, principal: string) => {
    const parameters = { Action: 'CreateRole', RoleName, AssumeRolePolicyDocument: trust(principal) };
    assert.equal((await sendQuery(server, { parameters })).status, 200);
  };
  await make('Distrusts', accountId);
  await make('Trusting', foreignId);
  const { keys: able } = await makeUser(server, { name: 'able', account: 'foreign', policies: [[may('sts:*')]] });
  const { keys: unable } = await makeUser(server, { name: 'unable', account: 'foreign' });
  const seen = async (role: string, credentials: AccessKeyPair) => {
    const RoleArn = `arn:aws:iam::${accountId}:role/${role}`;
    const parameters = { Action: 'AssumeRole', RoleArn, RoleSessionName: 'session' };
    const refusal = await sendQuery(server, { service: 'sts', parameters, credentials });
    assert.equal(refusal.status, 403, refusal.text);
    await server.settle();
    const id = elementOf(refusal, 'RequestId')!;
    const { text } = await explain(id, foreignRoot);
    const own = /<Refusal>.*<\/Refusal>/s.exec(text)![0].replace(/<Date>[^<]*</, '<Date><');
    const told = (refusal.text + own).replaceAll(id, '').replaceAll(role, '');
    return { told, owners: statementsIn((await explain(id)).text) };
  };
  const ofAble = [await seen('Distrusts', able), await seen('Nowhere', able)];
  assert.equal(ofAble[0]!.told, ofAble[1]!.told);
  assert.deepEqual(ofAble[0]!.owners, ['trust policy of role Distrusts Trusts Allow false']);
  const refusedAlike = [await seen('Trusting', unable), await seen('Distrusts', unable), await seen('Nowhere', unable)];
  for (const { told } of refusedAlike) assert.equal(told, refusedAlike[0]!.told);
});

test('a bucket policy that lacks a stranger is shown to its owner with the statement that would do', async () => {
  await putBucketPolicy(server, 'bucket', [
    {
      Sid: 'Ours',
      Effect: 'Allow',
      Principal: { AWS: accountId },
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::bucket/*',
    },
  ]);
  try {
    const { keys } = await makeUser(server, { name: 'outsider', account: 'foreign', policies: [[may('s3:*')]] });
    const { id } = await refused(server, { method: 'GET', path: '/bucket/key', credentials: keys });
    const { text } = await explain(id);
    assert.deepEqual(statementsIn(text), ['bucket policy Ours Allow false']);
    assert.match(
      adviceIn(text).join(' '),
      /with \{"Effect":"Allow","Principal":\{"AWS":"arn:aws:iam::\d+:user\/outsider"\}/,
    );
  } finally {
    await sendRaw(server, { method: 'DELETE', path: '/bucket', query: [['policy', '']] });
  }
});
