import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { sendAnonymous, sendRaw } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { bucketArn, done, objectsOf, putPolicy } from './policies.ts';

let server: TestServer;
let credentials: AccessKeyPair;
let strangerId: string;
let canonicalId: string;
before(async () => {
  server = await startS3Server();
  ({ accountId: strangerId, canonicalId } = await server.identity.createAccount({ name: 'stranger' }));
  credentials = await server.identity.createAccessKey({ account: 'stranger' });
  await done(server, { method: 'PUT', path: '/maths' });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const write = { Principal: '*', Action: 's3:PutObject', Resource: objectsOf('maths') };

/** Whether a PUT with these tags is let through. */
async function mayPut(tags?: string): Promise<boolean> {
  const headers: Record<string, string> = tags === undefined ? {} : { 'x-amz-tagging': tags };
  const { status } = await sendRaw(server, { method: 'PUT', path: '/maths/new', credentials, headers });
  assert.ok(status === 200 || status === 403, String(status));
  return status === 200;
}

/** What each condition says of a request without tags, with the tags `a` and `b`, and with `c` alone. */
const conditions: readonly (readonly [condition: object, none: boolean, listed: boolean, other: boolean])[] = [
  [{ 'ForAllValues:StringEquals': { 's3:RequestObjectTagKeys': ['a', 'b'] } }, true, true, false],
  [{ 'ForAnyValue:StringEquals': { 's3:RequestObjectTagKeys': ['a', 'x'] } }, false, true, false],
  [{ 'ForAllValues:StringNotEquals': { 's3:RequestObjectTagKeys': ['a'] } }, true, false, true],
  [{ 'ForAnyValue:StringNotEquals': { 's3:RequestObjectTagKeys': ['a'] } }, false, true, true],
  [{ StringNotEquals: { 's3:RequestObjectTag/a': '1' } }, true, false, true],
  [{ StringEquals: { 's3:RequestObjectTag/a': '1' } }, false, true, false],
  [{ StringEqualsIfExists: { 's3:RequestObjectTag/a': '1' } }, true, true, true],
  [{ StringNotEqualsIfExists: { 's3:RequestObjectTag/a': '1' } }, true, false, true],
  [{ Null: { 's3:RequestObjectTag/a': 'true' } }, true, false, true],
  [{ Null: { 's3:RequestObjectTag/a': 'false' } }, false, true, false],
  [{ StringLike: { 's3:RequestObjectTag/a': '*' } }, false, true, false],
  [{ NumericLessThan: { 's3:RequestObjectTag/a': '2' } }, false, true, false],
  [{ 'ForAnyValue:StringLike': { 's3:RequestObjectTagKeys': '*' } }, false, true, true],
];
const requests = [undefined, 'a=1&b=2', 'c=3'];
const tagging = { ...write, Effect: 'Allow', Action: 's3:PutObjectTagging' };

for (const [Condition, ...expected] of conditions) {
  test(`allow, and deny, by ${JSON.stringify(Condition)}`, async () => {
    await putPolicy(server, 'maths', [tagging, { ...write, Effect: 'Allow', Condition }]);
    for (const [i, tags] of requests.entries()) assert.equal(await mayPut(tags), expected[i], `allow ${tags}`);
    await putPolicy(server, 'maths', [tagging, { ...write, Effect: 'Allow' }, { ...write, Effect: 'Deny', Condition }]);
    for (const [i, tags] of requests.entries()) assert.equal(await mayPut(tags), !expected[i], `deny ${tags}`);
  });
}

test('a value that cannot be compared counts against the requester, on both sides', async () => {
  const Condition = { NumericLessThan: { 's3:RequestObjectTag/a': '2' } };
  await putPolicy(server, 'maths', [tagging, { ...write, Effect: 'Allow', Condition }]);
  assert.equal(await mayPut('a=none'), false);
  await putPolicy(server, 'maths', [tagging, { ...write, Effect: 'Allow' }, { ...write, Effect: 'Deny', Condition }]);
  assert.equal(await mayPut('a=none'), false);
});

let buckets = 0;
async function bucketWithKey(): Promise<string> {
  const bucket = `closed-${++buckets}`;
  await done(server, { method: 'PUT', path: `/${bucket}` });
  await done(server, { method: 'PUT', path: `/${bucket}/key`, body: Buffer.from('content') });
  return bucket;
}

const asStranger = (path: string) => sendRaw(server, { method: 'GET', path, credentials });
const acl = (path: string, headers: Record<string, string>) =>
  done(server, { method: 'PUT', path, query: [['acl', '']], headers });

test('an explicit Deny wins over an Allow, over an ACL and over ownership', async () => {
  const bucket = await bucketWithKey();
  await acl(`/${bucket}/key`, { 'x-amz-grant-read': `id=${canonicalId}` });
  assert.equal((await asStranger(`/${bucket}/key`)).status, 200);
  const read = { Action: 's3:GetObject', Resource: objectsOf(bucket) };
  await putPolicy(server, bucket, [
    { ...read, Effect: 'Deny', Principal: { AWS: strangerId } },
    { ...read, Effect: 'Allow', Principal: '*' },
  ]);
  assert.equal((await asStranger(`/${bucket}/key`)).status, 403);
  assert.equal((await sendAnonymous(server, 'GET', `/${bucket}/key`)).status, 200);
  assert.equal((await sendRaw(server, { method: 'GET', path: `/${bucket}/key` })).status, 200);
  await putPolicy(server, bucket, [{ ...read, Effect: 'Deny', Principal: '*' }]);
  assert.equal((await sendRaw(server, { method: 'GET', path: `/${bucket}/key` })).status, 403);
});

test('everybody but whom a Deny with NotPrincipal names is denied', async () => {
  const bucket = await bucketWithKey();
  const all = { Action: 's3:*', Resource: [bucketArn(bucket), objectsOf(bucket)] };
  await putPolicy(server, bucket, [
    { ...all, Effect: 'Allow', Principal: '*' },
    { ...all, Effect: 'Deny', NotPrincipal: { AWS: strangerId } },
  ]);
  assert.equal((await asStranger(`/${bucket}/key`)).status, 200);
  assert.equal((await sendAnonymous(server, 'GET', `/${bucket}/key`)).status, 403);
  assert.equal((await sendRaw(server, { method: 'GET', path: `/${bucket}/key` })).status, 403);
});

test('Block Public Access is weighed after all that could allow: policy, ACL, and what one falls back to', async () => {
  const bucket = await bucketWithKey();
  const path = `/${bucket}`;
  await acl(`/${bucket}/key`, { 'x-amz-acl': 'public-read' });
  const read = { Effect: 'Allow', Action: 's3:GetObject', Resource: objectsOf(bucket) };
  await putPolicy(server, bucket, [
    { ...read, Principal: { AWS: strangerId } },
    { ...read, Principal: '*' },
  ]);
  const set = (...switches: readonly string[]) => {
    const inner = switches.map((name) => `<${name}>true</${name}>`).join('');
    const body = Buffer.from(`<PublicAccessBlockConfiguration>${inner}</PublicAccessBlockConfiguration>`);
    return done(server, { method: 'PUT', path, query: [['publicAccessBlock', '']], body });
  };
  const statuses = async () => [
    (await sendAnonymous(server, 'GET', `/${bucket}/key`)).status,
    (await asStranger(`/${bucket}/key`)).status,
    (await sendRaw(server, { method: 'GET', path: `/${bucket}/key` })).status,
  ];
  assert.deepEqual(await statuses(), [200, 200, 200]);
  await set('IgnorePublicAcls');
  assert.deepEqual(await statuses(), [200, 200, 200], 'the policy still allows');
  await set('RestrictPublicBuckets');
  assert.deepEqual(await statuses(), [403, 403, 200], 'neither the policy nor the ACL behind it');
  await putPolicy(server, bucket, [{ ...read, Principal: { AWS: strangerId } }]);
  assert.deepEqual(await statuses(), [200, 200, 200], 'a policy for one account is not public, and the ACL counts');
  await set('RestrictPublicBuckets', 'IgnorePublicAcls');
  assert.deepEqual(await statuses(), [403, 200, 200]);
});
