import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { CreateBucketCommand, CreateMultipartUploadCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { assertErrorAnswer, readErrorAnswer } from './error-answer.ts';
import { exchange } from './raw-connection.ts';
import { type RequestOf, signedBytes } from './signed-bytes.ts';

let server: TestServer;
let documents: readonly { readonly request: RequestOf; readonly root: string; readonly valid: string }[];

before(async () => {
  server = await startS3Server();
  const s3 = server.client();
  await s3.send(new CreateBucketCommand({ Bucket: 'documents' }));
  await s3.send(new PutObjectCommand({ Bucket: 'documents', Key: 'kept', Body: 'x' }));
  const { UploadId = '' } = await s3.send(new CreateMultipartUploadCommand({ Bucket: 'documents', Key: 'kept' }));
  documents = [
    {
      request: { method: 'POST', path: '/documents', query: [['delete', '']] },
      root: 'Delete',
      valid: '<Delete><Object><Key>kept</Key></Object></Delete>',
    },
    {
      request: { method: 'POST', path: '/documents/kept', query: [['uploadId', UploadId]] },
      root: 'CompleteMultipartUpload',
      valid: '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>',
    },
    {
      request: { method: 'PUT', path: '/documents', query: [['versioning', '']] },
      root: 'VersioningConfiguration',
      valid: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
    },
    {
      request: { method: 'PUT', path: '/new-bucket' },
      root: 'CreateBucketConfiguration',
      valid:
        '<CreateBucketConfiguration><LocationConstraint>us-east-1</LocationConstraint></CreateBucketConfiguration>',
    },
  ];
});
after(() => server[Symbol.asyncDispose]());

afterEach(async () => {
  const kept = await exchange(server.port, signedBytes(server, { method: 'HEAD', path: '/documents/kept' }), 'HEAD');
  assert.equal(kept.status, 200);
  const made = await exchange(server.port, signedBytes(server, { method: 'HEAD', path: '/new-bucket' }), 'HEAD');
  assert.equal(made.status, 404);
  assert.deepEqual(server.errors, []);
});

function send(request: RequestOf, text: string | Buffer) {
  const body = Buffer.from(text);
  const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
  return exchange(server.port, signedBytes(server, { ...request, headers, body }));
}

async function assertRefusedEverywhere(
  documentOf: (root: string, valid: string) => string | Buffer,
  code = 'MalformedXML',
) {
  for (const { request, root, valid } of documents) {
    const reply = await send(request, documentOf(root, valid));
    assert.equal(readErrorAnswer(reply).Code, code, `${root}: ${reply.body}`);
    assert.equal(reply.status, 400);
  }
}

const nested = (depth: number, name = 'a') => `<${name}>`.repeat(depth) + `</${name}>`.repeat(depth);
const many = (count: number) => Array.from({ length: count }, (_, i) => `a${i}="x"`).join(' ');

const bombs: readonly [string, (root: string, valid: string) => string | Buffer][] = [
  ['100,000 elements deep', (root) => `<${root}>${nested(100_000)}</${root}>`],
  ['100,000 deep and never closed', (root) => `<${root}>${'<a>'.repeat(100_000)}`],
  ['100,000 times its own root deep', (root) => nested(100_000, root)],
  ['with 100,000 attributes', (root) => `<${root} ${many(100_000)}/>`],
  ['with 100,000 namespaces', (root) => `<${root} ${many(100_000).replaceAll('a', 'xmlns:a')}/>`],
  ['with one attribute of a megabyte', (root) => `<${root} a="${'x'.repeat(1_000_000)}"/>`],
  ['with a name of a megabyte', () => `<${'x'.repeat(1_000_000)}/>`],
  ['with 100,000 entities', (root, valid) => `<!DOCTYPE ${root} [${'<!ENTITY a "b">'.repeat(100_000)}]>${valid}`],
  [
    'with entities that grow',
    (root) => `<!DOCTYPE x [<!ENTITY a "${'x'.repeat(100)}"><!ENTITY b "${'&a;'.repeat(100)}">]><${root}>&b;</${root}>`,
  ],
  [
    'with an entity from a file',
    (root) => `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><${root}>&a;</${root}>`,
  ],
  [
    'with a document type from elsewhere',
    (root, valid) => `<!DOCTYPE ${root} SYSTEM "http://127.0.0.1:1/x.dtd">${valid}`,
  ],
  ['with an unknown entity', (root) => `<${root}>&nbsp;</${root}>`],
  ['with a character that XML does not have', (root) => `<${root}>&#0;</${root}>`],
  ['with a character reference beyond Unicode', (root) => `<${root}>&#x110000;</${root}>`],
  ['with a surrogate as a reference', (root) => `<${root}>&#xd800;</${root}>`],
  ['with a processing instruction', (_, valid) => `<?php x?>${valid}`],
  [
    'with an inclusion',
    (root) => `<${root}><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd"/></${root}>`,
  ],
  ['of another root', () => '<Other/>'],
  ['of the root in other letters', (root, valid) => valid.replaceAll(root, root.toLowerCase())],
  ['of another namespace', (root, valid) => valid.replace(`<${root}>`, `<${root} xmlns="urn:other">`)],
  ['with elements that nobody knows', (root, valid) => valid.replace(`</${root}>`, `<constructor/></${root}>`)],
  ['with __proto__', (root, valid) => valid.replace(`</${root}>`, `<__proto__><x>y</x></__proto__></${root}>`)],
  ['with text between its elements', (root, valid) => valid.replace(`<${root}>`, `<${root}>text`)],
  ['in UTF-16', (_, valid) => Buffer.from(`\ufeff${valid}`, 'utf16le')],
  ['that says it is Latin-1', (_, valid) => `<?xml version="1.0" encoding="ISO-8859-1"?>${valid}`],
  [
    'with bytes that are no UTF-8',
    (_, valid) =>
      Buffer.concat([Buffer.from(valid.slice(0, -3)), Buffer.from([0xc0, 0xaf]), Buffer.from(valid.slice(-3))]),
  ],
  ['cut short', (_, valid) => valid.slice(0, -1)],
  ['twice', (_, valid) => valid + valid],
  ['behind text', (_, valid) => `x${valid}`],
  ['of zeros', () => Buffer.alloc(1000)],
  ['of JSON', () => '{"Delete": {}}'],
  ['of white space', () => '   \n'],
];

for (const [what, documentOf] of bombs) {
  test(`a document ${what} is refused`, () => assertRefusedEverywhere(documentOf));
}

test('an empty document is refused where one is needed', async () => {
  for (const { request } of documents.slice(0, 3)) assertErrorAnswer(await send(request, ''), 400, 'MalformedXML');
});

test('a document beyond the limit is refused before it is read', async () => {
  for (const { request } of documents) {
    const bytes = signedBytes(server, {
      ...request,
      payload: 'UNSIGNED-PAYLOAD',
      headers: { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' },
      tampering: { headers: { 'content-length': '9000000' } },
    });
    assertErrorAnswer(await exchange(server.port, bytes), 400, 'MaxMessageLengthExceeded');
  }
});

test('numbers that do not parse are refused', async () => {
  const { request } = documents[1]!;
  for (const number of [
    '',
    ' ',
    'x',
    '1e3',
    '0x1',
    '-1',
    '0',
    '10001',
    '1.5',
    '١',
    '99999999999999999999',
    'NaN',
    'Infinity',
    '1 1',
  ]) {
    const part = `<Part><PartNumber>${number}</PartNumber><ETag>x</ETag></Part>`;
    const reply = await send(request, `<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`);
    assert.ok(['MalformedXML', 'InvalidArgument'].includes(readErrorAnswer(reply).Code!), number);
    assert.equal(reply.status, 400);
  }
});

test('one element more than S3 takes is refused', async () => {
  const objects = (count: number) => '<Object><Key>never</Key></Object>'.repeat(count);
  assertErrorAnswer(await send(documents[0]!.request, `<Delete>${objects(1001)}</Delete>`), 400, 'MalformedXML');
  const part = '<Part><PartNumber>1</PartNumber><ETag>x</ETag></Part>';
  const parts = `<CompleteMultipartUpload>${part.repeat(10_001)}</CompleteMultipartUpload>`;
  assertErrorAnswer(await send(documents[1]!.request, parts), 400, 'MalformedXML');
});

test('keys in a document that no object can have are answered one by one', async () => {
  const keys = ['', 'k'.repeat(1025), '../..', '__proto__'];
  const objects = keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('');
  const reply = await send(documents[0]!.request, `<Delete>${objects}</Delete>`);
  assert.ok([200, 400].includes(reply.status), reply.body.toString());
});
