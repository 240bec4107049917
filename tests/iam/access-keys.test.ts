import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { keyspace } from '../../src/records/keyspace.ts';
import { lastUseRecordType } from '../../src/records/last-use-record.ts';
import { writeRecord } from '../../src/records/record-type.ts';
import { type Calls, callsOf, elementsOf } from '../identity/identity-calls.ts';
import { makeUser } from '../identity/make-user.ts';
import { elementOf } from '../identity/send-query.ts';
import type { RawResponse } from '../operations/send-raw.ts';
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

const pairIn = (response: RawResponse) => ({
  accessKeyId: elementOf(response, 'AccessKeyId') ?? '',
  secretAccessKey: elementOf(response, 'SecretAccessKey') ?? '',
});

test('a key is made, works, is listed without its secret, disabled, enabled and deleted', async () => {
  const UserName = 'holder';
  await makeUser(server, {
    name: UserName,
    policies: [[{ Effect: 'Allow', Action: 'iam:GetUser', Resource: '*' }]],
  });
  const made = await call.ok('CreateAccessKey', { UserName });
  const credentials = pairIn(made);
  assert.match(credentials.accessKeyId, /^AKIA[A-Z2-7]{16}$/);
  assert.match(credentials.secretAccessKey, /^[\w-]{40}$/);
  assert.equal(elementOf(made, 'Status'), 'Active');
  assert.equal(elementOf(await call.ok('GetUser', {}, { credentials }), 'UserName'), UserName);
  const listed = await call.ok('ListAccessKeys', { UserName });
  assert.equal(elementsOf(listed, 'AccessKeyId').length, 2);
  assert.ok(!listed.text.includes(credentials.secretAccessKey));
  const AccessKeyId = credentials.accessKeyId;
  await call.ok('UpdateAccessKey', { UserName, AccessKeyId, Status: 'Inactive' });
  await call.fails('403 InvalidClientTokenId', 'GetUser', {}, { credentials });
  await call.ok('UpdateAccessKey', { UserName, AccessKeyId, Status: 'Active' });
  await call.ok('GetUser', {}, { credentials });
  await call.ok('DeleteAccessKey', { UserName, AccessKeyId });
  await call.fails('403 InvalidClientTokenId', 'GetUser', {}, { credentials });
  await call.fails('404 NoSuchEntity', 'DeleteAccessKey', { UserName, AccessKeyId });
  await call.fails('400 ValidationError', 'UpdateAccessKey', { UserName, AccessKeyId, Status: 'Expired' });
});

test('two keys a user, and pages of one', async () => {
  const UserName = 'rotating';
  await call.ok('CreateUser', { UserName });
  const ids = [await call.ok('CreateAccessKey', { UserName }), await call.ok('CreateAccessKey', { UserName })]
    .map((response) => pairIn(response).accessKeyId)
    .sort();
  await call.fails('409 LimitExceeded', 'CreateAccessKey', { UserName });
  const first = await call.ok('ListAccessKeys', { UserName, MaxItems: '1' });
  const second = await call.ok('ListAccessKeys', { UserName, Marker: elementOf(first, 'Marker') ?? '' });
  assert.deepEqual([elementOf(first, 'AccessKeyId'), elementOf(second, 'AccessKeyId')], ids);
  assert.equal(elementOf(second, 'IsTruncated'), 'false');
});

test('a user makes keys for itself where it may, the root for itself', async () => {
  const { keys, user } = await makeUser(server, {
    name: 'self-service',
    policies: [[{ Effect: 'Allow', Action: 'iam:*AccessKey*', Resource: `arn:aws:iam::*:user/\${aws:username}` }]],
  });
  const made = await call.ok('CreateAccessKey', {}, { credentials: keys });
  assert.equal(elementOf(made, 'UserName'), user.name);
  assert.equal(elementsOf(await call.ok('ListAccessKeys', {}, { credentials: pairIn(made) }), 'AccessKeyId').length, 2);
  await call.fails('403 AccessDenied', 'CreateAccessKey', { UserName: 'holder' }, { credentials: keys });
  await server.identity.createAccount({ name: 'rooted' });
  const root = await server.identity.createAccessKey({ account: 'rooted' });
  const second = await call.ok('CreateAccessKey', {}, { credentials: root });
  await call.fails('409 LimitExceeded', 'CreateAccessKey', {}, { credentials: pairIn(second) });
  const listed = await call.ok('ListAccessKeys', {}, { credentials: pairIn(second) });
  assert.deepEqual(elementsOf(listed, 'AccessKeyId'), [root.accessKeyId, pairIn(second).accessKeyId].sort());
  await call.ok('DeleteAccessKey', { AccessKeyId: root.accessKeyId }, { credentials: pairIn(second) });
  await call.fails('403 InvalidClientTokenId', 'ListAccessKeys', {}, { credentials: root });
});

test('keys of others are not there: of another user, of another account, of the root', async () => {
  const other = pairIn(await call.ok('CreateAccessKey', { UserName: 'holder' })).accessKeyId;
  await call.ok('CreateUser', { UserName: 'bystander' });
  await server.identity.createAccount({ name: 'far' });
  const far = await server.identity.createAccessKey({ account: 'far' });
  for (const AccessKeyId of [other, far.accessKeyId, server.root.accessKeyId, 'AKIANOBODY']) {
    for (const action of ['UpdateAccessKey', 'DeleteAccessKey']) {
      const parameters = { UserName: 'bystander', AccessKeyId, Status: 'Inactive' };
      await call.fails('404 NoSuchEntity', action, parameters);
    }
  }
  await call.fails('404 NoSuchEntity', 'DeleteAccessKey', { AccessKeyId: other });
  for (const action of ['CreateAccessKey', 'ListAccessKeys']) {
    await call.fails('404 NoSuchEntity', action, { UserName: 'holder' }, { credentials: far });
  }
});

test('when a key was used last', async () => {
  const UserName = 'user-of-late';
  await call.ok('CreateUser', { UserName });
  const AccessKeyId = pairIn(await call.ok('CreateAccessKey', { UserName })).accessKeyId;
  const never = await call.ok('GetAccessKeyLastUsed', { AccessKeyId });
  assert.deepEqual(
    ['UserName', 'ServiceName', 'Region', 'LastUsedDate'].map((name) => elementOf(never, name)),
    [UserName, 'N/A', 'N/A', undefined],
  );
  const at = Date.UTC(2026, 4, 1);
  await server.context.metadata.transact((tx) => {
    const key = keyspace.lastUse(AccessKeyId);
    writeRecord(tx, { type: lastUseRecordType, key }, { at, service: 's3', region: 'us-east-1' });
  });
  const used = await call.ok('GetAccessKeyLastUsed', { AccessKeyId });
  assert.equal(elementOf(used, 'LastUsedDate'), new Date(at).toISOString());
  assert.equal(elementOf(used, 'ServiceName'), 's3');
  await call.fails('404 NoSuchEntity', 'GetAccessKeyLastUsed', { AccessKeyId: 'AKIANOBODY' });
  const far = await server.identity.createAccessKey({ account: 'far' });
  await call.fails('404 NoSuchEntity', 'GetAccessKeyLastUsed', { AccessKeyId }, { credentials: far });
  const { keys } = await makeUser(server, { name: 'nosy' });
  for (const id of [AccessKeyId, 'AKIANOBODY']) {
    await call.fails('403 AccessDenied', 'GetAccessKeyLastUsed', { AccessKeyId: id }, { credentials: keys });
  }
});

test('a service account makes no keys of its owner, and is none of them', async () => {
  const everything = { Effect: 'Allow', Action: '*', Resource: '*' };
  const serviceAccount = { name: 'ci', description: '' };
  const { keys, user } = await makeUser(server, { name: 'owner', policies: [[everything]], serviceAccount });
  await call.fails('403 AccessDenied', 'CreateAccessKey', {}, { credentials: keys });
  await call.fails('403 AccessDenied', 'CreateAccessKey', { UserName: user.name }, { credentials: keys });
  const Password = 'Long enough 1';
  await call.fails('403 AccessDenied', 'CreateLoginProfile', { UserName: user.name, Password }, { credentials: keys });
  await call.ok('CreateAccessKey', { UserName: 'bystander' }, { credentials: keys });
  assert.deepEqual(elementsOf(await call.ok('ListAccessKeys', { UserName: user.name }), 'AccessKeyId'), []);
  const parameters = { UserName: user.name, AccessKeyId: keys.accessKeyId };
  await call.fails('404 NoSuchEntity', 'DeleteAccessKey', parameters);
});
