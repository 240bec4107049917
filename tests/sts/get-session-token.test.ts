import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { policyArn } from '../../src/domain/identity-arn.ts';
import { documentOf, makeUser } from '../identity/make-user.ts';
import { elementOf, sendQuery } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { makeRole, may, trusting } from './make-role.ts';
import { asSession, type Sts, secondsLeft, sessionIn, sts, told } from './sessions.ts';

let server: TestServer;
let ask: Sts;
before(async () => {
  server = await startS3Server();
  ask = sts(server);
  await asSession(server, { credentials: server.root }, { method: 'PUT', path: '/bucket' });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const list = { method: 'GET', path: '/bucket' } as const;
const remove = { method: 'DELETE', path: '/bucket/key' } as const;

test('a session of a user is the user, with its rights and no others', async () => {
  const policies = [[may('s3:ListBucket')], [{ ...may('sts:*'), Effect: 'Deny' }]];
  const { keys, user } = await makeUser(server, { name: 'alice', policies });
  const answer = await ask('GetSessionToken', {}, { credentials: keys });
  const session = sessionIn(answer);
  assert.ok(Math.abs(secondsLeft(answer) - 43_200) < 60);
  const caller = await ask('GetCallerIdentity', {}, session);
  assert.equal(elementOf(caller, 'UserId'), user.id);
  assert.equal((await asSession(server, session, list)).status, 200);
  assert.equal((await asSession(server, session, remove)).status, 403);
});

test('a session of the root lasts an hour at most', async () => {
  const answer = await ask('GetSessionToken', { DurationSeconds: '129600' });
  assert.ok(Math.abs(secondsLeft(answer) - 3600) < 60);
  const session = sessionIn(answer);
  assert.equal((await asSession(server, session, remove)).status, 204);
  assert.match(elementOf(await ask('GetCallerIdentity', {}, session), 'Arn') ?? '', /:root$/);
});

test('temporary credentials ask for no more of their kind', async () => {
  const session = sessionIn(await ask('GetSessionToken'));
  assert.deepEqual(told(await ask('GetSessionToken', {}, session)), [403, 'AccessDenied']);
  assert.deepEqual(told(await ask('GetFederationToken', { Name: 'bob' }, session)), [403, 'AccessDenied']);
  assert.deepEqual(told(await ask('AssumeRole', {}, session)), [403, 'AccessDenied']);
});

test('sessions of users, roots and federated users ask nothing of IAM, and a role’s does', async () => {
  const { keys, user } = await makeUser(server, { name: 'keeper', policies: [[may(['iam:*', 'sts:*'])]] });
  const signer = { credentials: keys };
  const Policy = documentOf([may('iam:*')]);
  const RoleArn = (await makeRole(server, { name: 'kept', trust: [trusting(user.accountId)], policy: [may('iam:*')] }))
    .arn;
  const refused = {
    user: sessionIn(await ask('GetSessionToken', {}, signer)),
    narrowed: sessionIn(await ask('AssumeRole', { Policy }, signer)),
    federated: sessionIn(await ask('GetFederationToken', { Name: 'bob', Policy }, signer)),
    root: sessionIn(await ask('GetSessionToken')),
    federatedByRoot: sessionIn(await ask('GetFederationToken', { Name: 'bob', Policy })),
  };
  const parameters = { Action: 'ListUsers' };
  for (const [kind, session] of Object.entries(refused)) {
    const answer = await sendQuery(server, { parameters, ...session });
    assert.deepEqual(told(answer), [403, 'InvalidClientTokenId'], kind);
    assert.equal((await ask('GetCallerIdentity', {}, session)).status, 200, kind);
  }
  const assumed = await ask('AssumeRole', { RoleArn, RoleSessionName: 'ab' }, refused.user);
  assert.equal((await sendQuery(server, { parameters, ...sessionIn(assumed) })).status, 200);
  assert.equal((await sendQuery(server, { parameters, ...signer })).status, 200);
});

test('that nobody has shown a second factor is said of temporary credentials, and of these alone', async () => {
  const denied = { ...may('s3:*'), Effect: 'Deny', Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'false' } } };
  const { keys } = await makeUser(server, { name: 'one-factor', policies: [[may('s3:*')], [denied]] });
  const session = sessionIn(await ask('GetSessionToken', {}, { credentials: keys }));
  assert.equal((await asSession(server, { credentials: keys }, list)).status, 200);
  assert.equal((await asSession(server, session, list)).status, 403);
});

test('a session policy that is deleted takes nothing back of what it denied', async () => {
  const { keys, user } = await makeUser(server, { name: 'narrow', policies: [[may(['s3:*', 'sts:*'])]] });
  const { accountId } = user;
  const make = async (name: string, statement: object) => {
    const text = documentOf([statement]);
    return policyArn(
      await server.identities.policies.create({ accountId, name, path: '/', description: '', text, tags: [] }),
    );
  };
  const wide = await make('wide', may('s3:*'));
  const denying = await make('denying', { ...may('s3:DeleteObject'), Effect: 'Deny' });
  const arns = { 'PolicyArns.member.1.arn': wide, 'PolicyArns.member.2.arn': denying };
  const session = sessionIn(await ask('GetFederationToken', { Name: 'bob', ...arns }, { credentials: keys }));
  assert.equal((await asSession(server, session, list)).status, 200);
  assert.equal((await asSession(server, session, remove)).status, 403);
  await server.identities.policies.delete(denying);
  assert.equal((await asSession(server, session, remove)).status, 403);
  assert.equal((await asSession(server, session, list)).status, 403);
});

test('a session of a service account is as narrow as the account', async () => {
  const serviceAccount = { name: 's', description: '', policy: documentOf([may('s3:ListBucket')]) };
  const { keys } = await makeUser(server, { name: 'served', policies: [[may('s3:*')]], serviceAccount });
  const session = sessionIn(await ask('GetSessionToken', {}, { credentials: keys }));
  assert.equal((await asSession(server, session, list)).status, 200);
  assert.equal((await asSession(server, session, remove)).status, 403);
});

test('durations have limits', async () => {
  for (const DurationSeconds of ['899', '129601', 'x']) {
    assert.deepEqual(told(await ask('GetSessionToken', { DurationSeconds })), [400, 'ValidationError']);
  }
});

test('as MinIO’s clients ask: AssumeRole without a role is a session of the caller, narrowed', async () => {
  const { keys, user } = await makeUser(server, { name: 'minio', policies: [[may('s3:*')]] });
  const Policy = documentOf([may('s3:ListBucket')]);
  const answer = await ask('AssumeRole', { Policy, DurationSeconds: '900' }, { credentials: keys });
  assert.ok(Math.abs(secondsLeft(answer) - 900) < 60);
  const session = sessionIn(answer);
  assert.equal(elementOf(await ask('GetCallerIdentity', {}, session), 'UserId'), user.id);
  assert.equal((await asSession(server, session, list)).status, 200);
  assert.equal((await asSession(server, session, remove)).status, 403);
  // What a bucket gives to the user by name is narrowed all the same.
  const give = {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${user.accountId}:user/minio` },
    Action: 's3:DeleteObject',
    Resource: 'arn:aws:s3:::bucket/*',
  };
  const policy = {
    method: 'PUT',
    path: '/bucket',
    query: [['policy', '']],
    body: Buffer.from(documentOf([give])),
  } as const;
  assert.equal((await asSession(server, { credentials: server.root }, policy)).status, 204);
  assert.equal((await asSession(server, { credentials: keys }, remove)).status, 204);
  assert.equal((await asSession(server, session, remove)).status, 403);
});

test('the same of a root', async () => {
  const Policy = documentOf([may('s3:ListBucket')]);
  const session = sessionIn(await ask('AssumeRole', { Policy }));
  assert.equal((await asSession(server, session, list)).status, 200);
  assert.equal((await asSession(server, session, remove)).status, 403);
  assert.equal((await asSession(server, session, { method: 'PUT', path: '/another' })).status, 403);
});
