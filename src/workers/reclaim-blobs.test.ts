import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryBlobEngine } from '../engines/blobs/memory/memory-blob-engine.ts';
import { memoryMetadataEngine } from '../engines/metadata/memory/memory-metadata-engine.ts';
import { silentLogger } from '../foundation/logger.ts';
import { systemRandom } from '../foundation/random.ts';
import { blobRecordType } from '../records/blob-record.ts';
import { keyspace } from '../records/keyspace.ts';
import type { ServiceContext } from '../services/service-context.ts';
import { reclaimBlobs } from './reclaim-blobs.ts';

const hour = 3_600_000;

/** A background process that works until `hours` have passed, from the time that `setting.now` stands at. */
function store() {
  const setting = { now: Date.UTC(2026, 0, 1) };
  const sleeping = { until: 0, stop: new AbortController() };
  const clock = {
    now: () => setting.now,
    async sleep(milliseconds: number) {
      setting.now += Math.max(milliseconds, hour / 10);
      if (setting.now >= sleeping.until) sleeping.stop.abort();
    },
  };
  const context: ServiceContext = {
    metadata: memoryMetadataEngine(),
    blobs: memoryBlobEngine({ clock }),
    clock,
    random: systemRandom(),
    logger: silentLogger,
    storage: { inlineBytes: 0, reclaimGraceMilliseconds: 1000 },
    subscribers: [],
  };
  return {
    context,
    setting,
    async stage(id: string) {
      const writer = await context.blobs.create(id);
      await writer.write(Buffer.from('staged'));
      await writer.commit();
    },
    async work(hours: number, serverStartedAt: number) {
      sleeping.until = setting.now + hours * hour;
      sleeping.stop = new AbortController();
      await reclaimBlobs(context, { serverStartedAt }).run(sleeping.stop.signal);
    },
    blobs: async () => (await Array.fromAsync(context.blobs.scan(), ({ id }) => id)).sort(),
  };
}

const [before, during, linked] = ['a', 'b', 'c'].map((digit) => digit.repeat(32)) as [string, string, string];

test('what a server left behind goes when the next one starts, and nothing else', async () => {
  const { context, setting, stage, work, blobs } = store();
  await stage(before);
  await stage(linked);
  await context.metadata.transact((tx) => tx.put(keyspace.blob(linked), blobRecordType.encode({ length: 6 })));
  setting.now += hour;
  const serverStartedAt = setting.now;
  await stage(during);
  await work(1, serverStartedAt);
  assert.deepEqual(await blobs(), [during, linked]);
});

test('an upload in progress survives a replacement of the background process', async () => {
  const { setting, stage, work, blobs } = store();
  const serverStartedAt = setting.now;
  setting.now += hour;
  await stage(during);
  setting.now += hour;
  await work(1, serverStartedAt);
  await work(12, serverStartedAt);
  assert.deepEqual(await blobs(), [during]);
});

test('what a worker left behind goes after a day, while the server runs on', async () => {
  const { setting, stage, work, blobs } = store();
  const serverStartedAt = setting.now;
  setting.now += hour;
  await stage(during);
  await work(26, serverStartedAt);
  assert.deepEqual(await blobs(), []);
});

test('leases that have run out go, and those of readers that go on stay', async () => {
  const { context, setting, work } = store();
  const leases = {
    ended: keyspace.readLease(before, 'ab'.repeat(8)),
    held: keyspace.readLease(during, 'cd'.repeat(8)),
  };
  const until = (time: number) => {
    const bytes = Buffer.alloc(6);
    bytes.writeUIntBE(time, 0, 6);
    return bytes;
  };
  await context.metadata.transact((tx) => {
    tx.put(leases.ended, until(setting.now));
    tx.put(leases.held, until(setting.now + 24 * hour));
  });
  await work(2, setting.now);
  assert.equal(await context.metadata.get(leases.ended), undefined);
  assert.ok(await context.metadata.get(leases.held));
});
