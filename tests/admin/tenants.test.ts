import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { makeUser } from '../identity/make-user.ts';
import { elementOf } from '../identity/send-query.ts';
import { type RawRequest, sendRaw } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { admin, askAdmin, makeTenant } from './send-admin.ts';

let server: TestServer;
before(async () => {
  server = await startS3Server();
});
after(async () => {
  const violations = [];
  for await (const violation of verifyStore(server.context)) violations.push(violation);
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
  assert.deepEqual(violations, []);
});

const send = (request: RawRequest) => sendRaw(server, request);
const may = (Action: string, Resource = '*') => ({ Effect: 'Allow', Action, Resource });

test('a tenant is made with the key of its root, which works at once and is told once', async () => {
  const made = await makeTenant(server, 'first', {
    Email: 'first@example.com',
    QuotaBytes: '5',
    RequestsPerSecond: '90',
  });
  assert.equal((await send({ method: 'PUT', path: '/bucket-of-first', credentials: made.keys })).status, 200);
  const own = await admin(server, 'GetOwnTenant', {}, { credentials: made.keys });
  assert.equal(elementOf(own, 'TenantId'), made.id);
  const shown = await admin(server, 'GetTenant', { Tenant: 'first' });
  assert.equal(elementOf(shown, 'AccessKeyId'), made.keys.accessKeyId);
  assert.equal(elementOf(shown, 'Buckets'), '1');
  assert.equal(elementOf(shown, 'RequestsPerSecond'), '90');
  assert.ok(!shown.text.includes(made.keys.secretAccessKey));
  const body = Buffer.from('six bytes');
  const put = await send({ method: 'PUT', path: '/bucket-of-first/key', body, credentials: made.keys });
  assert.notEqual(put.status, 200, 'over the quota');
  assert.equal((await askAdmin(server, 'CreateTenant', { Name: 'first' })).code, 'EntityAlreadyExists');
  assert.equal(
    (await askAdmin(server, 'CreateTenant', { Name: 'other', TenantId: made.id })).code,
    'EntityAlreadyExists',
  );
  assert.equal((await askAdmin(server, 'CreateTenant', { Name: '123456789012' })).code, 'ValidationError');
  assert.equal((await askAdmin(server, 'CreateTenant', { Name: 'no-mail', Email: 'x' })).code, 'ValidationError');
});

test('tenants are listed page by page', async () => {
  await makeTenant(server, 'listed');
  const names: string[] = [];
  for (let Marker: string | undefined; ; ) {
    const page = await admin(server, 'ListTenants', { MaxItems: '1', ...(Marker === undefined ? {} : { Marker }) });
    names.push(elementOf(page, 'Name')!);
    Marker = elementOf(page, 'Marker');
    if (Marker === undefined) break;
  }
  assert.ok(names.includes('listed') && names.includes('root'));
  assert.equal(new Set(names).size, names.length);
  assert.equal((await askAdmin(server, 'ListTenants', { Marker: 'x' })).code, 'ValidationError');
});

test('a tenant gets another name, and the old one is free', async () => {
  const { id } = await makeTenant(server, 'before', { Email: 'a@example.com' });
  await admin(server, 'UpdateTenant', { Tenant: id, NewName: 'behind', Email: '' });
  assert.equal((await server.identity.resolveAccount('behind')).accountId, id);
  const again = await makeTenant(server, 'before', { Email: 'A@example.com' });
  assert.notEqual(again.id, id);
  assert.equal((await askAdmin(server, 'UpdateTenant', { Tenant: id, NewName: 'before' })).code, 'EntityAlreadyExists');
  assert.equal(
    (await askAdmin(server, 'UpdateTenant', { Tenant: id, Email: 'a@Example.com' })).code,
    'EntityAlreadyExists',
  );
  assert.equal((await askAdmin(server, 'UpdateTenant', { Tenant: 'nobody', NewName: 'x' })).code, 'NoSuchEntity');
});

test('who is disabled is shut out with the next request, and so is everybody from its buckets', async () => {
  const { id, keys } = await makeTenant(server, 'disabled');
  const { keys: user } = await makeUser(server, { name: 'u', account: 'disabled', policies: [[may('s3:*')]] });
  const stranger = await makeTenant(server, 'stranger-of-disabled');
  const path = '/of-disabled';
  await send({ method: 'PUT', path, headers: { 'x-amz-acl': 'public-read-write' }, credentials: keys });
  await send({
    method: 'PUT',
    path: `${path}/key`,
    body: Buffer.from('x'),
    headers: { 'x-amz-acl': 'public-read' },
    credentials: keys,
  });
  const website = '<WebsiteConfiguration><IndexDocument><Suffix>key</Suffix></IndexDocument></WebsiteConfiguration>';
  await send({ method: 'PUT', path, query: [['website', '']], body: Buffer.from(website), credentials: keys });
  const read = async (credentials?: typeof keys) => {
    if (!credentials) return (await fetch(`${server.url}${path}/key`)).status;
    return (await send({ method: 'GET', path: `${path}/key`, credentials })).status;
  };
  assert.deepEqual(await Promise.all([read(keys), read(user), read(stranger.keys), read()]), [200, 200, 200, 200]);
  await admin(server, 'DisableTenant', { Tenant: id });
  assert.deepEqual(await Promise.all([read(keys), read(user), read(stranger.keys), read()]), [403, 403, 403, 403]);
  const foreign = await send({ method: 'GET', path: `${path}/key`, credentials: stranger.keys });
  assert.equal(elementOf(foreign, 'Code'), 'AccountProblem');
  const written = await send({
    method: 'PUT',
    path: `${path}/new`,
    body: Buffer.from('x'),
    credentials: stranger.keys,
  });
  assert.equal(elementOf(written, 'Code'), 'AccountProblem');
  const copied = await send({
    method: 'PUT',
    path: '/nowhere/key',
    headers: { 'x-amz-copy-source': `${path}/key` },
    credentials: stranger.keys,
  });
  assert.notEqual(copied.status, 200);
  const taken = await send({ method: 'PUT', path, credentials: stranger.keys });
  assert.equal(elementOf(taken, 'Code'), 'BucketAlreadyExists');
  assert.equal(elementOf(await admin(server, 'GetTenant', { Tenant: id }), 'State'), 'Disabled');
  await admin(server, 'EnableTenant', { Tenant: id });
  assert.deepEqual(await Promise.all([read(keys), read(user), read(stranger.keys), read()]), [200, 200, 200, 200]);
});

test('buckets that are made while their tenant is disabled are shut as well, or not made', async () => {
  const { id, keys } = await makeTenant(server, 'racing');
  const names = Array.from({ length: 8 }, (_, i) => `racing-${i}`);
  const making = names.map((name) => send({ method: 'PUT', path: `/${name}`, credentials: keys }));
  await Promise.all([...making, admin(server, 'DisableTenant', { Tenant: id })]);
  for (const name of names) {
    const answer = await send({ method: 'GET', path: `/${name}` });
    const code = elementOf(answer, 'Code');
    assert.ok(code === 'AccountProblem' || code === 'NoSuchBucket', answer.text);
  }
});

test('only an empty tenant is deleted', async () => {
  const { id, keys } = await makeTenant(server, 'deleted');
  await send({ method: 'PUT', path: '/of-deleted', credentials: keys });
  assert.equal((await askAdmin(server, 'DeleteTenant', { Tenant: id })).code, 'DeleteConflict');
  await send({ method: 'DELETE', path: '/of-deleted', credentials: keys });
  const user = await server.identities.users.create({ accountId: id, name: 'u', path: '/', tags: [] });
  assert.equal((await askAdmin(server, 'DeleteTenant', { Tenant: id })).code, 'DeleteConflict');
  await server.identities.users.delete(id, user.name);
  await admin(server, 'DeleteTenant', { Tenant: id });
  assert.equal((await askAdmin(server, 'GetTenant', { Tenant: id })).code, 'NoSuchEntity');
  assert.equal((await askAdmin(server, 'GetOwnTenant', {}, { credentials: keys })).code, 'InvalidClientTokenId');
});

test('a root has two keys at most, and never none', async () => {
  const { id, keys } = await makeTenant(server, 'rotated');
  const rotated = await admin(server, 'RotateTenantRootKey', { Tenant: id });
  const second = {
    accessKeyId: elementOf(rotated, 'AccessKeyId')!,
    secretAccessKey: elementOf(rotated, 'SecretAccessKey')!,
  };
  await admin(server, 'GetOwnTenant', {}, { credentials: second });
  assert.equal((await askAdmin(server, 'RotateTenantRootKey', { Tenant: id })).code, 'LimitExceeded');
  await admin(server, 'DeleteTenantRootKey', { Tenant: id, AccessKeyId: keys.accessKeyId });
  assert.equal((await askAdmin(server, 'GetOwnTenant', {}, { credentials: keys })).code, 'InvalidClientTokenId');
  const last = { Tenant: id, AccessKeyId: second.accessKeyId };
  assert.equal((await askAdmin(server, 'DeleteTenantRootKey', last)).code, 'DeleteConflict');
  const ofOther = { Tenant: id, AccessKeyId: server.root.accessKeyId };
  assert.equal((await askAdmin(server, 'DeleteTenantRootKey', ofOther)).code, 'NoSuchEntity');
});

test('quotas and rate limits are set, read and taken away', async () => {
  const { id } = await makeTenant(server, 'bounded');
  await admin(server, 'SetTenantQuota', { Tenant: id, QuotaBytes: '1000', QuotaObjects: '3' });
  const quota = await admin(server, 'GetTenantQuota', { Tenant: id });
  assert.deepEqual([elementOf(quota, 'Bytes'), elementOf(quota, 'Objects')], ['1000', '3']);
  await admin(server, 'SetTenantRateLimits', { Tenant: id, BytesPerSecond: '7' });
  assert.equal(elementOf(await admin(server, 'GetTenant', { Tenant: id }), 'BytesPerSecond'), '7');
  await admin(server, 'SetTenantQuota', { Tenant: id });
  await admin(server, 'SetTenantRateLimits', { Tenant: id });
  const none = await admin(server, 'GetTenant', { Tenant: id });
  assert.deepEqual([elementOf(none, 'BytesPerSecond'), /<Quota>/.test(none.text)], [undefined, false]);
  assert.equal(elementOf(await admin(server, 'GetTenantUsage', { Tenant: id }), 'Objects'), '0');
  assert.equal((await askAdmin(server, 'SetTenantQuota', { Tenant: id, QuotaBytes: '-1' })).code, 'ValidationError');
});

test('the system account is neither disabled, nor deleted, nor renamed, nor left without a key', async () => {
  const { accountId } = await server.identity.resolveAccount('root');
  for (const Tenant of ['root', accountId]) {
    assert.equal((await askAdmin(server, 'DisableTenant', { Tenant })).code, 'UnmodifiableEntity');
    assert.equal((await askAdmin(server, 'DeleteTenant', { Tenant })).code, 'UnmodifiableEntity');
    assert.equal((await askAdmin(server, 'UpdateTenant', { Tenant, NewName: 'x' })).code, 'UnmodifiableEntity');
    const { accessKeyId: AccessKeyId } = server.root;
    assert.equal((await askAdmin(server, 'DeleteTenantRootKey', { Tenant, AccessKeyId })).code, 'UnmodifiableEntity');
    assert.equal((await askAdmin(server, 'RotateTenantRootKey', { Tenant })).code, 'UnmodifiableEntity');
  }
});

test('administrators of the system account do what their policies grant, on the tenants that they name', async () => {
  const one = await makeTenant(server, 'one-of-two');
  const other = await makeTenant(server, 'other-of-two');
  const policies = [[may('cairn:*', `arn:aws:cairn::${one.id}:tenant/*`)]];
  const { keys: credentials } = await makeUser(server, { name: 'helper', policies });
  await admin(server, 'DisableTenant', { Tenant: one.id }, { credentials });
  await admin(server, 'EnableTenant', { Tenant: one.id }, { credentials });
  assert.equal((await askAdmin(server, 'DisableTenant', { Tenant: other.id }, { credentials })).code, 'AccessDenied');
  assert.equal((await askAdmin(server, 'ListTenants', {}, { credentials })).code, 'AccessDenied');
});
