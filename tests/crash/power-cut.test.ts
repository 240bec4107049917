import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type CrashTestReport, runCrashTest } from '../../src/cli/crash-test/crash-test.ts';
import { crashSurroundings } from '../../src/processes/crash-surroundings.ts';
import { type LoopDisk, loopDisk } from './loop-disk.ts';
import { entry } from './run-cairn.ts';

const rounds = Number(process.env.CAIRN_CRASH_ROUNDS ?? 1);

function cutPowerUnderLoad(
  disk: LoopDisk,
  { sync, rounds }: { sync: 'durable' | 'relaxed'; rounds: number },
): Promise<CrashTestReport> {
  const data = join(disk.directory, 'data');
  const surroundings = crashSurroundings({ entry, data, sync, workers: 2 });
  const plan = { clients: 4, milliseconds: Number.POSITIVE_INFINITY, rounds, roundMilliseconds: 1500 };
  return runCrashTest(
    {
      ...surroundings,
      async crash(server) {
        await disk.cutPower();
        await server.kill();
        await disk.restorePower();
      },
    },
    plan,
  );
}

async function withDisk(t: TestContext, use: (disk: LoopDisk) => Promise<void>): Promise<void> {
  const disk = await loopDisk(t);
  if (typeof disk === 'string') t.skip(disk);
  else await use(disk);
}

test('after a power cut everything acknowledged is there, whole', async (t) => {
  await withDisk(t, async (disk) => {
    const report = await cutPowerUnderLoad(disk, { sync: 'durable', rounds });
    t.diagnostic(JSON.stringify([...report.counts]));
    assert.deepEqual(report.broken, []);
    assert.equal(report.rounds, rounds);
  });
});

test('the same power cut finds a store that syncs nothing', async (t) => {
  await withDisk(t, async (disk) => {
    // The database may be damaged beyond reading, too: then the server does not even start.
    const report = await cutPowerUnderLoad(disk, { sync: 'relaxed', rounds: 1 }).catch((error: Error) => error);
    assert.ok(report instanceof Error || report.broken.length > 0, 'something is lost');
  });
});

test('the power cut is one: what was not synced is gone', async (t) => {
  await withDisk(t, async (disk) => {
    const path = join(disk.directory, 'file');
    await writeFile(path, 'synced', { flush: true });
    await writeFile(join(disk.directory, 'unsynced'), 'written');
    await disk.cutPower();
    await disk.restorePower();
    await assert.rejects(writeFile(join(disk.directory, 'unsynced'), '', { flag: 'r+' }), { code: 'ENOENT' });
  });
});
