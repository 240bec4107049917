import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { storedState } from '../hostile/stored-state.ts';
import { type RawRequest, type RawResponse, sendPresigned, sendRaw, sendSigned } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { bucketArn, done, objectsOf, putPolicy } from './policies.ts';
import { formBody } from './request-of-operation.ts';

let server: TestServer;
let credentials: AccessKeyPair;
let ownUpload: string;
let theirUpload: string;
before(async () => {
  server = await startS3Server({ domains: ['s3.example.com'] });
  await server.identity.createAccount({ name: 'stranger' });
  credentials = await server.identity.createAccessKey({ account: 'stranger' });
  await done(server, { method: 'PUT', path: '/theirs' });
  const headers = { 'x-amz-tagging': 'kind=secret', 'x-amz-meta-kind': 'secret' };
  await done(server, { method: 'PUT', path: '/theirs/there', headers, body: Buffer.from('the secret') });
  await done(server, { method: 'PUT', path: '/mine', credentials });
  ownUpload = await begin('/mine/part', credentials);
  theirUpload = await begin('/theirs/there', server.root);
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

async function begin(path: string, credentials: AccessKeyPair): Promise<string> {
  const begun = await done(server, { method: 'POST', path, query: [['uploads', '']], credentials });
  return /<UploadId>([^<]+)</.exec(begun.text)![1]!;
}

/** Every way to learn something of an object; what is asked is the same whether the object is there or not. */
const readingDoors: Readonly<Record<string, (key: string) => RawRequest>> = {
  GET: (key) => ({ method: 'GET', path: `/theirs/${key}` }),
  HEAD: (key) => ({ method: 'HEAD', path: `/theirs/${key}` }),
  'its bucket as a host name': (key) => ({ method: 'GET', path: `/${key}`, host: 'theirs.s3.example.com' }),
  'a version': (key) => ({ method: 'GET', path: `/theirs/${key}`, query: [['versionId', 'null']] }),
  'a range': (key) => ({ method: 'GET', path: `/theirs/${key}`, headers: { range: 'bytes=0-0' } }),
  'a range behind its end': (key) => ({ method: 'GET', path: `/theirs/${key}`, headers: { range: 'bytes=999999-' } }),
  'a part': (key) => ({ method: 'HEAD', path: `/theirs/${key}`, query: [['partNumber', '1']] }),
  'If-None-Match': (key) => ({ method: 'GET', path: `/theirs/${key}`, headers: { 'if-none-match': '*' } }),
  'If-Match': (key) => ({ method: 'GET', path: `/theirs/${key}`, headers: { 'if-match': '"x"' } }),
  attributes: (key) => ({
    method: 'GET',
    path: `/theirs/${key}`,
    query: [['attributes', '']],
    headers: { 'x-amz-object-attributes': 'ObjectSize' },
  }),
  ACL: (key) => ({ method: 'GET', path: `/theirs/${key}`, query: [['acl', '']] }),
  tags: (key) => ({ method: 'GET', path: `/theirs/${key}`, query: [['tagging', '']] }),
  'a copy': (key) => ({ method: 'PUT', path: '/mine/copy', headers: { 'x-amz-copy-source': `theirs/${key}` } }),
  'a copy by condition': (key) => ({
    method: 'PUT',
    path: '/mine/copy',
    headers: { 'x-amz-copy-source': `theirs/${key}`, 'x-amz-copy-source-if-none-match': '*' },
  }),
  'a copied part': (key) => ({
    method: 'PUT',
    path: '/mine/part',
    query: [
      ['partNumber', '1'],
      ['uploadId', ownUpload],
    ],
    headers: { 'x-amz-copy-source': `theirs/${key}` },
  }),
};

const shape = ({ status, headers, text }: RawResponse) => ({
  status,
  code: /<Code>([^<]+)</.exec(text)?.[1],
  message: /<Message>([^<]+)</.exec(text)?.[1],
  etag: headers.etag,
  marker: headers['x-amz-delete-marker'],
});

for (const [door, request] of Object.entries(readingDoors)) {
  test(`a stranger learns nothing by ${door}, not even whether the object is there`, async () => {
    for (const send of [sendRaw, sendPresigned]) {
      const there = await send(server, { credentials, ...request('there') });
      assert.equal(there.status, 403);
      assert.doesNotMatch(there.text, /the secret|kind/);
      assert.deepEqual(shape(await send(server, { credentials, ...request('missing') })), shape(there));
    }
  });
}

/** Every way to change something in a bucket. */
const writingDoors: Readonly<Record<string, () => RawRequest>> = {
  PUT: () => ({ method: 'PUT', path: '/theirs/new', body: Buffer.from('x') }),
  'PUT by condition': () => ({ method: 'PUT', path: '/theirs/there', headers: { 'if-none-match': '*' } }),
  'a copy': () => ({ method: 'PUT', path: '/theirs/new', headers: { 'x-amz-copy-source': 'mine/own' } }),
  'an upload': () => ({ method: 'POST', path: '/theirs/new', query: [['uploads', '']] }),
  'a part': () => ({ method: 'PUT', path: '/theirs/there', query: partOf(theirUpload), body: Buffer.from('x') }),
  'the end of an upload': () => ({
    method: 'POST',
    path: '/theirs/there',
    query: [['uploadId', theirUpload]],
    body: Buffer.from(
      `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"${'0'.repeat(32)}"</ETag></Part></CompleteMultipartUpload>`,
    ),
  }),
  'the abort of an upload': () => ({ method: 'DELETE', path: '/theirs/there', query: [['uploadId', theirUpload]] }),
  DELETE: () => ({ method: 'DELETE', path: '/theirs/there' }),
  'the deletion of a version': () => ({ method: 'DELETE', path: '/theirs/there', query: [['versionId', 'null']] }),
  'an ACL': () => ({
    method: 'PUT',
    path: '/theirs/there',
    query: [['acl', '']],
    headers: { 'x-amz-acl': 'public-read' },
  }),
  tags: () => ({
    method: 'PUT',
    path: '/theirs/there',
    query: [['tagging', '']],
    body: Buffer.from('<Tagging><TagSet/></Tagging>'),
  }),
  'the removal of tags': () => ({ method: 'DELETE', path: '/theirs/there', query: [['tagging', '']] }),
};

const partOf = (uploadId: string) =>
  [
    ['partNumber', '1'],
    ['uploadId', uploadId],
  ] as const;

for (const [door, request] of Object.entries(writingDoors)) {
  test(`a stranger changes nothing by ${door}`, async () => {
    const before = await storedState(server, 'theirs');
    for (const send of [sendRaw, sendPresigned]) {
      const reply = await send(server, { credentials, ...request() });
      assert.equal(reply.status, 403, reply.text);
    }
    assert.deepEqual(await storedState(server, 'theirs'), before);
  });
}

test('a stranger changes nothing by a list of deletions, or by a form', async () => {
  const before = await storedState(server, 'theirs');
  const deleted = await sendRaw(server, {
    method: 'POST',
    path: '/theirs',
    query: [['delete', '']],
    headers: { 'x-amz-sdk-checksum-algorithm': 'CRC32' },
    body: Buffer.from('<Delete><Object><Key>there</Key></Object><Object><Key>missing</Key></Object></Delete>'),
    credentials,
  });
  assert.deepEqual(
    [...deleted.text.matchAll(/<Key>(\w+)<\/Key><Code>(\w+)</g)].map(([, key, code]) => [key, code]),
    [
      ['there', 'AccessDenied'],
      ['missing', 'AccessDenied'],
    ],
  );
  assert.doesNotMatch(deleted.text, /<Deleted>/);
  for (const signer of [undefined, credentials]) {
    const place = { bucket: 'theirs', key: 'new', versionId: '', uploadId: '', accountId: '' };
    const { contentType, body } = formBody(place, signer);
    const headers = { host: server.host, 'content-type': contentType, 'content-length': String(body.length) };
    const reply = await sendSigned(server, { method: 'POST', host: server.host, target: '/theirs', headers, body });
    assert.equal(reply.status, 403, reply.text);
  }
  assert.deepEqual(await storedState(server, 'theirs'), before);
});

test('what a link carries in its query is weighed as the headers that it stands for', async () => {
  const before = await storedState(server, 'theirs');
  await done(server, { method: 'PUT', path: '/mine/own', credentials, body: Buffer.from('own') });
  const query = [['x-amz-copy-source', '/theirs/there']] as const;
  const reply = await sendPresigned(server, { method: 'PUT', path: '/mine/copied', query, credentials });
  assert.equal(reply.status, 403);
  assert.equal((await sendRaw(server, { method: 'GET', path: '/mine/copied', credentials })).status, 404);
  assert.deepEqual((await storedState(server, 'theirs')).usage, before.usage);
});

test('who may read an object, and no more, learns nothing beside it', async () => {
  await done(server, { method: 'PUT', path: '/half' });
  const headers = { 'x-amz-tagging': 'kind=secret' };
  await done(server, { method: 'PUT', path: '/half/there', headers, body: Buffer.from('content') });
  const read = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: objectsOf('half') };
  await putPolicy(server, 'half', [read]);
  const ask = (path: string) => sendRaw(server, { method: 'GET', path, credentials });
  const got = await ask('/half/there');
  assert.equal(got.text, 'content');
  assert.equal(got.headers['x-amz-tagging-count'], undefined);
  assert.equal((await ask('/half/missing')).status, 403);
  assert.equal((await ask('/half')).status, 403);
  await putPolicy(server, 'half', [
    { ...read, Action: ['s3:GetObject', 's3:GetObjectTagging'] },
    { ...read, Action: 's3:ListBucket', Resource: bucketArn('half') },
  ]);
  assert.equal((await ask('/half/there')).headers['x-amz-tagging-count'], '1');
  assert.equal((await ask('/half/missing')).status, 404);
});
