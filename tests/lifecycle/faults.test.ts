import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultyBlobEngine } from '../../src/engines/blobs/faulty/faulty-blob-engine.ts';
import { memoryBlobEngine } from '../../src/engines/blobs/memory/memory-blob-engine.ts';
import type { FaultPlan } from '../../src/engines/fault-plan.ts';
import { faultyMetadataEngine } from '../../src/engines/metadata/faulty/faulty-metadata-engine.ts';
import { lifecycleSetting } from '../../src/records/lifecycle-setting.ts';
import { BucketSettings } from '../../src/services/buckets/bucket-settings.ts';
import { reclaimDue, reclaimOrphans } from '../../src/services/content/reclaim.ts';
import { placementSubscriber } from '../../src/services/lifecycle/queue-placement.ts';
import { restoreObject } from '../../src/services/lifecycle/restore-object.ts';
import type { ServiceContext } from '../../src/services/service-context.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { lifecycleWork } from '../../src/workers/apply-lifecycle.ts';
import { placementWork } from '../../src/workers/place-contents.ts';
import { untilNoFaultFires } from '../faults/until-no-fault-fires.ts';
import { bytesOf, MemoryStore, newUpload, nothingExpected, uploadPart } from '../memory-store.ts';

const day = 86_400_000;

class FaultyRound {
  readonly store: MemoryStore;
  readonly #cold;

  constructor(store: MemoryStore) {
    this.store = store;
    this.#cold = memoryBlobEngine({ clock: store.clock });
  }

  /** What expires, what moves (inline, as a blob, and in parts), and what is already cold and asked back. */
  static async prepare(): Promise<FaultyRound> {
    const store = await MemoryStore.open();
    const round = new FaultyRound(store);
    const bucket = await store.bucket('bucket');
    for (const key of ['gone/1', 'gone/2']) await store.put(bucket, key, bytesOf(key, 300));
    await store.put(bucket, 'kept/inline', bytesOf('inline', 50));
    await store.put(bucket, 'kept/blob', bytesOf('blob', 3000));
    const upload = { bucket, key: 'kept/parts', uploadId: await store.uploads.create(newUpload(bucket, 'kept/parts')) };
    const { etag } = await uploadPart(store, { ...upload, partNumber: 1 }, bytesOf('part', 700));
    const parts = [{ partNumber: 1, etag, checksum: undefined }];
    await store.uploads.complete({ ...upload, parts, conditions: {}, expected: nothingExpected });
    const none = { transitions: [], noncurrentTransitions: [] };
    await new BucketSettings(store.context).write(bucket, {
      setting: lifecycleSetting,
      value: {
        minimumTransitionSize: 'varies_by_storage_class',
        rules: [
          { ...none, id: 'expire', isEnabled: true, filter: { prefix: 'gone/' }, expiration: { days: 1 } },
          {
            ...none,
            id: 'archive',
            isEnabled: true,
            filter: { prefix: 'kept/' },
            transitions: [{ days: 0, storageClass: 'GLACIER' }],
          },
        ],
      },
    });
    store.clock.pass(3 * day);
    return round;
  }

  context(plan?: FaultPlan): ServiceContext {
    const { context, metadata, blobs } = this.store;
    const wrapped = plan && {
      metadata: faultyMetadataEngine(metadata, plan),
      blobs: faultyBlobEngine(blobs, plan),
      coldBlobs: faultyBlobEngine(this.#cold, plan),
    };
    return { ...context, coldBlobs: this.#cold, subscribers: [placementSubscriber], ...wrapped };
  }

  /** Both kinds of work, as far as they get. */
  async work(context: ServiceContext): Promise<void> {
    for (const work of [lifecycleWork(context), placementWork(context)]) {
      const round = { signal: new AbortController().signal, progress() {}, count() {} };
      // A worker tries again later what failed.
      await work.runOnce(round).catch(() => undefined);
    }
  }

  async restore(context: ServiceContext): Promise<void> {
    const bucket = await this.store.buckets.get('bucket');
    const target = { bucket, key: 'kept/blob', versionId: undefined };
    const { token } = await this.store.objects.head(target);
    const origin = { by: 'request', requestId: undefined, accountId: undefined, sourceAddress: undefined } as const;
    await restoreObject(context, { ...target, days: 1, origin, token }).catch(() => undefined);
  }

  async assertSettled(): Promise<void> {
    const context = this.context();
    for (let days = 0; days < 12; days++) {
      while ((await reclaimDue(context)).reclaimed > 0);
      await reclaimOrphans(context, { writtenBefore: context.clock.now(), signal: new AbortController().signal });
      this.store.clock.pass(day);
    }
    const found = await Array.fromAsync(verifyStore(context, { bytes: true, orphans: true }));
    assert.deepEqual(
      found.map(({ message }) => message),
      [],
    );
    const bucket = await this.store.buckets.get('bucket');
    const query = { bucketId: bucket.id, prefix: '', delimiter: undefined, after: undefined, limit: 10 };
    const { items } = await this.store.objects.list(query);
    const seen = items.map((item) => {
      assert.ok(item.kind === 'entry');
      const { key, version } = item.entry;
      return `${key} ${version.storageClass} ${version.isArchived} ${version.restore?.until !== undefined}`;
    });
    assert.deepEqual(seen, [
      'kept/blob GLACIER true false',
      'kept/inline GLACIER true false',
      'kept/parts GLACIER true false',
    ]);
    let cold = 0;
    for await (const _ of this.#cold.scan()) cold++;
    assert.equal(cold, 3);
  }
}

for (const kind of ['before', 'after', 'full', 'conflict', 'cut'] as const) {
  test(`a pass and its moves come to their end in spite of a fault: ${kind}`, async () => {
    const { rounds } = await untilNoFaultFires({ kind, lasts: 'once', limit: 300 }, async (plan) => {
      const round = await FaultyRound.prepare();
      await round.work(round.context(plan));
      plan.heal();
      round.store.clock.pass(3_600_000);
      await round.work(round.context());
      await round.assertSettled();
    });
    assert.ok(rounds > 0, 'the work met the fault');
  });
}

for (const kind of ['before', 'after', 'full'] as const) {
  test(`a restore comes to its end in spite of a fault: ${kind}`, async () => {
    const { rounds } = await untilNoFaultFires({ kind, lasts: 'once', limit: 100 }, async (plan) => {
      const round = await FaultyRound.prepare();
      await round.work(round.context());
      await round.restore(round.context());
      await round.work(round.context(plan));
      plan.heal();
      round.store.clock.pass(3_600_000);
      await round.work(round.context());
      // While its days last.
      const bucket = await round.store.buckets.get('bucket');
      const version = await round.store.objects.head({ bucket, key: 'kept/blob', versionId: undefined });
      assert.ok(version.restore?.until !== undefined);
      round.store.clock.pass(4 * day);
      await round.work(round.context());
      await round.assertSettled();
    });
    assert.ok(rounds > 0, 'the work met the fault');
  });
}
