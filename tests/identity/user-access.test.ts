import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { keyspace } from '../../src/records/keyspace.ts';
import { changeIdentity } from '../../src/services/identity/change-identity.ts';
import { users } from '../../src/services/identity/entity-table.ts';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import type { Session } from '../../src/services/identity/sessions/session-tokens.ts';
import { type RawRequest, sendRaw } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { documentOf, makeUser } from './make-user.ts';
import { elementOf, sendQuery } from './send-query.ts';

let server: TestServer;
let accountId: string;
before(async () => {
  server = await startS3Server();
  accountId = (await server.identity.resolveAccount('root')).accountId;
  await send({ method: 'PUT', path: '/bucket' });
  await send({ method: 'PUT', path: '/bucket/key', body: Buffer.from('text') });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const send = (request: RawRequest) => sendRaw(server, request);
const read = async (credentials: AccessKeyPair, headers: Record<string, string> = {}) =>
  (await send({ method: 'GET', path: '/bucket/key', credentials, headers })).status;
const may = (Action: string, Resource = '*') => ({ Effect: 'Allow', Action, Resource });
const putPolicy = (statements: readonly object[]) =>
  send({ method: 'PUT', path: '/bucket', query: [['policy', '']], body: Buffer.from(documentOf(statements)) });
const removePolicy = () => send({ method: 'DELETE', path: '/bucket', query: [['policy', '']] });

test('a user has the rights of its policies, in buckets of its account', async () => {
  const { keys: powerless } = await makeUser(server, { name: 'powerless' });
  assert.equal(await read(powerless), 403);
  const { keys: reader } = await makeUser(server, { name: 'reader', policies: [[may('s3:GetObject')]] });
  assert.equal(await read(reader), 200);
  const write = await send({ method: 'PUT', path: '/bucket/key', body: Buffer.from('x'), credentials: reader });
  assert.equal(write.status, 403);
  const { keys: full } = await makeUser(server, {
    name: 'full',
    attached: ['arn:aws:iam::aws:policy/AmazonS3FullAccess'],
  });
  assert.equal(
    (await send({ method: 'PUT', path: '/bucket/of-full', body: Buffer.from('x'), credentials: full })).status,
    200,
  );
});

test('a denial wins, and a boundary gives nothing and takes away', async () => {
  const deny = { Effect: 'Deny', Action: 's3:GetObject', Resource: 'arn:aws:s3:::bucket/key' };
  const { keys: denied } = await makeUser(server, { name: 'denied', policies: [[may('s3:*'), deny]] });
  assert.equal(await read(denied), 403);
  const boundary = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
  const { keys: bounded } = await makeUser(server, { name: 'bounded', boundary });
  assert.equal(await read(bounded), 403);
  const { keys: both } = await makeUser(server, { name: 'both', boundary, policies: [[may('s3:*')]] });
  assert.equal(await read(both), 200);
  assert.equal((await send({ method: 'DELETE', path: '/bucket/key', credentials: both })).status, 403);
});

test('a bucket policy gives to a user by name, to the account only what its own policies hand on', async () => {
  const { keys, user } = await makeUser(server, { name: 'named' });
  const arn = `arn:aws:iam::${accountId}:user/${user.name}`;
  const give = (AWS: string) => ({
    Effect: 'Allow',
    Principal: { AWS },
    Action: 's3:GetObject',
    Resource: 'arn:aws:s3:::bucket/*',
  });
  try {
    assert.equal((await putPolicy([give(accountId)])).status, 204);
    assert.equal(await read(keys), 403);
    const named = await putPolicy([give(arn)]);
    assert.equal(named.status, 204, named.text);
    assert.equal(await read(keys), 200);
    const nobody = await putPolicy([give(`arn:aws:iam::${accountId}:user/nobody`)]);
    assert.equal(elementOf(nobody, 'Code'), 'MalformedPolicy');
  } finally {
    await removePolicy();
  }
});

test('across accounts both sides have to allow', async () => {
  const { accountId: foreign } = await server.identity.createAccount({ name: 'foreign' });
  const { keys: without } = await makeUser(server, { name: 'without', account: 'foreign' });
  const { keys: having } = await makeUser(server, {
    name: 'having',
    account: 'foreign',
    policies: [[may('s3:GetObject')]],
  });
  assert.equal(await read(having), 403);
  const statement = {
    Effect: 'Allow',
    Principal: { AWS: foreign },
    Action: 's3:GetObject',
    Resource: 'arn:aws:s3:::bucket/*',
  };
  try {
    assert.equal((await putPolicy([statement])).status, 204);
    assert.deepEqual([await read(having), await read(without)], [200, 403]);
  } finally {
    await removePolicy();
  }
});

test('a change is in force with the next request', async () => {
  const { metadata } = server.context;
  const { keys, user } = await makeUser(server, { name: 'changing', policies: [[may('s3:GetObject')]] });
  assert.equal(await read(keys), 200);
  await changeIdentity(metadata, accountId, async (tx) => {
    tx.put(keyspace.inlinePolicy(user.id, 'policy-0'), Buffer.from(documentOf([may('s3:PutObject')])));
  });
  assert.equal(await read(keys), 403);
  await server.identity.setAccessKeyStatus(keys.accessKeyId, 'inactive');
  assert.equal((await send({ method: 'GET', path: '/bucket/key', credentials: keys })).status, 403);
});

test('a service account has what its policy leaves of its user’s rights, as long as it lasts', async () => {
  const serviceAccount = { name: 's', description: '', policy: documentOf([may('s3:*'), may('iam:*')]) };
  const { keys } = await makeUser(server, { name: 'served', policies: [[may('s3:GetObject')]], serviceAccount });
  assert.equal(await read(keys), 200);
  const written = await send({ method: 'PUT', path: '/bucket/key', body: Buffer.from('x'), credentials: keys });
  assert.equal(written.status, 403);
  const narrow = { ...serviceAccount, policy: documentOf([may('s3:ListBucket')]) };
  const { keys: narrowed } = await makeUser(server, {
    name: 'narrowed',
    policies: [[may('s3:*')]],
    serviceAccount: narrow,
  });
  assert.equal(await read(narrowed), 403);
  const over = { name: 's', description: '', expiresAt: 1 };
  const { keys: expired } = await makeUser(server, {
    name: 'expired',
    policies: [[may('s3:*')]],
    serviceAccount: over,
  });
  assert.equal(await read(expired), 403);
});

function sessionOf(keys: AccessKeyPair, more: Partial<Session>): { keys: AccessKeyPair; token: string } {
  const session: Session = {
    accessKeyId: 'ASIATEST',
    secretAccessKey: 'secret-of-session',
    accountId,
    of: { kind: 'root' },
    parent: { accessKeyId: keys.accessKeyId, accountId },
    policies: [],
    policyArns: [],
    tags: [],
    issuedAt: Date.now() - 1000,
    expiresAt: Date.now() + 60_000,
    ...more,
  };
  const { accessKeyId, secretAccessKey } = session;
  return { keys: { accessKeyId, secretAccessKey }, token: server.identity.sessionTokens.seal(session) };
}

test('a session has what its user has now, narrowed by its policies, until one of them ends', async () => {
  const { keys, user } = await makeUser(server, { name: 'session', policies: [[may('s3:*')]] });
  const of = { kind: 'user', userId: user.id } as const;
  const whole = sessionOf(keys, { of });
  const token = (sealed: string) => ({ 'x-amz-security-token': sealed });
  assert.equal(await read(whole.keys, token(whole.token)), 200);
  const caller = await sendQuery(server, {
    service: 'sts',
    parameters: { Action: 'GetCallerIdentity' },
    credentials: whole.keys,
    token: whole.token,
  });
  assert.equal(elementOf(caller, 'UserId'), user.id, caller.text);
  const narrow = sessionOf(keys, { of, policies: [documentOf([may('s3:ListBucket')])] });
  assert.equal(await read(narrow.keys, token(narrow.token)), 403);
  assert.equal(await read(whole.keys), 403, 'without its token');
  const altered = `${whole.token.slice(0, 40)}${whole.token[40] === 'A' ? 'B' : 'A'}${whole.token.slice(41)}`;
  assert.equal(await read(whole.keys, token(altered)), 400, 'altered');
  assert.equal(await read(keys, token(whole.token)), 400, 'with the token of another key');
  const over = sessionOf(keys, { of, expiresAt: Date.now() - 1 });
  const expired = await send({
    method: 'GET',
    path: '/bucket/key',
    credentials: over.keys,
    headers: token(over.token),
  });
  assert.equal(elementOf(expired, 'Code'), 'ExpiredToken');
  await changeIdentity(server.context.metadata, accountId, async (tx) => {
    const now = (await users.find(tx, user.id))!;
    await users.replace(tx, now, { ...now, sessionsValidFrom: Date.now() });
  });
  assert.equal(await read(whole.keys, token(whole.token)), 403, 'revoked');
  assert.equal(await read(keys), 200);
});
