import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accountRecordType } from '../../src/records/account-record.ts';
import { keyspace } from '../../src/records/keyspace.ts';
import { readRecord, writeRecord } from '../../src/records/record-type.ts';
import { changeIdentity } from '../../src/services/identity/change-identity.ts';
import { roles, users } from '../../src/services/identity/entity-table.ts';
import { revokeSessions } from '../../src/services/identity/sessions/revoke-sessions.ts';
import { type MadeUser, makeUser } from '../identity/make-user.ts';
import { sendQuery } from '../identity/send-query.ts';
import { sendSigned } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { signV4 } from '../signing/sign-v4.ts';
import { makeRole, may, trusting } from './make-role.ts';
import { asSession, type Signer, type Sts, sessionIn, sts, told } from './sessions.ts';

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

const reads = async (session: Signer) =>
  (await asSession(server, session, { method: 'GET', path: '/bucket' })).status === 200;
let made = 0;

/** A user with all rights, and a session of each kind that comes from its key. */
async function everything(): Promise<{ maker: MadeUser; roleName: string; sessions: Record<string, Signer> }> {
  const name = `user-${made++}`;
  const maker = await makeUser(server, { name, policies: [[may(['s3:*', 'sts:*'])]] });
  const roleName = `role-of-${name}`;
  const role = await makeRole(server, { name: roleName, trust: [trusting(accountId)], policy: [may('s3:*')] });
  const signer = { credentials: maker.keys };
  const PolicyArn = 'arn:aws:iam::aws:policy/AmazonS3FullAccess';
  const federation = { Name: 'bob', 'PolicyArns.member.1.arn': PolicyArn };
  const sessions = {
    user: sessionIn(await ask('GetSessionToken', {}, signer)),
    federated: sessionIn(await ask('GetFederationToken', federation, signer)),
    role: sessionIn(await ask('AssumeRole', { RoleArn: role.arn, RoleSessionName: 'ab' }, signer)),
  };
  for (const [kind, session] of Object.entries(sessions)) assert.equal(await reads(session), true, kind);
  return { maker, roleName, sessions };
}

async function none(sessions: Record<string, Signer>): Promise<void> {
  for (const [kind, session] of Object.entries(sessions)) assert.equal(await reads(session), false, kind);
}

test('with the key that they were asked for with: disabled, and back, and deleted', async () => {
  const { maker, sessions } = await everything();
  await server.identity.setAccessKeyStatus(maker.keys.accessKeyId, 'inactive');
  await none(sessions);
  const refused = await asSession(server, sessions.user!, { method: 'GET', path: '/bucket' });
  assert.deepEqual(told(refused), [403, 'InvalidAccessKeyId']);
  await server.identity.setAccessKeyStatus(maker.keys.accessKeyId, 'active');
  for (const session of Object.values(sessions)) assert.equal(await reads(session), true);
  await server.identity.deleteAccessKey(maker.keys.accessKeyId);
  await none(sessions);
});

test('with the user', async () => {
  const { maker, sessions } = await everything();
  await changeIdentity(server.context.metadata, accountId, async (tx) => {
    users.remove(tx, (await users.find(tx, maker.user.id))!);
  });
  await none(sessions);
});

test('with the role, and a role of the same name that is made anew gives them nothing', async () => {
  const { roleName, sessions } = await everything();
  await changeIdentity(server.context.metadata, accountId, async (tx) => {
    roles.remove(tx, await roles.require(tx, accountId, roleName));
  });
  assert.equal(await reads(sessions.role!), false);
  assert.equal(await reads(sessions.user!), true);
  await makeRole(server, { name: roleName, trust: [trusting(accountId)], policy: [may('s3:*')] });
  assert.equal(await reads(sessions.role!), false);
});

test('when they are revoked; those that come after are good', async () => {
  const { maker, roleName, sessions } = await everything();
  const revoke = (parameters: Record<string, string>, credentials = server.root) =>
    sendQuery(server, { service: 'cairn', parameters: { Action: 'RevokeSessions', ...parameters }, credentials });
  assert.equal((await revoke({ RoleName: roleName })).status, 200);
  assert.deepEqual([await reads(sessions.role!), await reads(sessions.user!)], [false, true]);
  assert.equal((await revoke({ UserName: maker.user.name })).status, 200);
  await none(sessions);
  const signer = { credentials: maker.keys };
  assert.equal(await reads(signer), true, 'the key itself is good');
  assert.equal(await reads(sessionIn(await ask('GetSessionToken', {}, signer))), true);
  const RoleArn = `arn:aws:iam::${accountId}:role/${roleName}`;
  const anew = await ask('AssumeRole', { RoleArn, RoleSessionName: 'ab' }, signer);
  assert.equal(await reads(sessionIn(anew)), true);
  assert.deepEqual(told(await revoke({ UserName: 'nobody' })), [404, 'NoSuchEntity']);
  assert.deepEqual(told(await revoke({})), [400, 'ValidationError']);
  assert.deepEqual(told(await revoke({ UserName: 'a', RoleName: 'b' })), [400, 'ValidationError']);
  assert.deepEqual(told(await revoke({ RoleName: roleName }, maker.keys)), [403, 'AccessDenied']);
});

test('with the account, of the role as of who assumed it', async () => {
  const { accountId: foreignId } = await server.identity.createAccount({ name: 'foreign' });
  const trust = [trusting(foreignId)];
  const role = await makeRole(server, { name: 'for-foreign', trust, policy: [may('s3:*')] });
  const policies = [[may(['sts:*'])]];
  const { keys } = await makeUser(server, { name: 'far', account: 'foreign', policies });
  const session = sessionIn(
    await ask('AssumeRole', { RoleArn: role.arn, RoleSessionName: 'ab' }, { credentials: keys }),
  );
  assert.equal(await reads(session), true);
  const key = keyspace.account(foreignId);
  await server.context.metadata.transact(async (tx) => {
    const account = (await readRecord(tx, accountRecordType, key))!;
    writeRecord(tx, { type: accountRecordType, key }, { ...account, disabled: true });
  });
  assert.equal(await reads(session), false);
});

test('with their time', async () => {
  let now = Date.now();
  const clock = { now: () => now, sleep: () => new Promise<void>(() => {}) };
  await using timed = await startS3Server({ clock });
  await asSession(timed, { credentials: timed.root }, { method: 'PUT', path: '/bucket' });
  const { credentials, token } = sessionIn(await sts(timed)('GetSessionToken', { DurationSeconds: '900' }));
  const read = () =>
    sendSigned(
      timed,
      signV4({
        method: 'GET',
        path: '/bucket',
        host: timed.host,
        headers: { 'x-amz-security-token': token },
        credentials,
        date: new Date(now),
      }),
    );
  now += 899_000;
  assert.equal((await read()).status, 200);
  now += 2000;
  const over = await read();
  assert.deepEqual(told(over), [400, 'ExpiredToken']);
});

test('with a key whose id is somebody else’s by now', async () => {
  const { maker, sessions } = await everything();
  const { accessKeyId } = maker.keys;
  await server.identity.deleteAccessKey(accessKeyId);
  await server.identity.createAccessKey({ account: 'root', accessKeyId });
  assert.deepEqual([await reads(sessions.user!), await reads(sessions.federated!)], [false, false]);
});

test('what a key is held to its sessions are held to', async () => {
  const { maker, sessions } = await everything();
  const { accessKeyId } = maker.keys;
  await server.identity.changeLimitsOfAccessKey(accessKeyId, () => ({ requests: 7 }));
  for (const { credentials, token } of Object.values(sessions)) {
    const found = await server.identity.findCredential(credentials.accessKeyId, token);
    assert.ok(found?.principal.kind !== undefined && 'rateLimits' in found.principal);
    assert.deepEqual(
      found.principal.rateLimits?.map(({ name }) => name),
      [`key ${accessKeyId}`],
    );
  }
});

test('operators end sessions of other tenants, and tenants none but their own', async () => {
  const { accountId: Tenant } = await server.identity.createAccount({ name: 'tenant' });
  const policies = [[may(['s3:ListAllMyBuckets', 'sts:*'])]];
  const { keys } = await makeUser(server, { name: 'tom', account: 'tenant', policies });
  const session = sessionIn(await ask('GetSessionToken', {}, { credentials: keys }));
  const lists = async () => (await asSession(server, session, { method: 'GET', path: '/' })).status;
  const revoke = (parameters: Record<string, string>, credentials = server.root) =>
    sendQuery(server, { service: 'cairn', parameters: { Action: 'RevokeSessions', ...parameters }, credentials });
  const tenantRoot = await server.identity.createAccessKey({ account: 'tenant' });
  await makeUser(server, { name: 'of-system' });
  const foreign = await revoke({ UserName: 'of-system', Tenant: accountId }, tenantRoot);
  assert.deepEqual(told(foreign), [403, 'AccessDenied']);
  assert.equal(await lists(), 200);
  assert.equal((await revoke({ UserName: 'tom', Tenant })).status, 200);
  assert.equal(await lists(), 403);
});

test('a session that is asked for after a revocation is good, though the clock was set back', async () => {
  const { maker, roleName } = await everything();
  const ahead = Date.now() + 30_000;
  await revokeSessions(server.context.metadata, { accountId, kind: 'user', name: maker.user.name, now: ahead });
  await revokeSessions(server.context.metadata, { accountId, kind: 'role', name: roleName, now: ahead + 1000 });
  const signer = { credentials: maker.keys };
  assert.equal(await reads(sessionIn(await ask('GetSessionToken', {}, signer))), true);
  const RoleArn = `arn:aws:iam::${accountId}:role/${roleName}`;
  assert.equal(await reads(sessionIn(await ask('AssumeRole', { RoleArn, RoleSessionName: 'ab' }, signer))), true);
});
