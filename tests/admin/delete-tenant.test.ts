import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MetadataEngine, readCounters, type Span } from '../../src/engines/metadata/metadata-engine.ts';
import { keyspace, spans } from '../../src/records/keyspace.ts';
import type { RefusalRecord } from '../../src/records/refusal-record.ts';
import { IdentityService } from '../../src/services/identity/identity-service.ts';
import { RefusalStore } from '../../src/services/refusals/refusal-store.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { makeUser } from '../identity/make-user.ts';
import { sendRaw } from '../operations/send-raw.ts';
import { putBucket, refused } from '../refusals/refused-server.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { admin, askAdmin, makeTenant } from './send-admin.ts';

const violations = (server: TestServer) => Array.fromAsync(verifyStore(server.context));
const target = { type: 'webhook', url: 'https://hooks.example.com/', options: {} } as const;
const remote = { endpoint: 'http://127.0.0.1:1', region: 'us-east-1', accessKeyId: 'key', secretAccessKey: 'secret' };

const refusalOf = (accountId: string | undefined, i: number): RefusalRecord => ({
  requestId: i.toString(16).padStart(16, '0').toUpperCase(),
  at: 1_000_000 + i,
  operation: 'GetObject',
  accountId,
  principal: 'p',
  accessKeyId: undefined,
  action: 's3:GetObject',
  resource: 'r',
  resourceAccountId: undefined,
  by: 'default',
  conditions: [],
  statements: '[]',
});

/** A tenant with a bucket and a user, and how to empty it. */
async function tenantWithUser(server: TestServer, name: string) {
  const tenant = await makeTenant(server, name);
  const { keys } = await makeUser(server, { name: 'u', account: name });
  const path = `/of-${name}`;
  assert.equal((await sendRaw(server, { method: 'PUT', path, credentials: tenant.keys })).status, 200);
  return {
    ...tenant,
    path,
    user: keys,
    async empty() {
      await sendRaw(server, { method: 'DELETE', path, credentials: tenant.keys });
      const { accessKeys, users } = server.identities;
      const user = await users.get(tenant.id, 'u');
      await accessKeys.delete({ accountId: tenant.id, user }, keys.accessKeyId);
      await users.delete(tenant.id, 'u');
    },
  };
}

test('refusals go with their tenant, on both sides, and whoever gets its id is told of none', async () => {
  await using server = await startS3Server({ keepsRefusals: true });
  const stranger = await makeTenant(server, 'stranger');
  const tenant = await tenantWithUser(server, 'gone');
  const path = `${tenant.path}/key`;
  const own = await refused(server, { method: 'GET', path, credentials: tenant.user });
  const foreign = await refused(server, { method: 'GET', path, credentials: stranger.keys });
  await putBucket(server, 'of-root');
  const others = await refused(server, { method: 'GET', path: '/of-root/key', credentials: stranger.keys });
  assert.equal((await askAdmin(server, 'DeleteTenant', { Tenant: tenant.id })).code, 'DeleteConflict');
  const store = new RefusalStore(server.context.metadata);
  assert.ok(await store.find(own.id), 'a tenant that stays keeps them');
  await tenant.empty();
  await admin(server, 'DeleteTenant', { Tenant: tenant.id });
  assert.deepEqual([await store.find(own.id), await store.find(foreign.id)], [undefined, undefined]);
  assert.ok(await store.find(others.id), 'those of others stay');
  const again = await makeTenant(server, 'again', { TenantId: tenant.id });
  const shown = await admin(server, 'ListRefusals', {}, { credentials: again.keys });
  assert.ok(![own.id, foreign.id].some((requestId) => shown.text.includes(requestId)), shown.text);
  assert.deepEqual(await violations(server), []);
});

test('very many of them go as well', async () => {
  await using server = await startS3Server();
  const tenant = await makeTenant(server, 'loud');
  const store = new RefusalStore(server.context.metadata);
  for (let i = 0; i < 1100; i += 100) {
    const batch = Array.from({ length: 100 }, (_, j) => refusalOf(tenant.id, i + j));
    await store.keep(batch, 1000);
  }
  await store.keep([refusalOf(undefined, 5000)], 1000);
  await admin(server, 'DeleteTenant', { Tenant: tenant.id });
  const counter = await server.context.metadata.get(keyspace.refusalCount());
  assert.deepEqual(readCounters(counter, 1), [1]);
  assert.deepEqual(await violations(server), []);
});

test('a refusal that is stored when its tenant is gone is not kept', async () => {
  await using server = await startS3Server({ keepsRefusals: true });
  const stranger = await makeTenant(server, 'stranger');
  const tenant = await tenantWithUser(server, 'late');
  const path = `${tenant.path}/key`;
  const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:GetObject' }] };
  const Resource = `arn:aws:s3:::${tenant.path.slice(1)}/*`;
  const body = Buffer.from(JSON.stringify({ ...policy, Statement: [{ ...policy.Statement[0], Resource }] }));
  await sendRaw(server, { method: 'PUT', path: tenant.path, query: [['policy', '']], body, credentials: tenant.keys });
  const answers = [
    await sendRaw(server, { method: 'GET', path, credentials: tenant.user }),
    await sendRaw(server, { method: 'GET', path, credentials: stranger.keys }),
    await sendRaw(server, { method: 'PUT', path: '/new', credentials: { ...tenant.user } }),
  ];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [403, 403, 403],
  );
  await tenant.empty();
  await admin(server, 'DeleteTenant', { Tenant: tenant.id });
  await server.settle();
  const store = new RefusalStore(server.context.metadata);
  for (const { headers } of answers) assert.equal(await store.find(headers['x-amz-request-id']!), undefined);
  assert.deepEqual(await violations(server), []);
});

test('a tenant is not deleted while an event target or a remote is there for it alone', async () => {
  await using server = await startS3Server();
  const other = await makeTenant(server, 'other');
  const { id } = await makeTenant(server, 'connected');
  await server.eventTargets.add({ ...target, name: 'own', accountIds: [id, id] }, { secret: 's' });
  await server.eventTargets.add({ ...target, name: 'shared', accountIds: [other.id, id] }, {});
  await server.eventTargets.add({ ...target, name: 'for-all', accountIds: [] }, {});
  await server.remotes.add({ ...remote, name: 'backup', accountId: id });
  const conflict = await askAdmin(server, 'DeleteTenant', { Tenant: id });
  assert.equal(conflict.code, 'DeleteConflict');
  assert.match(conflict.text, /event target own .*remote backup /);
  await server.eventTargets.remove('own');
  assert.equal((await askAdmin(server, 'DeleteTenant', { Tenant: id })).code, 'DeleteConflict');
  await server.remotes.remove('backup');
  await admin(server, 'DeleteTenant', { Tenant: id });
  assert.deepEqual((await server.eventTargets.get('shared')).accountIds, [other.id]);
  assert.deepEqual((await server.eventTargets.get('for-all')).accountIds, []);
});

/** Something else is committed after the first look at the span. */
function interrupted(inner: MetadataEngine, span: Span, meanwhile: () => Promise<unknown>): MetadataEngine {
  let isDone = false;
  const looked = async (from: Buffer) => {
    if (isDone || !from.equals(span.from)) return;
    isDone = true;
    await meanwhile();
  };
  return {
    get: (key) => inner.get(key),
    range: (wanted) => inner.range(wanted),
    snapshot: (body) => inner.snapshot(body),
    close: () => inner.close(),
    transact: (body) =>
      inner.transact((tx) =>
        body({
          get: (key) => tx.get(key),
          getMany: (keys) => tx.getMany(keys),
          async range(wanted) {
            const entries = await tx.range(wanted);
            await looked(wanted.from);
            return entries;
          },
          put: (key, value) => tx.put(key, value),
          delete: (key) => tx.delete(key),
          add: (key, deltas) => tx.add(key, deltas),
        }),
      ),
  };
}

const additions: readonly [what: string, span: Span, add: (server: TestServer, id: string) => Promise<unknown>][] = [
  [
    'a target',
    spans.eventTargets(undefined, 1),
    ({ eventTargets }, id) => eventTargets.add({ ...target, name: 't', accountIds: [id] }, {}),
  ],
  ['a remote', spans.remotes(undefined, 1), ({ remotes }, id) => remotes.add({ ...remote, name: 'r', accountId: id })],
  [
    'a refusal',
    spans.refusalsOfAccount('1'.repeat(12), undefined, 1),
    ({ context }, id) => new RefusalStore(context.metadata).keep([refusalOf(id, 1)], 1000),
  ],
];
for (const [what, span, add] of additions) {
  test(`${what} that comes while its tenant is deleted is seen`, async () => {
    await using server = await startS3Server();
    const { id } = await makeTenant(server, 'racing', { TenantId: '1'.repeat(12) });
    const { clock, random } = server.context;
    const metadata = interrupted(server.context.metadata, span, () => add(server, id));
    const identity = new IdentityService({ metadata, clock, random, secrets: server.identity.secrets });
    const isDeleted = await identity.deleteTenant(id).then(
      () => true,
      () => false,
    );
    assert.equal(isDeleted, what === 'a refusal');
    const kept = await server.context.metadata.range(spans.table('refusal', undefined, 10));
    assert.equal(kept.length, 0);
    assert.deepEqual(await violations(server), []);
  });
}
