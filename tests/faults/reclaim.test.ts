import { reclaimDue, reclaimOrphans } from '../../src/services/content/reclaim.ts';
import {
  bytesOf,
  graceMilliseconds,
  type MemoryStore,
  newUpload,
  nothingExpected,
  type StoreServices,
  uploadPart,
} from '../memory-store.ts';
import { visitFaults, writeKinds } from './visit-faults.ts';

/** Leaves something of every kind to the reclaim worker, and things that must stay. */
async function storeToReclaim(store: MemoryStore): Promise<void> {
  const bucket = await store.bucket('bucket');
  const request = { bucket, ownerAccountId: store.accountId };
  await store.put(bucket, 'stays', bytesOf('stays', 2000));
  await store.put(bucket, 'overwritten', bytesOf('old', 3000));
  await store.put(bucket, 'overwritten', bytesOf('new', 3000));
  await completedAndDeleted(store);
  for (const key of ['shared', 'shared too']) {
    const version = await store.objects.head({ bucket, key: 'stays', versionId: undefined });
    await store.objects.copy({
      ...request,
      source: { bucket, key: 'stays', version },
      key,
      description: version,
      conditions: {},
      checksumAlgorithm: undefined,
    });
  }
  await store.objects.delete(request, { key: 'shared', versionId: undefined, conditions: {} });
  const short = await store.bucket('short-lived');
  const uploadId = await store.uploads.create(newUpload(short, 'open'));
  await uploadPart(store, { bucket: short, key: 'open', uploadId, partNumber: 9 }, bytesOf('open', 500));
  await store.buckets.delete(short);
  store.clock.pass(24 * 3_600_000 + graceMilliseconds);
}

/** With a part that it does not use, and an upload that is aborted. */
async function completedAndDeleted(store: MemoryStore): Promise<void> {
  const bucket = await store.buckets.get('bucket');
  const request = { bucket, ownerAccountId: store.accountId };
  const target = { bucket, key: 'parts', uploadId: await store.uploads.create(newUpload(bucket, 'parts')) };
  const { etag } = await uploadPart(store, { ...target, partNumber: 1 }, bytesOf('used', 700));
  for (const [partNumber, length] of [
    [2, 20],
    [3, 800],
  ] as const) {
    await uploadPart(store, { ...target, partNumber }, bytesOf(`unused ${partNumber}`, length));
  }
  const parts = [{ partNumber: 1, etag, checksum: undefined }];
  await store.uploads.complete({ ...target, parts, conditions: {}, expected: nothingExpected });
  await store.objects.delete(request, { key: 'parts', versionId: undefined, conditions: {} });
  const aborted = { bucket, key: 'aborted', uploadId: await store.uploads.create(newUpload(bucket, 'aborted')) };
  await uploadPart(store, { ...aborted, partNumber: 1 }, bytesOf('aborted', 600));
  await store.uploads.abort(aborted);
}

visitFaults({
  name: 'the reclaim list',
  kinds: writeKinds,
  prepare: storeToReclaim,
  steps: [
    async ({ context }) => {
      while ((await reclaimDue(context)).reclaimed > 0);
    },
  ],
});

async function crashedUploads(store: MemoryStore): Promise<void> {
  await store.put(await store.bucket('bucket'), 'stays', bytesOf('stays', 2000));
  for (let i = 0; i < 3; i++) {
    await store.objects.stage({ length: undefined, pour: async (sink) => sink(bytesOf(`${i}`, 900)), collect }, []);
  }
  store.clock.pass(1);
}

const collect = () => Promise.reject(new Error('its length is not known'));
const searchesOrphans = ({ context }: StoreServices) =>
  reclaimOrphans(context, { writtenBefore: context.clock.now(), signal: new AbortController().signal });

visitFaults({
  name: 'the search for remains of crashes',
  kinds: [...writeKinds, 'cut'],
  prepare: crashedUploads,
  steps: [searchesOrphans],
  skips: true,
});
