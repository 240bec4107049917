import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { keyspace } from '../../src/records/keyspace.ts';
import { usageOf } from '../../src/records/usage-record.ts';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { askAdmin, type MadeTenant, makeTenant } from '../admin/send-admin.ts';
import { documentOf, makeUser } from '../identity/make-user.ts';
import { adminRequests } from '../identity/requests/admin-requests.ts';
import { elementOf, sendQuery } from '../identity/send-query.ts';
import { type RawRequest, sendRaw } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

const administrator = 'arn:aws:iam::aws:policy/AdministratorAccess';

interface Side extends MadeTenant {
  readonly bucket: string;
  /** A user with AdministratorAccess, of the same name on both sides. */
  readonly admin: AccessKeyPair;
}

let server: TestServer;
let one: Side;
let other: Side;
before(async () => {
  server = await startS3Server();
  one = await side('one');
  other = await side('other');
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const send = (request: RawRequest) => sendRaw(server, request);
const trusting = (accountId: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: accountId }, Action: 'sts:AssumeRole' }],
  });

async function side(name: string): Promise<Side> {
  const tenant = await makeTenant(server, name);
  const { identities } = server;
  const { keys } = await makeUser(server, { name: 'boss', account: name, attached: [administrator] });
  const bucket = `bucket-of-${name}`;
  await send({ method: 'PUT', path: `/${bucket}`, credentials: tenant.keys });
  await send({ method: 'PUT', path: `/${bucket}/key`, body: Buffer.from('text'), credentials: tenant.keys });
  await identities.groups.create(tenant.id, { name: 'staff', path: '/' });
  const policy = { accountId: tenant.id, name: 'own', path: '/', description: '', tags: [] };
  await identities.policies.create({
    ...policy,
    text: documentOf([{ Effect: 'Allow', Action: 's3:*', Resource: '*' }]),
  });
  const role = { accountId: tenant.id, name: 'runner', path: '/', description: '', maximumSessionSeconds: 3600 };
  await identities.roles.create({ ...role, trustPolicy: trusting(tenant.id), boundary: undefined, tags: [] });
  await identities.attachments.attach({ kind: 'role', accountId: tenant.id, name: 'runner' }, administrator);
  return { ...tenant, bucket, admin: keys };
}

/** Root and administrator of one side. */
const principalsOf = ({ keys, admin }: Side) => [keys, admin];

test('nobody of one tenant reaches a bucket or an object of the other', async () => {
  const path = `/${other.bucket}`;
  const requests: readonly RawRequest[] = [
    { method: 'GET', path: `${path}/key` },
    { method: 'HEAD', path: `${path}/key` },
    { method: 'PUT', path: `${path}/new`, body: Buffer.from('x') },
    { method: 'DELETE', path: `${path}/key` },
    { method: 'GET', path, query: [['list-type', '2']] },
    { method: 'GET', path, query: [['policy', '']] },
    { method: 'PUT', path, query: [['acl', '']], headers: { 'x-amz-acl': 'public-read' } },
    { method: 'DELETE', path },
    { method: 'PUT', path: `/${one.bucket}/copy`, headers: { 'x-amz-copy-source': `${path}/key` } },
  ];
  const before = usageOf(await server.context.metadata.get(keyspace.accountUsage(other.id)));
  for (const credentials of principalsOf(one)) {
    for (const request of requests) {
      const answer = await send({ ...request, credentials });
      assert.equal(answer.status, 403, `${request.method} ${request.path}: ${answer.text}`);
    }
    const made = await send({ method: 'PUT', path, credentials });
    assert.equal(elementOf(made, 'Code'), 'BucketAlreadyExists');
    assert.ok(!made.text.includes(other.id));
    const listed = await send({ method: 'GET', path: '/', credentials });
    assert.ok(listed.text.includes(one.bucket) && !listed.text.includes(other.bucket));
  }
  const now = usageOf(await server.context.metadata.get(keyspace.accountUsage(other.id)));
  assert.deepEqual(now, before, 'its counters stay');
});

test('names mean what is of the asker’s own tenant, whatever the other has of that name', async () => {
  for (const credentials of principalsOf(one)) {
    const user = await sendQuery(server, { parameters: { Action: 'GetUser', UserName: 'boss' }, credentials });
    assert.match(elementOf(user, 'Arn') ?? user.text, new RegExp(`^arn:aws:iam::${one.id}:`));
  }
  await server.identities.users.create({ accountId: other.id, name: 'only-here', path: '/', tags: [] });
  const parameters = { Action: 'GetUser', UserName: 'only-here' };
  const unknown = await sendQuery(server, { parameters, credentials: one.admin });
  assert.equal(elementOf(unknown, 'Code'), 'NoSuchEntity');
});

test('policies of the other tenant can be neither attached, read nor made a boundary', async () => {
  const arn = `arn:aws:iam::${other.id}:policy/own`;
  const holder = { kind: 'user', accountId: one.id, name: 'boss' } as const;
  await assert.rejects(server.identities.attachments.attach(holder, arn), /does not exist or is not attachable/);
  await assert.rejects(server.identities.attachments.putBoundary(holder, arn), /does not exist or is not attachable/);
  const document = {
    format: 'cairn-export',
    version: 1,
    tenants: [
      {
        ...{ accountId: one.id, name: 'one', canonicalId: 'c', email: '' },
        ...{ policies: [], groups: [], roles: [], oidcProviders: [], buckets: [] },
        users: [{ name: 'u', path: '/', tags: [], attached: [arn], inline: {}, groups: [] }],
      },
    ],
  };
  const imported = await askAdmin(server, 'Import', { Document: JSON.stringify(document) }, { credentials: one.keys });
  assert.match(imported.text, /There is no policy/);
});

test('every action of Cairn’s own on another tenant is refused, to administrators too', async () => {
  for (const [action, parameters] of Object.entries(adminRequests)) {
    if (!('Tenant' in parameters)) continue;
    for (const Tenant of [other.id, 'other', 'root']) {
      for (const credentials of principalsOf(one)) {
        const answer = await askAdmin(server, action, { ...parameters, Tenant }, { credentials });
        assert.equal(answer.code, 'AccessDenied', `${action} ${Tenant}: ${answer.text}`);
      }
    }
  }
  for (const action of ['ListTenants', 'CreateTenant']) {
    const answer = await askAdmin(server, action, adminRequests[action], { credentials: one.admin });
    assert.equal(answer.code, 'AccessDenied');
  }
});

test('administrators of a tenant change nothing of what it is held to', async () => {
  for (const action of [
    'SetTenantQuota',
    'SetTenantRateLimits',
    'UpdateTenant',
    'DisableTenant',
    'EnableTenant',
    'DeleteTenant',
    'RotateTenantRootKey',
    'DeleteTenantRootKey',
  ]) {
    for (const credentials of principalsOf(one)) {
      const parameters = { ...adminRequests[action], Tenant: one.id };
      const answer = await askAdmin(server, action, parameters, { credentials });
      assert.equal(answer.code, 'AccessDenied', action);
    }
  }
  for (const action of ['GetTenant', 'GetTenantUsage', 'GetTenantQuota']) {
    assert.equal((await askAdmin(server, action, { Tenant: one.id }, { credentials: one.admin })).code, 'OK');
  }
});

test('a trust policy and a bucket policy are the only bridges, and both are built by whose the thing is', async () => {
  const assume = (credentials: AccessKeyPair) =>
    sendQuery(server, {
      service: 'sts',
      parameters: {
        Action: 'AssumeRole',
        RoleArn: `arn:aws:iam::${other.id}:role/runner`,
        RoleSessionName: 'bridge',
      },
      credentials,
    });
  assert.equal((await assume(one.admin)).status, 403);
  await server.identities.roles.changeTrustPolicy(other.id, 'runner', trusting(one.id));
  const session = await assume(one.admin);
  assert.equal(session.status, 200, session.text);
  const credentials = {
    accessKeyId: elementOf(session, 'AccessKeyId')!,
    secretAccessKey: elementOf(session, 'SecretAccessKey')!,
  };
  const headers = { 'x-amz-security-token': elementOf(session, 'SessionToken')! };
  const read = () => send({ method: 'GET', path: `/${other.bucket}/key`, credentials, headers });
  assert.equal((await read()).status, 200);
  await askAdmin(server, 'DisableTenant', { Tenant: one.id });
  assert.equal((await read()).status, 403, 'its parent’s tenant is shut out');
  await askAdmin(server, 'EnableTenant', { Tenant: one.id });
  await askAdmin(server, 'DisableTenant', { Tenant: other.id });
  assert.equal((await read()).status, 403, 'its own tenant is shut out');
  await askAdmin(server, 'EnableTenant', { Tenant: other.id });
  const statement = {
    Effect: 'Allow',
    Principal: { AWS: one.id },
    Action: 's3:GetObject',
    Resource: `arn:aws:s3:::${other.bucket}/*`,
  };
  const body = Buffer.from(documentOf([statement]));
  const path = `/${other.bucket}`;
  const own = await send({ method: 'PUT', path, query: [['policy', '']], body, credentials: one.keys });
  assert.equal(own.status, 403);
  await send({ method: 'PUT', path, query: [['policy', '']], body, credentials: other.keys });
  assert.equal((await send({ method: 'GET', path: `${path}/key`, credentials: one.keys })).status, 200);
  assert.equal((await send({ method: 'DELETE', path: `${path}/key`, credentials: one.keys })).status, 403);
});
