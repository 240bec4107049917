import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BlobMissingError } from '../engines/blobs/blob-engine.ts';
import { type Clock, systemClock } from '../foundation/clock.ts';
import { silentLogger } from '../foundation/logger.ts';
import { systemRandom } from '../foundation/random.ts';
import { keyspace } from '../records/keyspace.ts';
import { leaseRecordType } from '../records/lease-record.ts';
import { backgroundLockIn } from '../services/data-directory/data-directory.ts';
import { acquireServerLock } from '../services/data-directory/server-lock.ts';
import { takeLease } from '../services/leases/lease.ts';
import { readSettings } from '../settings-sources.ts';
import { runBackgroundWork } from './background-work.ts';
import { closeEngines, type Engines, openEngines } from './engines.ts';

/** For so long the worker that reclaims blobs sleeps when there is nothing left for it to do. */
const idleMilliseconds = 1000;

const id = 'ab'.repeat(16);

/** Stages a blob that no record speaks of yet, lets the background work go once round, and tells whether it is left. */
async function survives(t: TestContext, serverStartedAt: number): Promise<boolean> {
  const data = await mkdtemp(join(tmpdir(), 'cairn-background-'));
  t.after(() => rm(data, { recursive: true, force: true }));
  const settings = await readSettings({ flags: ['--data', data], environment: {} });
  const engines = await openEngines(settings);
  const writer = await engines.blobs.create(id);
  await writer.write(Buffer.from('staged, not committed'));
  await writer.commit();

  const stopping = new AbortController();
  // The background process starts later than the blob was staged, as it does beside workers that serve already.
  const clock: Clock = {
    now: () => Date.now() + 3_600_000,
    // Others sleep for other times, and as often as they like.
    sleep: async (milliseconds, signal) => {
      if (milliseconds === idleMilliseconds) stopping.abort();
      else if (!signal?.aborted) await once(signal!, 'abort');
    },
  };
  const context = { settings, serverStartedAt, clock, logger: silentLogger, random: systemRandom() };
  const root = { accessKey: 'root-key', secretKey: 'root-secret' };
  const eventMetrics = { count() {}, stand() {} };
  const replicationMetrics = { watch() {} };
  await runBackgroundWork(
    { ...context, root, eventMetrics, replicationMetrics, masterKey: Buffer.alloc(32) },
    stopping.signal,
  );
  const left = await isThere(engines);
  await closeEngines(engines);
  return left;
}

async function isThere({ blobs }: Engines): Promise<boolean> {
  try {
    await (await blobs.open(id)).close();
    return true;
  } catch (error) {
    if (error instanceof BlobMissingError) return false;
    throw error;
  }
}

test('a blob that a worker of this server has staged is not taken for what a crash left behind', async (t) => {
  assert.equal(await survives(t, Date.now() - 500), true);
});

test('a blob from before this server that nothing speaks of is removed', async (t) => {
  assert.equal(await survives(t, Date.now() + 60_000), false);
});

test('nothing is done while the background process of a server before is still there, and all of it when it is gone', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'cairn-background-'));
  t.after(() => rm(data, { recursive: true, force: true }));
  const settings = await readSettings({ flags: ['--data', data], environment: {} });
  const random = systemRandom();
  const before = await openEngines(settings);
  const held = { name: 'replicate', holder: 'the one before', milliseconds: 1_800_000 };
  await takeLease({ metadata: before.metadata, clock: systemClock }, held);
  const lockDirectory = backgroundLockIn(data);
  await mkdir(lockDirectory, { recursive: true });
  const lock = await acquireServerLock(lockDirectory, { clock: systemClock, random });

  const waits = Promise.withResolvers<void>();
  const logger = { ...silentLogger, warn: () => waits.resolve() };
  const stopping = new AbortController();
  const root = { accessKey: 'root-key', secretKey: 'root-secret' };
  const masterKey = Buffer.alloc(32);
  const context = { settings, serverStartedAt: Date.now(), clock: systemClock, logger, random, root, masterKey };
  const running = runBackgroundWork(
    { ...context, eventMetrics: { count() {}, stand() {} }, replicationMetrics: { watch() {} } },
    stopping.signal,
  );
  const holder = async () => {
    const bytes = await before.metadata.get(keyspace.lease('replicate'));
    return bytes && leaseRecordType.decode(bytes).holder;
  };
  await waits.promise;
  assert.equal(await holder(), held.holder);
  lock.release();
  while ([held.holder, undefined].includes(await holder())) await systemClock.sleep(20);
  stopping.abort();
  await running;
  await closeEngines(before);
});
