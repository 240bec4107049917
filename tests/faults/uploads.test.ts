import assert from 'node:assert/strict';
import type { BucketRecord } from '../../src/records/bucket-record.ts';
import type { PartRecord } from '../../src/records/upload-record.ts';
import type { RequestedPart } from '../../src/services/uploads/complete-upload.ts';
import {
  bytesOf,
  type MemoryStore,
  newUpload,
  nothingExpected,
  type StoreServices,
  uploadPart,
} from '../memory-store.ts';
import { visitFaults, writeKinds } from './visit-faults.ts';

interface Upload {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly uploadId: string;
}

interface UploadWithParts extends Upload {
  readonly parts: readonly RequestedPart[];
}

const small = bytesOf('small', 60);
const large = bytesOf('large', 5000);

async function upload(store: MemoryStore): Promise<Upload> {
  const bucket = await store.bucket('bucket');
  return { bucket, key: 'key', uploadId: await store.uploads.create(newUpload(bucket, 'key')) };
}

const uploadOf =
  (...bodies: readonly Buffer[]) =>
  async (store: MemoryStore): Promise<UploadWithParts> => {
    const target = await upload(store);
    const parts: RequestedPart[] = [];
    for (const [i, body] of bodies.entries()) {
      const { etag } = await uploadPart(store, { ...target, partNumber: i + 1 }, body);
      parts.push({ partNumber: i + 1, etag, checksum: undefined });
    }
    return { ...target, parts };
  };

visitFaults({
  name: 'CreateMultipartUpload',
  kinds: writeKinds,
  prepare: async (store) => ({ bucket: await store.bucket('bucket') }),
  steps: [({ uploads }, { bucket }) => uploads.create(newUpload(bucket, 'key'))],
  check: (answer) => assert.match(answer as string, /^[0-9a-f]{32}$/),
  adds: true,
});

const uploads = (body: Buffer) => (services: StoreServices, target: Upload) =>
  uploadPart(services, { ...target, partNumber: 1 }, body);

visitFaults({ name: 'UploadPart, small', kinds: writeKinds, prepare: upload, steps: [uploads(small)] });
visitFaults({
  name: 'UploadPart, large',
  kinds: writeKinds,
  prepare: upload,
  steps: [uploads(large)],
  check: (answer) => assert.equal((answer as PartRecord).size, 5000),
});
visitFaults({
  name: 'UploadPart in place of another',
  kinds: writeKinds,
  prepare: uploadOf(large),
  steps: [uploads(bytesOf('replacement', 3000))],
});

visitFaults({
  name: 'UploadPartCopy',
  kinds: [...writeKinds, 'cut', 'flip'],
  async prepare(store) {
    const target = await upload(store);
    await store.put(target.bucket, 'source', large);
    return target;
  },
  steps: [
    async (services, target) => {
      const source = { bucket: target.bucket, key: 'source' };
      const version = await services.objects.head({ ...source, versionId: undefined });
      const range = { offset: 100, length: 4000 };
      const staged = await services.objects.stageRange({ ...source, version }, range, { algorithms: [] });
      return services.uploads.commitPart(staged, { ...target, partNumber: 3, checksum: undefined });
    },
  ],
  check: (answer) => assert.equal((answer as PartRecord).size, 4000),
});

const completes = (services: StoreServices, { parts, ...target }: UploadWithParts) =>
  services.uploads.complete({ ...target, parts, conditions: {}, expected: nothingExpected });

visitFaults({
  name: 'CompleteMultipartUpload of one part',
  kinds: writeKinds,
  prepare: uploadOf(large),
  steps: [completes],
});
visitFaults({
  name: 'CompleteMultipartUpload of two parts, with one left over, that must be the first',
  kinds: writeKinds,
  async prepare(store) {
    const target = await uploadOf(bytesOf('first part', 5 * 1024 * 1024), small, large)(store);
    return { ...target, parts: target.parts.slice(0, 2) };
  },
  steps: [
    (services, { parts, ...target }) =>
      services.uploads.complete({
        ...target,
        parts,
        conditions: { ifNoneMatch: '*' },
        expected: nothingExpected,
      }),
  ],
});
visitFaults({
  name: 'CompleteMultipartUpload over an object of parts',
  kinds: writeKinds,
  async prepare(store) {
    const first = await uploadOf(large)(store);
    await completes(store, first);
    const uploadId = await store.uploads.create(newUpload(first.bucket, 'key'));
    const { etag } = await uploadPart(store, { ...first, uploadId, partNumber: 1 }, small);
    return { ...first, uploadId, parts: [{ partNumber: 1, etag, checksum: undefined }] };
  },
  steps: [completes],
});
visitFaults({
  name: 'AbortMultipartUpload',
  kinds: writeKinds,
  prepare: uploadOf(small, large),
  steps: [(services, target) => services.uploads.abort(target)],
  repeated: ['NoSuchUpload'],
});
