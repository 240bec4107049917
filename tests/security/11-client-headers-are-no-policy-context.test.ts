import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { type RawRequest, sendPresigned, sendRaw } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { bucketArn, done, objectsOf, putPolicy } from './policies.ts';

let server: TestServer;
let credentials: AccessKeyPair;
before(async () => {
  server = await startS3Server();
  await server.identity.createAccount({ name: 'stranger' });
  credentials = await server.identity.createAccessKey({ account: 'stranger' });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

let buckets = 0;
async function makeBucket(): Promise<string> {
  const bucket = `context-${++buckets}`;
  await done(server, { method: 'PUT', path: `/${bucket}` });
  return bucket;
}

const ask = (request: RawRequest) => sendRaw(server, { credentials, ...request });
const everyone = { Effect: 'Allow', Principal: '*' };

test('a prefix that nobody lists by does not open what the prefix would', async () => {
  const bucket = await makeBucket();
  const Condition = { StringLike: { 's3:prefix': 'public/*' } };
  await putPolicy(server, bucket, [
    { ...everyone, Action: 's3:ListBucket', Resource: bucketArn(bucket), Condition },
    { ...everyone, Action: 's3:GetObject', Resource: objectsOf(bucket) },
  ]);
  const status = async (key: string, query: RawRequest['query'] = []) =>
    (await ask({ method: 'HEAD', path: `/${bucket}/${key}`, query })).status;
  assert.equal(await status('public/missing'), 404);
  assert.equal(await status('private/missing'), 403);
  assert.equal(await status('private/missing', [['prefix', 'public/missing']]), 403);
  const list = async (query: RawRequest['query']) => (await ask({ method: 'GET', path: `/${bucket}`, query })).status;
  assert.equal(await list([['prefix', 'public/']]), 200);
  assert.equal(await list([]), 403);
  assert.equal(
    await list([
      ['prefix', 'private/'],
      ['prefix', 'public/'],
    ]),
    403,
  );
});

test('the version that a policy weighs is the version that is read, by a copy as well', async () => {
  const bucket = await makeBucket();
  const versioning = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
  const path = `/${bucket}`;
  await done(server, { method: 'PUT', path, query: [['versioning', '']], body: Buffer.from(versioning) });
  const write = async (body: string) =>
    (await done(server, { method: 'PUT', path: `${path}/key`, body: Buffer.from(body) })).headers['x-amz-version-id']!;
  const hidden = await write('hidden');
  const shown = await write('shown');
  const Condition = { StringEquals: { 's3:VersionId': hidden } };
  await putPolicy(server, bucket, [
    { ...everyone, Action: ['s3:GetObjectVersion', 's3:PutObject'], Resource: objectsOf(bucket) },
    { Effect: 'Deny', Principal: '*', Action: 's3:GetObjectVersion', Resource: objectsOf(bucket), Condition },
  ]);
  const copy = async (version: string) =>
    (
      await ask({
        method: 'PUT',
        path: `${path}/copy`,
        headers: { 'x-amz-copy-source': `${bucket}/key?versionId=${version}` },
      })
    ).status;
  assert.equal(await copy(hidden), 403);
  assert.equal(await copy(shown), 200);
  assert.equal((await ask({ method: 'GET', path: `${path}/key`, query: [['versionId', hidden]] })).status, 403);
  assert.equal((await ask({ method: 'GET', path: `${path}/key`, query: [['versionId', shown]] })).text, 'shown');
});

test('a condition on If-Match weighs what each deletion goes by, not a header that none obeys', async () => {
  const bucket = await makeBucket();
  const put = await done(server, { method: 'PUT', path: `/${bucket}/key`, body: Buffer.from('kept') });
  await putPolicy(server, bucket, [
    {
      ...everyone,
      Action: 's3:DeleteObject',
      Resource: objectsOf(bucket),
      Condition: { Null: { 's3:if-match': 'false' } },
    },
  ]);
  const remove = (etag: string, headers: Record<string, string> = {}) =>
    ask({
      method: 'POST',
      path: `/${bucket}`,
      query: [['delete', '']],
      headers: { 'x-amz-sdk-checksum-algorithm': 'CRC32', ...headers },
      body: Buffer.from(`<Delete><Object><Key>key</Key>${etag}</Object></Delete>`),
    });
  assert.match((await remove('', { 'if-match': put.headers.etag! })).text, /<Code>AccessDenied</);
  assert.match((await remove(`<ETag>${put.headers.etag}</ETag>`)).text, /<Deleted><Key>key</);
});

test('tags are weighed as the object will have them', async () => {
  const bucket = await makeBucket();
  const Condition = { StringEquals: { 's3:RequestObjectTag/class': 'public' } };
  await done(server, { method: 'PUT', path: `/${bucket}/source`, body: Buffer.from('untagged') });
  await putPolicy(server, bucket, [
    { ...everyone, Action: ['s3:PutObject', 's3:PutObjectTagging'], Resource: objectsOf(bucket), Condition },
    { ...everyone, Action: 's3:GetObject', Resource: objectsOf(bucket) },
  ]);
  const tagged = { 'x-amz-tagging': 'class=public' };
  const path = `/${bucket}/new`;
  const status = async (request: Partial<RawRequest>) => (await ask({ method: 'PUT', path, ...request })).status;
  assert.equal(await status({}), 403);
  assert.equal(await status({ headers: tagged }), 200);
  assert.equal(await status({ headers: { 'x-amz-tagging': 'class=secret' } }), 403);
  const source = { 'x-amz-copy-source': `${bucket}/source` };
  assert.equal(await status({ headers: { ...source, ...tagged } }), 403);
  assert.equal(await status({ headers: { ...source, ...tagged, 'x-amz-tagging-directive': 'REPLACE' } }), 200);
  const body = (value: string) =>
    Buffer.from(`<Tagging><TagSet><Tag><Key>class</Key><Value>${value}</Value></Tag></TagSet></Tagging>`);
  const query = [['tagging', '']] as const;
  assert.equal(await status({ query, headers: tagged, body: body('secret') }), 403);
  assert.equal(await status({ query, body: body('public') }), 200);
});

test('the way of signing is the way that was verified', async () => {
  const bucket = await makeBucket();
  const path = `/${bucket}/key`;
  await done(server, { method: 'PUT', path, body: Buffer.from('content') });
  const read = { ...everyone, Action: 's3:GetObject', Resource: objectsOf(bucket) };
  const status = async (query: RawRequest['query'] = []) => (await ask({ method: 'GET', path, query })).status;
  const presigned = async (date = new Date()) =>
    (await sendPresigned(server, { method: 'GET', path, credentials, ...{ date, expiresSeconds: 3600 } })).status;

  await putPolicy(server, bucket, [{ ...read, Condition: { StringEquals: { 's3:authType': 'REST-QUERY-STRING' } } }]);
  assert.equal(await status(), 403);
  assert.equal(await presigned(), 200);

  await putPolicy(server, bucket, [{ ...read, Condition: { NumericLessThan: { 's3:signatureAge': '600000' } } }]);
  assert.equal(await status([['X-Amz-Date', '20990101T000000Z']]), 403);
  assert.equal(await presigned(), 200);
  assert.equal(await presigned(new Date(Date.now() - 1_200_000)), 403);

  const unsigned = { StringEquals: { 's3:x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } };
  await putPolicy(server, bucket, [read, { ...read, Effect: 'Deny', Condition: unsigned }]);
  assert.equal(await status(), 200);
  assert.equal(await presigned(), 403);
});

test('a value longer than anything that S3 gives a meaning is refused where a policy asks for it', async () => {
  const bucket = await makeBucket();
  const path = `/${bucket}/key`;
  await done(server, { method: 'PUT', path, body: Buffer.from('content') });
  const Condition = { StringLike: { 'aws:Referer': `*${'a'.repeat(5000)}*b` } };
  await putPolicy(server, bucket, [{ ...everyone, Action: 's3:GetObject', Resource: objectsOf(bucket), Condition }]);
  const get = (length: number) => ask({ method: 'GET', path, headers: { referer: 'a'.repeat(length) } });
  assert.equal((await get(4096)).status, 403);
  assert.match((await get(4097)).text, /<Code>InvalidRequest</);
});
