import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { S3Answer } from '../../src/cli/crash-test/s3-connection.ts';
import type { FaultKind } from '../../src/engines/fault-plan.ts';
import type { BucketRecord } from '../../src/records/bucket-record.ts';
import { bytesOf, type MemoryStore, newUpload, uploadPart } from '../memory-store.ts';
import { visitWire } from './visit-wire.ts';

const writes = ['before', 'after', 'full'] as const satisfies FaultKind[];
const reads = ['before'] as const satisfies FaultKind[];
const streams = ['before', 'cut', 'flip'] as const satisfies FaultKind[];

const small = bytesOf('small', 60);
const large = bytesOf('large', 5000);
const other = bytesOf('other', 3000);

/** Two objects, and the bucket they are in. */
async function objects(store: MemoryStore): Promise<BucketRecord> {
  const bucket = await store.bucket('bucket');
  await store.put(bucket, 'small', small);
  await store.put(bucket, 'large', large);
  return bucket;
}

const emptyBucket = (store: MemoryStore) => store.bucket('bucket');

const hasBody = (body: Buffer) => (answer: S3Answer) => assert.ok(answer.body.equals(body));
const says = (pattern: RegExp) => (answer: S3Answer) => assert.match(answer.body.toString(), pattern);
const hasETagOf = (body: Buffer) => (answer: S3Answer) =>
  assert.equal(answer.headers.etag, `"${createHash('md5').update(body).digest('hex')}"`);
const hasStatus = (status: number) => (answer: S3Answer) => assert.equal(answer.status, status);

visitWire({
  name: 'PutObject of a small object',
  kinds: writes,
  prepare: emptyBucket,
  request: () => ({ method: 'PUT', path: '/bucket/key', body: small }),
  check: hasETagOf(small),
});
visitWire({
  name: 'PutObject of a large object over another',
  kinds: writes,
  prepare: objects,
  request: () => ({ method: 'PUT', path: '/bucket/large', body: other }),
  check: hasETagOf(other),
});
visitWire({
  name: 'PutObject that must be the first',
  kinds: writes,
  prepare: emptyBucket,
  request: () => ({ method: 'PUT', path: '/bucket/key', headers: { 'if-none-match': '*' }, body: large }),
  check: hasETagOf(large),
  repeated: ['PreconditionFailed'],
});
visitWire({
  name: 'GetObject of a small object',
  kinds: reads,
  prepare: objects,
  request: () => ({ method: 'GET', path: '/bucket/small' }),
  check: hasBody(small),
});
visitWire({
  name: 'GetObject of a large object',
  kinds: streams,
  prepare: objects,
  request: () => ({ method: 'GET', path: '/bucket/large' }),
  check: hasBody(large),
});
visitWire({
  name: 'GetObject of a range',
  kinds: streams,
  prepare: objects,
  request: () => ({ method: 'GET', path: '/bucket/large', headers: { range: 'bytes=1000-3999' } }),
  check(answer) {
    assert.equal(answer.status, 206);
    assert.equal(answer.headers['content-range'], 'bytes 1000-3999/5000');
    assert.ok(answer.body.equals(large.subarray(1000, 4000)));
  },
});
visitWire({
  name: 'HeadObject',
  kinds: reads,
  prepare: objects,
  request: () => ({ method: 'HEAD', path: '/bucket/large' }),
  check: hasETagOf(large),
});
visitWire({
  name: 'GetObjectAttributes',
  kinds: reads,
  prepare: objects,
  request: () => ({
    method: 'GET',
    path: '/bucket/large',
    query: { attributes: '' },
    headers: { 'x-amz-object-attributes': 'ObjectSize' },
  }),
  check: says(/<ObjectSize>5000</),
});
visitWire({
  name: 'CopyObject',
  kinds: writes,
  prepare: objects,
  request: () => ({ method: 'PUT', path: '/bucket/copy', headers: { 'x-amz-copy-source': '/bucket/large' } }),
  check: says(/<CopyObjectResult .*<ETag>/s),
});
visitWire({
  name: 'DeleteObject',
  kinds: writes,
  prepare: objects,
  request: () => ({ method: 'DELETE', path: '/bucket/large' }),
  check: hasStatus(204),
});
visitWire({
  name: 'DeleteObject that leaves a marker',
  kinds: writes,
  async prepare(store) {
    await store.buckets.setVersioning(await objects(store), 'enabled');
  },
  request: () => ({ method: 'DELETE', path: '/bucket/large' }),
  check: (answer) => assert.equal(answer.headers['x-amz-delete-marker'], 'true'),
  adds: true,
});

const bothObjects = Buffer.from('<Delete><Object><Key>small</Key></Object><Object><Key>large</Key></Object></Delete>');

visitWire({
  name: 'DeleteObjects',
  kinds: writes,
  prepare: objects,
  request: () => ({
    method: 'POST',
    path: '/bucket',
    query: { delete: '' },
    headers: { 'content-md5': createHash('md5').update(bothObjects).digest('base64') },
    body: bothObjects,
  }),
  check(answer) {
    assert.equal(answer.body.toString().match(/<Deleted>/g)?.length, 2);
    assert.doesNotMatch(answer.body.toString(), /<Error>/);
  },
  parts: [() => ({ method: 'DELETE', path: '/bucket/small' }), () => ({ method: 'DELETE', path: '/bucket/large' })],
});
visitWire({
  name: 'ListObjects',
  kinds: reads,
  prepare: objects,
  request: () => ({ method: 'GET', path: '/bucket' }),
  check: says(/<Key>large<.*<Key>small</s),
});
visitWire({
  name: 'ListObjectsV2',
  kinds: reads,
  prepare: objects,
  request: () => ({ method: 'GET', path: '/bucket', query: { 'list-type': '2', 'fetch-owner': 'true' } }),
  check: says(/<Key>large<.*<Key>small</s),
});
visitWire({
  name: 'ListObjectVersions',
  kinds: reads,
  prepare: objects,
  request: () => ({ method: 'GET', path: '/bucket', query: { versions: '' } }),
  check: says(/<Key>large<.*<Key>small</s),
});

interface Upload {
  readonly uploadId: string;
  readonly etag: string;
}

/** An upload of one part. */
async function upload(store: MemoryStore): Promise<Upload> {
  const bucket = await objects(store);
  const uploadId = await store.uploads.create({
    ...newUpload(bucket, 'key'),
    checksumAlgorithm: undefined,
    checksumType: undefined,
  });
  const { etag } = await uploadPart(store, { bucket, key: 'key', uploadId, partNumber: 1 }, large);
  return { uploadId, etag };
}

visitWire({
  name: 'CreateMultipartUpload',
  kinds: writes,
  prepare: emptyBucket,
  request: () => ({ method: 'POST', path: '/bucket/key', query: { uploads: '' } }),
  check: says(/<UploadId>[0-9a-f]{32}</),
  adds: true,
});
visitWire({
  name: 'UploadPart',
  kinds: writes,
  prepare: upload,
  request: ({ uploadId }) => ({
    method: 'PUT',
    path: '/bucket/key',
    query: { partNumber: '1', uploadId },
    body: other,
  }),
  check: hasETagOf(other),
});
visitWire({
  name: 'UploadPartCopy',
  kinds: [...writes, 'cut', 'flip'],
  prepare: upload,
  request: ({ uploadId }) => ({
    method: 'PUT',
    path: '/bucket/key',
    query: { partNumber: '2', uploadId },
    headers: { 'x-amz-copy-source': '/bucket/large', 'x-amz-copy-source-range': 'bytes=100-4099' },
  }),
  check: says(/<CopyPartResult .*<ETag>/s),
});
visitWire({
  name: 'CompleteMultipartUpload',
  kinds: writes,
  prepare: upload,
  request: ({ uploadId, etag }) => ({
    method: 'POST',
    path: '/bucket/key',
    query: { uploadId },
    body: Buffer.from(
      `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`,
    ),
  }),
  check: says(/<CompleteMultipartUploadResult .*-1&quot;<\/ETag>/s),
});
visitWire({
  name: 'AbortMultipartUpload',
  kinds: writes,
  prepare: upload,
  request: ({ uploadId }) => ({ method: 'DELETE', path: '/bucket/key', query: { uploadId } }),
  check: hasStatus(204),
  repeated: ['NoSuchUpload'],
});
visitWire({
  name: 'ListParts',
  kinds: reads,
  prepare: upload,
  request: ({ uploadId }) => ({ method: 'GET', path: '/bucket/key', query: { uploadId } }),
  check: says(/<PartNumber>1<\/PartNumber>.*<Size>5000</s),
});
visitWire({
  name: 'ListMultipartUploads',
  kinds: reads,
  prepare: upload,
  request: () => ({ method: 'GET', path: '/bucket', query: { uploads: '' } }),
  check: (answer, { uploadId }) => says(new RegExp(`<UploadId>${uploadId}<`))(answer),
});

visitWire({
  name: 'CreateBucket',
  kinds: writes,
  prepare: async () => {},
  request: () => ({ method: 'PUT', path: '/bucket' }),
  check: (answer) => assert.equal(answer.headers.location, '/bucket'),
  // In the region that is the default one everywhere, S3 answers a repetition with success.
  repeated: ['BucketAlreadyOwnedByYou'],
});
visitWire({
  name: 'DeleteBucket',
  kinds: writes,
  prepare: emptyBucket,
  request: () => ({ method: 'DELETE', path: '/bucket' }),
  check: hasStatus(204),
  repeated: ['NoSuchBucket'],
});
visitWire({
  name: 'HeadBucket',
  kinds: reads,
  prepare: emptyBucket,
  request: () => ({ method: 'HEAD', path: '/bucket' }),
  check: hasStatus(200),
});
visitWire({
  name: 'ListBuckets',
  kinds: reads,
  prepare: emptyBucket,
  request: () => ({ method: 'GET', path: '/' }),
  check: says(/<Name>bucket</),
});
visitWire({
  name: 'PutBucketVersioning',
  kinds: writes,
  prepare: emptyBucket,
  request: () => ({
    method: 'PUT',
    path: '/bucket',
    query: { versioning: '' },
    body: Buffer.from('<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'),
  }),
  check: hasStatus(200),
});
visitWire({
  name: 'GetBucketVersioning',
  kinds: reads,
  prepare: async (store) => store.bucket('bucket', 'enabled'),
  request: () => ({ method: 'GET', path: '/bucket', query: { versioning: '' } }),
  check: says(/<Status>Enabled</),
});
