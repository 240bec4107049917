import assert from 'node:assert/strict';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Clock } from '../../foundation/clock.ts';
import { checkFileSystem } from './check-disk.ts';
import { checkClock } from './check-machine.ts';
import { checkFeatures, checkSyncs } from './check-sync.ts';
import { bytesText } from './finding.ts';

async function scratchDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cairn-doctor-'));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

/** Goes on by so much whenever it is asked. */
function steppingClock(milliseconds: number): Clock {
  let now = Date.now();
  return {
    now() {
      now += milliseconds;
      return now;
    },
    sleep: () => Promise.resolve(),
  };
}

test('syncs that take no time are not believed, and slow ones are told', async (t) => {
  const scratch = await scratchDirectory(t);
  const check = (milliseconds: number) => checkSyncs(scratch, steppingClock(milliseconds));
  assert.equal((await check(0)).state, 'warning');
  assert.match((await check(0)).advice ?? '', /No disk is that fast/);
  assert.equal((await check(1)).state, 'good');
  assert.equal((await check(30)).state, 'warning');
  assert.match((await check(30)).advice ?? '', /syncs faster/);
});

const mount = (point: string, options: string) =>
  `36 35 98:0 / ${point} rw,noatime master:1 - ext4 /dev/disk ${options}\n`;

test('a mount without barriers is a failure, on the nearest mount above only', async (t) => {
  const directory = await scratchDirectory(t);
  const sound = `${mount('/', 'rw,nobarrier')}${mount(tmpdir(), 'rw')}`;
  assert.notEqual((await checkFileSystem(directory, sound)).state, 'failure');
  const unsafe = await checkFileSystem(directory, `${mount('/', 'rw')}${mount(tmpdir(), 'rw,barrier=0')}`);
  assert.equal(unsafe.state, 'failure');
  assert.match(unsafe.found, /barrier=0/);
  const elsewhere = await checkFileSystem(directory, `${mount('/', 'rw')}${mount(`${tmpdir()}-other`, 'nobarrier')}`);
  assert.notEqual(elsewhere.state, 'failure');
});

test('the features of this file system are all there, and trying them twice is told', async (t) => {
  const scratch = await scratchDirectory(t);
  assert.equal((await checkFeatures(scratch)).state, 'good');
  const again = await checkFeatures(scratch);
  assert.equal(again.state, 'failure');
  assert.match(again.found, /cannot make files \(EEXIST\)/);
});

test('a clock that disagrees with files is told', async (t) => {
  const scratch = await scratchDirectory(t);
  const scratchFile = join(scratch, 'sync');
  await writeFile(scratchFile, '');
  const check = async (milliseconds: number) => {
    const now = Date.now() + milliseconds;
    return checkClock({ clock: { now: () => now, sleep: async () => {} }, scratchFile, metadata: scratch });
  };
  assert.equal((await check(0)).state, 'good');
  assert.equal((await check(60_000)).state, 'warning');
  assert.equal((await check(-50 * 365 * 86_400_000)).state, 'failure');
  await writeFile(join(scratch, 'metadata.mdb'), '');
  const tomorrow = Date.now() / 1000 + 86_400;
  await utimes(join(scratch, 'metadata.mdb'), tomorrow, tomorrow);
  const late = await check(0);
  assert.equal(late.state, 'warning');
  assert.match(late.found, /written later/);
});

test('sizes for people', () => {
  const texts = [0, 1023, 1024, 1536, 200 * 2 ** 20, 2 ** 50].map(bytesText);
  assert.deepEqual(texts, ['0 bytes', '1023 bytes', '1.0 KiB', '1.5 KiB', '200 MiB', '1.0 PiB']);
});
