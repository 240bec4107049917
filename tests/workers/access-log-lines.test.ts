import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketTaggingCommand,
  PutBucketWebsiteCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { sendAnonymous, sendPresigned, sendRaw, sendSigned } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { type LogFields, loggedBucket, logLines } from './logged-buckets.ts';

let server: TestServer;
let s3: S3Client;
before(async () => {
  server = await startS3Server({ websiteDomains: ['web.test'], sigV2: true });
  s3 = server.client();
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

async function delivered(target: string): Promise<LogFields[]> {
  await server.deliverAccessLogs();
  return logLines(s3, target);
}

const rootId = async () => (await server.identity.resolveAccount('root')).canonicalId;

test('a line tells of a request all that S3 tells', async () => {
  const { source, target } = await loggedBucket(s3, 'full');
  await s3.send(new PutObjectCommand({ Bucket: source, Key: 'a b/ü', Body: 'body' }));
  const headers = { referer: 'https://page.test/"x', 'user-agent': 'Agent/1 (x)', range: 'bytes=1-2' };
  const path = `/${source}/a b/ü`;
  await sendRaw(server, { method: 'GET', path, headers });
  const [put, get, ...rest] = await delivered(target);
  assert.equal(rest.length, 0);
  assert.ok(put && get);
  const owner = await rootId();
  const { time, requestId, totalTime, turnAroundTime, hostId, ...told } = get;
  assert.deepEqual(told, {
    owner,
    bucket: source,
    remoteIp: '127.0.0.1',
    requester: owner,
    operation: 'REST.GET.OBJECT',
    key: 'a%20b/%C3%BC',
    requestUri: `GET /${source}/a%20b/%C3%BC HTTP/1.1`,
    status: '206',
    errorCode: '-',
    bytesSent: '2',
    objectSize: '4',
    referer: 'https://page.test/%22x',
    userAgent: 'Agent/1 (x)',
    versionId: '-',
    signatureVersion: 'SigV4',
    cipherSuite: '-',
    authenticationType: 'AuthHeader',
    host: server.host,
    tlsVersion: '-',
    accessPoint: '-',
    aclRequired: '-',
  });
  assert.match(time, /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
  assert.match(requestId, /^[0-9A-F]{16}$/);
  assert.match(hostId, /^[A-Za-z0-9+/=]{64}$/);
  assert.ok(Number(turnAroundTime) <= Number(totalTime));
  assert.deepEqual([put.operation, put.status, put.bytesSent, put.objectSize], ['REST.PUT.OBJECT', '200', '-', '4']);
});

test('operations have the names that S3 gives them', async () => {
  const { source: Bucket, target } = await loggedBucket(s3, 'names');
  const Key = 'k';
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  await s3.send(new HeadObjectCommand({ Bucket, Key }));
  await s3.send(new ListObjectsV2Command({ Bucket }));
  await s3.send(new GetBucketVersioningCommand({ Bucket }));
  await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } }));
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  await sendRaw(server, { method: 'GET', path: `/${Bucket}/${Key}`, query: [['uploadId', UploadId!]] });
  await sendRaw(server, { method: 'DELETE', path: `/${Bucket}/${Key}`, query: [['uploadId', UploadId!]] });
  await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }] } }));
  await sendRaw(server, { method: 'GET', path: `/${Bucket}`, query: [['encryption', '']] });
  assert.deepEqual(
    (await delivered(target)).map(({ operation, key, status }) => `${operation} ${key} ${status}`),
    [
      'REST.PUT.OBJECT k 200',
      'REST.HEAD.OBJECT k 200',
      'REST.GET.BUCKET - 200',
      'REST.GET.VERSIONING - 200',
      'REST.PUT.TAGGING - 204',
      'REST.POST.UPLOADS k 200',
      'REST.GET.UPLOAD k 200',
      'REST.DELETE.UPLOAD k 204',
      'REST.POST.MULTI_OBJECT_DELETE - 200',
      'REST.GET.ENCRYPTION - 404',
    ],
  );
});

test('attempts are logged, too: nobody’s, strangers’ and those whose signature is none', async () => {
  const { source: Bucket, target } = await loggedBucket(s3, 'attempts');
  const stranger = await server.stranger('attempts-stranger');
  await stranger.send(new GetObjectCommand({ Bucket, Key: 'k' })).catch(() => {});
  await sendAnonymous(server, 'GET', `/${Bucket}/k`);
  await sendRaw(server, {
    method: 'GET',
    path: `/${Bucket}/k`,
    credentials: { ...server.root, secretAccessKey: 'wrong' },
  });
  const lines = await delivered(target);
  assert.deepEqual(
    lines.map(({ status, errorCode, requester, signatureVersion }) => [status, errorCode, requester, signatureVersion]),
    [
      ['403', 'AccessDenied', (await server.identity.resolveAccount('attempts-stranger')).canonicalId, 'SigV4'],
      ['403', 'AccessDenied', '-', '-'],
      ['403', 'SignatureDoesNotMatch', '-', '-'],
    ],
  );
});

test('a presigned request is told without what would let others repeat it', async () => {
  const { source: Bucket, target } = await loggedBucket(s3, 'presigned');
  await sendPresigned(server, { method: 'GET', path: `/${Bucket}/k` });
  const [line] = await delivered(target);
  assert.equal(line?.authenticationType, 'QueryString');
  assert.match(line.requestUri, /X-Amz-Signature=\*\*\*/);
  assert.doesNotMatch(line.requestUri, /[0-9a-f]{64}/);
});

test('where an ACL was needed, the line says so', async () => {
  const { source: Bucket, target } = await loggedBucket(s3, 'acls');
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  await s3.send(new PutObjectAclCommand({ Bucket, Key: 'k', ACL: 'public-read' }));
  await sendAnonymous(server, 'GET', `/${Bucket}/k`);
  const lines = await delivered(target);
  assert.deepEqual(
    lines.map(({ operation, aclRequired }) => [operation, aclRequired]),
    [
      ['REST.PUT.OBJECT', '-'],
      ['REST.PUT.ACL', '-'],
      ['REST.GET.OBJECT', 'Yes'],
    ],
  );
});

test('a copy is told where it goes and where it comes from', async () => {
  const { source: Bucket, target } = await loggedBucket(s3, 'copies');
  await s3.send(new PutObjectCommand({ Bucket, Key: 'from', Body: 'x' }));
  const CopySource = `${Bucket}/from?versionId=null`;
  await s3.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource }));
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'to' }));
  await s3.send(new UploadPartCopyCommand({ Bucket, Key: 'to', UploadId, PartNumber: 1, CopySource }));
  const lines = (await delivered(target)).map(({ operation, key, versionId }) => `${operation} ${key} ${versionId}`);
  assert.deepEqual(lines.slice(1), [
    'REST.COPY.OBJECT to -',
    'REST.COPY.OBJECT_GET from null',
    'REST.POST.UPLOADS to -',
    'REST.COPY.PART to -',
    'REST.COPY.PART_GET from null',
  ]);
});

test('a copy into a bucket without a log is told where it comes from', async () => {
  const { source, target } = await loggedBucket(s3, 'copied');
  await s3.send(new PutObjectCommand({ Bucket: source, Key: 'from', Body: 'x' }));
  await s3.send(new CopyObjectCommand({ Bucket: target, Key: 'to', CopySource: `${source}/from` }));
  await server.deliverAccessLogs();
  const text = await (await s3.send(new ListObjectsV2Command({ Bucket: target, Prefix: 'log/' }))).Contents?.[0]?.Key;
  const object = await s3.send(new GetObjectCommand({ Bucket: target, Key: text }));
  assert.match(await object.Body!.transformToString(), /REST\.COPY\.OBJECT_GET from /);
});

test('visits of a website are told as such', async () => {
  const { source: Bucket, target } = await loggedBucket(s3, 'site');
  const WebsiteConfiguration = { IndexDocument: { Suffix: 'i' } };
  await s3.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration }));
  const host = `${Bucket}.web.test`;
  await sendSigned(server, { method: 'GET', target: '/page?q=1', host, headers: { host }, body: Buffer.alloc(0) });
  await s3.send(new PutObjectCommand({ Bucket, Key: 'i', Body: 'index' }));
  await s3.send(new PutObjectAclCommand({ Bucket, Key: 'i', ACL: 'public-read' }));
  await sendSigned(server, { method: 'GET', target: '/?acl', host, headers: { host }, body: Buffer.alloc(0) });
  const [, line, , , index] = await delivered(target);
  assert.deepEqual(
    [index?.operation, index?.key, index?.status, index?.objectSize, index?.aclRequired],
    ['WEBSITE.GET.OBJECT', 'i', '200', '5', 'Yes'],
  );
  assert.deepEqual(
    [line?.operation, line?.key, line?.requestUri, line?.status, line?.errorCode, line?.host],
    ['WEBSITE.GET.OBJECT', 'page', 'GET /page?q=1 HTTP/1.1', '403', 'AccessDenied', host],
  );
});

test('a bucket without a log costs nothing: its outcomes carry no lines', async () => {
  const { target } = await loggedBucket(s3, 'quiet');
  server.outcomes.length = 0;
  await s3.send(new PutObjectCommand({ Bucket: target, Key: 'k', Body: 'x' }));
  await sendAnonymous(server, 'GET', `/${target}/k`);
  assert.deepEqual(
    server.outcomes.map(({ bucketLogs }) => bucketLogs),
    [undefined, undefined],
  );
});
