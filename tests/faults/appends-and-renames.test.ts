import assert from 'node:assert/strict';
import { StorageError } from '../../src/domain/errors.ts';
import { sourceOf } from '../../src/foundation/bytes.ts';
import type { BucketRecord } from '../../src/records/bucket-record.ts';
import type { ObjectVersion } from '../../src/records/version-record.ts';
import { byServer } from '../../src/services/changes/object-change.ts';
import { bytesOf, type MemoryStore, plainDescription, type StoreServices } from '../memory-store.ts';
import { visitFaults, writeKinds } from './visit-faults.ts';

interface Target {
  readonly bucket: BucketRecord;
  readonly key: string;
}

const small = bytesOf('small', 60);
const large = bytesOf('large', 5000);

/** Adds to the end of the key, where that is at `offset`. */
const append =
  (body: Buffer, offset: number) =>
  async ({ objects }: StoreServices, target: Target) => {
    const found = await objects.head({ ...target, versionId: undefined });
    const staged = await objects.stage(sourceOf(body), []);
    return objects.append(staged, {
      ...target,
      ownerAccountId: target.bucket.ownerAccountId,
      description: plainDescription,
      conditions: {},
      checksum: undefined,
      origin: byServer,
      offset,
      found,
    });
  };

/** A repetition finds it renamed. */
function unlessMissing(error: unknown): undefined {
  if (!(error instanceof StorageError) || error.kind !== 'NoSuchKey') throw error;
}

const rename = async ({ objects }: StoreServices, { bucket, key }: Target) => {
  const weighed = await (async () => objects.head({ bucket, key, versionId: undefined }))().catch(unlessMissing);
  await objects.rename({
    bucket,
    from: key,
    to: 'renamed',
    sourceConditions: {},
    destinationConditions: {},
    clientToken: 'token',
    weighed,
    origin: byServer,
  });
};

const keyWith =
  (body: Buffer) =>
  async (store: MemoryStore): Promise<Target> => {
    const bucket = await store.bucket('bucket');
    await store.put(bucket, 'key', body);
    return { bucket, key: 'key' };
  };

const hasSize = (size: number) => (answer: unknown) => assert.equal((answer as ObjectVersion).size, size);

for (const [name, before, added] of [
  ['a small object to a small one', small, small],
  ['a large object to a small one', small, large],
  ['a small object to a large one', large, small],
] as const) {
  visitFaults({
    name: `an append of ${name}`,
    kinds: writeKinds,
    prepare: keyWith(before),
    steps: [append(added, before.length)],
    // The end is no longer where it was.
    repeated: ['InvalidWriteOffset'],
    check: hasSize(before.length + added.length),
  });
}
visitFaults({
  name: 'an append to what was appended to',
  kinds: writeKinds,
  async prepare(store) {
    const target = await keyWith(large)(store);
    await append(small, 5000)(store, target);
    return target;
  },
  steps: [append(large, 5060)],
  repeated: ['InvalidWriteOffset'],
  check: hasSize(10_060),
});
visitFaults({
  name: 'RenameObject',
  kinds: writeKinds,
  async prepare(store) {
    const target = await keyWith(large)(store);
    await store.put(target.bucket, 'renamed', small);
    return target;
  },
  steps: [rename],
});
