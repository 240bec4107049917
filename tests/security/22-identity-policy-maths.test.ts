import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { allow, deny, documentOf, IamAsker } from '../iam/ask-policies.ts';
import { makeUser } from '../identity/make-user.ts';
import { sendRaw } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
let iam: IamAsker;
let credentials: AccessKeyPair;
before(async () => {
  server = await startS3Server();
  iam = new IamAsker(server);
  credentials = (await makeUser(server, { name: 'alice' })).keys;
  for (const path of ['/maths', '/other']) await sendRaw(server, { method: 'PUT', path });
  for (const path of ['/maths/key', '/other/key'])
    await sendRaw(server, { method: 'PUT', path, body: Buffer.from('x') });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

/** In place of whatever alice had. */
const give = (...statements: readonly object[]) =>
  iam.done('PutUserPolicy', { UserName: 'alice', PolicyName: 'maths', PolicyDocument: documentOf(...statements) });

async function may(method: 'GET' | 'PUT' | 'DELETE', path: string, headers: Record<string, string> = {}) {
  const { status } = await sendRaw(server, { method, path, credentials, headers });
  assert.ok(status < 300 || status === 403, String(status));
  return status < 300;
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
  [{ 'ForAllValues:StringEquals': { 'aws:NoSuchKey': 'x' } }, true, true, true],
  [{ StringEquals: { 'aws:NoSuchKey': 'x' } }, false, false, false],
  [{ StringNotEquals: { 'aws:NoSuchKey': 'x' } }, true, true, true],
  [{ StringEquals: { 'aws:PrincipalTag/team': 'x' } }, false, false, false],
];
const arnIn = (text: string): string => /<Arn>([^<]*)</.exec(text)![1]!;
const requests = [undefined, 'a=1&b=2', 'c=3'];
const tagging = allow('s3:PutObjectTagging');
const write = 's3:PutObject';

async function mayPut(tags: string | undefined): Promise<boolean> {
  return may('PUT', '/maths/new', tags === undefined ? {} : { 'x-amz-tagging': tags });
}

for (const [index, [Condition, ...expected]] of conditions.entries()) {
  test(`allow, deny and bound by ${JSON.stringify(Condition)}`, async () => {
    await give(tagging, { ...allow(write), Condition });
    for (const [i, tags] of requests.entries()) assert.equal(await mayPut(tags), expected[i], `allow ${tags}`);
    await give(tagging, allow(write), { ...deny(write), Condition });
    for (const [i, tags] of requests.entries()) assert.equal(await mayPut(tags), !expected[i], `deny ${tags}`);
    await give(tagging, allow(write));
    const PolicyDocument = documentOf(tagging, { ...allow(write), Condition });
    const made = await iam.done('CreatePolicy', { PolicyName: `bound-${index}`, PolicyDocument });
    await iam.done('PutUserPermissionsBoundary', { UserName: 'alice', PermissionsBoundary: arnIn(made.text) });
    for (const [i, tags] of requests.entries()) assert.equal(await mayPut(tags), expected[i], `bound ${tags}`);
    await iam.done('DeleteUserPermissionsBoundary', { UserName: 'alice' });
  });
}

test('NotAction in an Allow is all but those, and in a Deny everything but those', async () => {
  const not = { NotAction: ['s3:Delete*', 's3:PutObject'], Resource: '*' };
  await give({ Effect: 'Allow', ...not });
  assert.deepEqual([await may('GET', '/maths/key'), await may('PUT', '/maths/new')], [true, false]);
  assert.equal(await may('DELETE', '/maths/new'), false);
  await give(allow('*'), { Effect: 'Deny', ...not });
  assert.deepEqual([await may('GET', '/maths/key'), await may('PUT', '/maths/new')], [false, true]);
});

test('NotAction does not reach beyond what its statement is about, and an Allow of it is no right on other accounts', async () => {
  await give({ Effect: 'Allow', NotAction: 'iam:*', Resource: 'arn:aws:s3:::maths/*' });
  assert.deepEqual([await may('GET', '/maths/key'), await may('GET', '/other/key')], [true, false]);
  const alice = iam.as({ credentials });
  assert.deepEqual(await alice.failure('ListUsers'), [403, 'AccessDenied']);
});

test('NotResource in an Allow is all but those, and in a Deny everything but those', async () => {
  const not = { Action: 's3:*', NotResource: 'arn:aws:s3:::maths/*' };
  await give({ Effect: 'Allow', ...not });
  assert.deepEqual([await may('GET', '/maths/key'), await may('GET', '/other/key')], [false, true]);
  await give(allow('s3:*'), { Effect: 'Deny', ...not });
  assert.deepEqual([await may('GET', '/maths/key'), await may('GET', '/other/key')], [true, false]);
});

test('a variable without a value lets nothing through, be it in a Resource or a NotResource', async () => {
  const Resource = `arn:aws:s3:::\${aws:PrincipalTag/bucket}/*`;
  await give(allow('s3:*', Resource));
  assert.equal(await may('GET', '/maths/key'), false);
  await give({ Effect: 'Allow', Action: 's3:*', NotResource: Resource });
  assert.equal(await may('GET', '/maths/key'), false);
  await give(allow('s3:*'), { Effect: 'Deny', Action: 's3:*', NotResource: Resource });
  assert.equal(await may('GET', '/maths/key'), false);
  await iam.done('TagUser', { UserName: 'alice', 'Tags.member.1.Key': 'bucket', 'Tags.member.1.Value': 'maths' });
  assert.deepEqual([await may('GET', '/maths/key'), await may('GET', '/other/key')], [true, false]);
  await iam.done('UntagUser', { UserName: 'alice', 'TagKeys.member.1': 'bucket' });
});

test('a value of a variable is no pattern', async () => {
  await iam.done('TagUser', { UserName: 'alice', 'Tags.member.1.Key': 'bucket', 'Tags.member.1.Value': 'ma' });
  await give(allow('s3:*', `arn:aws:s3:::\${aws:PrincipalTag/bucket}*/*`));
  assert.equal(await may('GET', '/maths/key'), true, 'what is written is one');
  assert.equal(await may('GET', '/other/key'), false);
  const refused = { UserName: 'alice', 'Tags.member.1.Key': 'bucket', 'Tags.member.1.Value': '*' };
  assert.deepEqual(await iam.failure('TagUser', refused), [400, 'ValidationError']);
  await iam.done('UntagUser', { UserName: 'alice', 'TagKeys.member.1': 'bucket' });
});

test('a Deny anywhere wins: in another policy, in a group, in the boundary', async () => {
  await give(allow('s3:*'));
  const reads = () => may('GET', '/maths/key');
  assert.equal(await reads(), true);
  const denying = documentOf(deny('s3:GetObject'), allow('*'));
  await iam.done('PutUserPolicy', { UserName: 'alice', PolicyName: 'denying', PolicyDocument: denying });
  assert.equal(await reads(), false);
  await iam.done('DeleteUserPolicy', { UserName: 'alice', PolicyName: 'denying' });
  await iam.done('CreateGroup', { GroupName: 'denied' });
  await iam.done('PutGroupPolicy', { GroupName: 'denied', PolicyName: 'denying', PolicyDocument: denying });
  await iam.done('AddUserToGroup', { GroupName: 'denied', UserName: 'alice' });
  assert.equal(await reads(), false);
  await iam.done('RemoveUserFromGroup', { GroupName: 'denied', UserName: 'alice' });
  assert.equal(await reads(), true);
  const made = await iam.done('CreatePolicy', { PolicyName: 'denying', PolicyDocument: denying });
  await iam.done('PutUserPermissionsBoundary', { UserName: 'alice', PermissionsBoundary: arnIn(made.text) });
  assert.equal(await reads(), false);
  await iam.done('DeleteUserPermissionsBoundary', { UserName: 'alice' });
  assert.equal(await reads(), true);
});

test('what is done to no single bucket is named by * and by the ARN of all buckets', async () => {
  const lists = async () => (await sendRaw(server, { method: 'GET', path: '/', credentials })).status;
  for (const Resource of ['*', 'arn:aws:s3:::*']) {
    await give(allow('s3:ListAllMyBuckets', Resource));
    assert.equal(await lists(), 200, Resource);
    await give(allow('s3:*'), deny('s3:ListAllMyBuckets', Resource));
    assert.equal(await lists(), 403, Resource);
  }
  await give(allow('s3:ListAllMyBuckets', 'arn:aws:s3:::maths'));
  assert.equal(await lists(), 403);
});
