import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { type RawRequest, sendAnonymous, sendRaw } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { bucketArn, done, objectsOf, putPolicy } from '../security/policies.ts';

let server: TestServer;
let credentials: AccessKeyPair;
let strangerId: string;
before(async () => {
  server = await startS3Server();
  strangerId = (await server.identity.createAccount({ name: 'stranger' })).accountId;
  credentials = await server.identity.createAccessKey({ account: 'stranger' });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

let buckets = 0;
async function makeBucket(): Promise<string> {
  const bucket = `decided-${++buckets}`;
  await done(server, { method: 'PUT', path: `/${bucket}` });
  await done(server, { method: 'PUT', path: `/${bucket}/key`, body: Buffer.from('content') });
  return bucket;
}

/** What the last request's outcome says of the decision. */
function decision() {
  const { allowed, by, statements } = server.outcomes.at(-1)!.decision!;
  return [allowed, by, ...statements.map(({ sid, index }) => sid ?? index)];
}

async function decided(request: RawRequest) {
  await sendRaw(server, request);
  return decision();
}

test('an outcome tells why: ownership, statements, ACLs, or that nothing allows', async () => {
  const bucket = await makeBucket();
  const path = `/${bucket}/key`;
  assert.deepEqual(await decided({ method: 'GET', path }), [true, 'owner']);
  assert.deepEqual(await decided({ method: 'GET', path, credentials }), [false, 'acl']);
  await done(server, { method: 'PUT', path, query: [['acl', '']], headers: { 'x-amz-acl': 'public-read' } });
  await sendAnonymous(server, 'GET', path);
  assert.deepEqual(decision(), [true, 'acl']);
  const read = { Action: 's3:GetObject', Resource: objectsOf(bucket) };
  const allow = { ...read, Effect: 'Allow', Principal: { AWS: strangerId } };
  await putPolicy(server, bucket, [{ ...allow, Sid: 'first' }, { ...allow }, { ...allow, Action: 's3:PutObject' }]);
  assert.deepEqual(await decided({ method: 'GET', path, credentials }), [true, 'policy', 'first', 1]);
  assert.deepEqual(await decided({ method: 'GET', path }), [true, 'owner']);
  await putPolicy(server, bucket, [allow, { ...read, Sid: 'no', Effect: 'Deny', Principal: '*' }]);
  assert.deepEqual(await decided({ method: 'GET', path }), [false, 'policy', 'no']);
  assert.deepEqual(await decided({ method: 'GET', path: `/${bucket}`, query: [['policy', '']] }), [true, 'owner']);
  assert.deepEqual(await decided({ method: 'GET', path: '/', credentials }), [true, 'account']);
});

test('of several grants, the one that was refused is told', async () => {
  const bucket = await makeBucket();
  const all = { Effect: 'Allow', Principal: '*', Action: 's3:PutObject', Resource: objectsOf(bucket), Sid: 'write' };
  await putPolicy(server, bucket, [all]);
  const headers = { 'x-amz-copy-source': `${bucket}/key` };
  assert.deepEqual(await decided({ method: 'PUT', path: `/${bucket}/copy`, headers, credentials }), [false, 'acl']);
  const body = Buffer.from('<Delete><Object><Key>key</Key></Object></Delete>');
  const request: RawRequest = {
    method: 'POST',
    path: `/${bucket}`,
    query: [['delete', '']],
    headers: { 'x-amz-sdk-checksum-algorithm': 'CRC32' },
    body,
  };
  assert.deepEqual(await decided({ ...request, credentials }), [false, 'acl']);
  await putPolicy(server, bucket, [{ ...all, Effect: 'Deny', Action: 's3:DeleteObject', Sid: 'kept' }]);
  assert.deepEqual(await decided(request), [false, 'policy', 'kept']);
});

test('what stands above policies and ACLs is told by its name', async () => {
  const bucket = await makeBucket();
  const path = `/${bucket}/key`;
  await putPolicy(server, bucket, [
    { Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: [bucketArn(bucket), objectsOf(bucket)] },
  ]);
  const configure = (name: string, body: string) =>
    done(server, { method: 'PUT', path: `/${bucket}`, query: [[name, '']], body: Buffer.from(body) });
  const payer = 'RequestPaymentConfiguration';
  await configure('requestPayment', `<${payer}><Payer>Requester</Payer></${payer}>`);
  assert.deepEqual(await decided({ method: 'GET', path, credentials }), [false, 'requester-pays']);
  const paying = { 'x-amz-request-payer': 'requester' };
  assert.deepEqual(await decided({ method: 'GET', path, credentials, headers: paying }), [true, 'policy', 0]);
  const block = 'PublicAccessBlockConfiguration';
  await configure('publicAccessBlock', `<${block}><RestrictPublicBuckets>true</RestrictPublicBuckets></${block}>`);
  const expected = [false, 'public-access-block'];
  assert.deepEqual(await decided({ method: 'GET', path, credentials, headers: paying }), expected);
});

test("a bucket's policy opens no object that somebody else owns, and may deny it", async () => {
  const bucket = await makeBucket();
  const path = `/${bucket}/foreign`;
  const all = { Principal: '*', Action: 's3:*', Resource: [bucketArn(bucket), objectsOf(bucket)] };
  await putPolicy(server, bucket, [{ ...all, Effect: 'Allow' }]);
  await done(server, { method: 'PUT', path, body: Buffer.from('foreign'), credentials });
  assert.deepEqual(await decided({ method: 'GET', path, credentials }), [true, 'acl']);
  assert.deepEqual(await decided({ method: 'GET', path }), [false, 'acl']);
  assert.equal((await sendAnonymous(server, 'GET', path)).status, 403);
  assert.equal((await sendAnonymous(server, 'GET', `/${bucket}/key`)).status, 200);
  await putPolicy(server, bucket, [{ ...all, Sid: 'stranger', Effect: 'Deny', Principal: { AWS: strangerId } }]);
  assert.deepEqual(await decided({ method: 'GET', path, credentials }), [false, 'policy', 'stranger']);
  await done(server, { method: 'DELETE', path });
});
