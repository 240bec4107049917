import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { allOperations } from '../identity/all-operations.ts';
import { makeUser } from '../identity/make-user.ts';
import { sendQuery } from '../identity/send-query.ts';
import { sendRaw } from '../operations/send-raw.ts';
import { may, putBucket } from '../refusals/refused-server.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
let own: AccessKeyPair;
let foreign: AccessKeyPair;
before(async () => {
  server = await startS3Server();
  await server.identity.createAccount({ name: 'foreign' });
  own = (await makeUser(server, { name: 'own' })).keys;
  foreign = (await makeUser(server, { name: 'foreign', account: 'foreign', policies: [[may('s3:*')]] })).keys;
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const read = async (bucket: string, credentials: AccessKeyPair) =>
  (await sendRaw(server, { method: 'GET', path: `/${bucket}/key`, credentials })).status;

async function block(bucket: string, switches: Readonly<Record<string, boolean>>): Promise<void> {
  const fields = Object.entries(switches).map(([name, on]) => `<${name}>${on}</${name}>`);
  const body = Buffer.from(`<PublicAccessBlockConfiguration>${fields.join('')}</PublicAccessBlockConfiguration>`);
  const put = await sendRaw(server, { method: 'PUT', path: `/${bucket}`, query: [['publicAccessBlock', '']], body });
  assert.equal(put.status, 200, put.text);
}

test('a public policy gives users of other accounts nothing where public buckets are restricted', async () => {
  const everyone = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::public/*' };
  await putBucket(server, 'public', [everyone]);
  assert.deepEqual([await read('public', own), await read('public', foreign)], [200, 200]);
  await block('public', { RestrictPublicBuckets: true });
  assert.deepEqual([await read('public', own), await read('public', foreign)], [200, 403]);
});

test('where no policy says anything, a public ACL that is ignored gives users nothing either', async () => {
  await putBucket(server, 'by-acl');
  const acl = {
    method: 'PUT',
    path: '/by-acl/key',
    query: [['acl', '']] as const,
    headers: { 'x-amz-acl': 'public-read' },
  };
  assert.equal((await sendRaw(server, acl)).status, 200);
  assert.equal(await read('by-acl', foreign), 200);
  await block('by-acl', { IgnorePublicAcls: true });
  assert.deepEqual([await read('by-acl', own), await read('by-acl', foreign)], [403, 403]);
});

for (const operation of allOperations) {
  const { service, name, parameters } = operation;
  if (operation.openTo === 'anyone') continue;
  test(`what is told of ${service}:${name} is what was weighed`, async () => {
    const { keys } = await makeUser(server, {
      name: `only-${service}-${name}`.slice(0, 64),
      policies: [[may('sts:TagSession')]],
    });
    await sendQuery(server, { service, parameters: { Action: name, ...parameters }, credentials: keys });
    const told = server.outcomes.at(-1)!;
    assert.equal(told.operation, name);
    assert.equal(told.principal, keys.accessKeyId);
    if (operation.openTo === 'granted') assert.equal(told.decision?.allowed, false);
  });
}

test('of two actions in one request none is done', async () => {
  const response = await sendRaw(server, {
    method: 'POST',
    path: '/',
    service: 'iam',
    query: [['Action', 'ListUsers']],
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from('Action=CreateUser&UserName=smuggled&Version=2010-05-08'),
  });
  assert.equal(response.status, 400, response.text);
  const user = await sendQuery(server, { parameters: { Action: 'GetUser', UserName: 'smuggled' } });
  assert.equal(user.status, 404);
});
