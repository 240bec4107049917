import assert from 'node:assert/strict';
import type { BucketRecord } from '../../src/records/bucket-record.ts';
import {
  bytesOf,
  type MemoryStore,
  newUpload,
  nothingExpected,
  type StoreServices,
  uploadPart,
} from '../memory-store.ts';
import { entriesOf, readAll } from './observe.ts';
import { visitFaults } from './visit-faults.ts';

const bodies = { small: bytesOf('small', 60), large: bytesOf('large', 5000) };
const parts = [bytesOf('first part', 5 * 1024 * 1024), bytesOf('last part', 60)];

async function bucketOfObjects(store: MemoryStore): Promise<BucketRecord> {
  const bucket = await store.bucket('bucket');
  for (const [key, body] of Object.entries(bodies)) await store.put(bucket, key, body);
  return bucket;
}

const gets =
  (key: string, versionId?: string) =>
  async ({ objects }: StoreServices, bucket: BucketRecord) => {
    const { version, content } = await objects.open({ bucket, key, versionId });
    return readAll(content, version.size);
  };

const isBody = (expected: Buffer) => (answer: unknown) => assert.ok(expected.equals(answer as Buffer));

visitFaults({
  name: 'GetObject of a small object',
  kinds: ['before'],
  prepare: bucketOfObjects,
  steps: [gets('small')],
  check: isBody(bodies.small),
});
visitFaults({
  name: 'GetObject of a large object',
  kinds: ['before', 'cut', 'flip'],
  prepare: bucketOfObjects,
  steps: [gets('large', 'null')],
  check: isBody(bodies.large),
});
visitFaults({
  name: 'GetObject of an object of parts',
  kinds: ['before', 'cut', 'flip'],
  async prepare(store) {
    const bucket = await store.bucket('bucket');
    const target = { bucket, key: 'key', uploadId: await store.uploads.create(newUpload(bucket, 'key')) };
    const requested = [];
    for (const [i, body] of parts.entries()) {
      const { etag } = await uploadPart(store, { ...target, partNumber: i + 1 }, body);
      requested.push({ partNumber: i + 1, etag, checksum: undefined });
    }
    await store.uploads.complete({ ...target, parts: requested, conditions: {}, expected: nothingExpected });
    return bucket;
  },
  steps: [gets('key')],
  check: isBody(Buffer.concat(parts)),
});

const whole = (bucket: BucketRecord) => ({
  bucketId: bucket.id,
  prefix: '',
  delimiter: undefined,
  after: undefined,
  limit: 10,
});

visitFaults({
  name: 'ListObjects',
  kinds: ['before'],
  prepare: bucketOfObjects,
  steps: [async ({ objects }, bucket) => entriesOf(await objects.list(whole(bucket))).map(({ key }) => key)],
  check: (answer) => assert.deepEqual(answer, ['large', 'small']),
});
visitFaults({
  name: 'ListObjectVersions',
  kinds: ['before'],
  prepare: bucketOfObjects,
  steps: [async ({ objects }, bucket) => entriesOf(await objects.listVersions(whole(bucket))).map(({ key }) => key)],
  check: (answer) => assert.deepEqual(answer, ['large', 'small']),
});
visitFaults({
  name: 'ListMultipartUploads and ListParts',
  kinds: ['before'],
  async prepare(store) {
    const bucket = await store.bucket('bucket');
    const target = { bucket, key: 'key', uploadId: await store.uploads.create(newUpload(bucket, 'key')) };
    await uploadPart(store, { ...target, partNumber: 4 }, bodies.small);
    return bucket;
  },
  steps: [
    async ({ uploads }, bucket) => {
      const [upload] = entriesOf(await uploads.list(whole(bucket)));
      const address = { bucket, key: upload!.key, uploadId: upload!.uploadId };
      return (await uploads.listParts(address, { after: 0, limit: 10 })).parts.map(({ partNumber }) => partNumber);
    },
  ],
  check: (answer) => assert.deepEqual(answer, [4]),
});
visitFaults({
  name: 'ListBuckets',
  kinds: ['before'],
  prepare: bucketOfObjects,
  steps: [
    async ({ buckets }, { ownerAccountId }) =>
      (await buckets.list({ ownerAccountId, prefix: '', after: undefined, limit: 10, region: undefined })).buckets.map(
        ({ name }) => name,
      ),
  ],
  check: (answer) => assert.deepEqual(answer, ['bucket']),
});
