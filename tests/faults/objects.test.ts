import assert from 'node:assert/strict';
import type { BucketRecord } from '../../src/records/bucket-record.ts';
import type { ObjectVersion } from '../../src/records/version-record.ts';
import { bytesOf, type MemoryStore, plainDescription, putObject, type StoreServices } from '../memory-store.ts';
import { visitFaults, writeKinds } from './visit-faults.ts';

interface Target {
  readonly bucket: BucketRecord;
  readonly key: string;
}

const small = bytesOf('small', 60);
const large = bytesOf('large', 5000);
const old = bytesOf('old', 3000);

/** The key holds `bodies`, oldest first. */
const keyWith =
  (versioning: 'enabled' | 'suspended' | undefined, ...bodies: readonly Buffer[]) =>
  async (store: MemoryStore): Promise<Target> => {
    const bucket = await store.bucket('bucket', versioning === 'suspended' ? 'enabled' : versioning);
    for (const body of bodies) await store.put(bucket, 'key', body);
    if (versioning === 'suspended') await store.buckets.setVersioning(bucket, 'suspended');
    return { bucket, key: 'key' };
  };

const puts =
  (body: Buffer, conditions = {}) =>
  (services: StoreServices, target: Target) =>
    putObject(services, { ...target, conditions }, body);

const hasSize = (size: number) => (answer: unknown) => assert.equal((answer as ObjectVersion).size, size);

visitFaults({
  name: 'PutObject of an empty object',
  kinds: writeKinds,
  prepare: keyWith(undefined),
  steps: [puts(Buffer.alloc(0))],
  check: hasSize(0),
});
visitFaults({
  name: 'PutObject of a small object',
  kinds: writeKinds,
  prepare: keyWith(undefined),
  steps: [puts(small)],
  check: hasSize(60),
});
visitFaults({
  name: 'PutObject of a large object',
  kinds: writeKinds,
  prepare: keyWith(undefined),
  steps: [puts(large)],
  check: hasSize(5000),
});
visitFaults({
  name: 'PutObject over a small object',
  kinds: writeKinds,
  prepare: keyWith(undefined, small),
  steps: [puts(large)],
});
visitFaults({
  name: 'PutObject over a large object',
  kinds: writeKinds,
  prepare: keyWith(undefined, old),
  steps: [puts(large)],
});
visitFaults({
  name: 'PutObject that must be the first',
  kinds: writeKinds,
  prepare: keyWith(undefined),
  steps: [puts(large, { ifNoneMatch: '*' })],
  repeated: ['PreconditionFailed'],
});
visitFaults({
  name: 'PutObject of a new version',
  kinds: writeKinds,
  prepare: keyWith('enabled', old),
  steps: [puts(large)],
  adds: true,
});
visitFaults({
  name: 'PutObject of a null version over a null version behind others',
  kinds: writeKinds,
  async prepare(store) {
    const target = await keyWith(undefined, old)(store);
    await store.buckets.setVersioning(target.bucket, 'enabled');
    await store.put(target.bucket, 'key', small);
    await store.buckets.setVersioning(target.bucket, 'suspended');
    return target;
  },
  steps: [puts(large)],
});

const sourceWith =
  (body: Buffer, over?: Buffer) =>
  async (store: MemoryStore): Promise<Target> => {
    const bucket = await store.bucket('bucket');
    await store.put(bucket, 'source', body);
    if (over) await store.put(bucket, 'key', over);
    return { bucket, key: 'key' };
  };

const copies =
  (checksumAlgorithm?: 'CRC32C') =>
  async ({ objects }: StoreServices, target: Target, from = 'source') => {
    const source = { bucket: target.bucket, key: from };
    return objects.copy({
      ...target,
      source: { ...source, version: await objects.head({ ...source, versionId: undefined }) },
      ownerAccountId: target.bucket.ownerAccountId,
      description: plainDescription,
      conditions: {},
      checksumAlgorithm,
    });
  };

visitFaults({
  name: 'CopyObject of a small object',
  kinds: writeKinds,
  prepare: sourceWith(small),
  steps: [copies()],
  check: hasSize(60),
});
visitFaults({
  name: 'CopyObject of a large object over another',
  kinds: writeKinds,
  prepare: sourceWith(large, old),
  steps: [copies()],
});
visitFaults({
  name: 'CopyObject with another checksum',
  kinds: [...writeKinds, 'cut', 'flip'],
  prepare: sourceWith(large),
  steps: [copies('CRC32C')],
});
visitFaults({
  name: 'CopyObject of an object onto itself',
  kinds: writeKinds,
  prepare: keyWith(undefined, large),
  steps: [(services, target) => copies('CRC32C')(services, target, 'key')],
  check: hasSize(5000),
});
visitFaults({
  name: 'CopyObject, and the source and the copy deleted',
  kinds: writeKinds,
  prepare: sourceWith(large),
  steps: [
    copies(),
    (services, target) => deletes('source')(services, target),
    (s, target) => deletes('key')(s, target),
  ],
  // To begin again is to make another copy.
  adds: true,
  repeated: ['NoSuchKey'],
});

const deletes =
  (key: string, versionId?: string) =>
  ({ objects }: StoreServices, { bucket }: Target) =>
    objects.delete({ bucket, ownerAccountId: bucket.ownerAccountId }, { key, versionId, conditions: {} });

visitFaults({
  name: 'DeleteObject of a small object',
  kinds: writeKinds,
  prepare: keyWith(undefined, small),
  steps: [deletes('key')],
});
visitFaults({
  name: 'DeleteObject of a large object',
  kinds: writeKinds,
  prepare: keyWith(undefined, large),
  steps: [deletes('key')],
});
visitFaults({
  name: 'DeleteObject that makes a marker',
  kinds: writeKinds,
  prepare: keyWith('enabled', old, large),
  steps: [deletes('key')],
  check: (answer) => assert.equal((answer as { deleteMarker: boolean }).deleteMarker, true),
  adds: true,
});
visitFaults({
  name: 'DeleteObject that makes a null marker',
  kinds: writeKinds,
  prepare: keyWith('suspended', old, large),
  steps: [deletes('key')],
});

const deletesNewest = ({ objects }: StoreServices, { bucket, token }: Target & { token: string }) =>
  objects.delete({ bucket, ownerAccountId: bucket.ownerAccountId }, { key: 'key', versionId: token, conditions: {} });

for (const [what, bodies] of [
  ['the only version', [large]],
  ['a version, which promotes the one before', [old, large]],
  ['a version of three', [old, small, large]],
] as const) {
  visitFaults({
    name: `DeleteObject of ${what}`,
    kinds: writeKinds,
    async prepare(store) {
      const target = await keyWith('enabled', ...bodies)(store);
      const { token } = await store.objects.head({ ...target, versionId: undefined });
      return { ...target, token };
    },
    steps: [deletesNewest],
  });
}
visitFaults({
  name: 'DeleteObject of a delete marker, which promotes a null version',
  kinds: writeKinds,
  async prepare(store) {
    const target = await keyWith(undefined, old)(store);
    await store.buckets.setVersioning(target.bucket, 'enabled');
    const { versionId } = await deletes('key')(store, target);
    return { ...target, token: versionId! };
  },
  steps: [deletesNewest],
});
visitFaults({
  name: 'DeleteObject of a delete marker, which promotes a null version and leaves an older one',
  kinds: writeKinds,
  async prepare(store) {
    const target = await keyWith('enabled', old)(store);
    await store.buckets.setVersioning(target.bucket, 'suspended');
    await store.put(target.bucket, 'key', large);
    await store.buckets.setVersioning(target.bucket, 'enabled');
    const { versionId } = await deletes('key')(store, target);
    return { ...target, token: versionId! };
  },
  steps: [deletesNewest],
});
visitFaults({
  name: 'DeleteObjects',
  kinds: writeKinds,
  async prepare(store) {
    const bucket = await store.bucket('bucket');
    for (const [key, body] of Object.entries({ a: small, b: large, c: old })) await store.put(bucket, key, body);
    return { bucket, key: '' };
  },
  steps: ['a', 'nothing', 'b', 'c'].map((key) => deletes(key)),
});
