import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../foundation/clock.ts';
import { systemRandom } from '../../foundation/random.ts';
import { DataDirectoryError } from './refusal.ts';
import { acquireServerLock } from './server-lock.ts';

const options = { clock: systemClock, random: systemRandom(), patienceMilliseconds: 0 };
const patient = { ...options, patienceMilliseconds: 60_000 };

async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cairn-lock-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

test('a lock that is held is refused by the name of its holder, and free after release', async (t) => {
  const directory = await temporaryDirectory(t);
  const lock = await acquireServerLock(directory, options);
  await assert.rejects(acquireServerLock(directory, options), (error: Error) => {
    assert.ok(error instanceof DataDirectoryError);
    assert.ok(error.message.includes(`process ${process.pid}`));
    return true;
  });
  lock.release();
  (await acquireServerLock(directory, options)).release();
  assert.deepEqual(await readdir(join(directory, 'lock')), []);
});

test('one who waits gets the lock when its holder lets go', async (t) => {
  const directory = await temporaryDirectory(t);
  const first = await acquireServerLock(directory, options);
  const second = acquireServerLock(directory, patient);
  await assert.rejects(acquireServerLock(directory, options), DataDirectoryError);
  first.release();
  (await second).release();
});

test('never two holders, however many ask at once', async (t) => {
  const directory = await temporaryDirectory(t);
  let holders = 0;
  let served = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      const lock = await acquireServerLock(directory, patient);
      assert.equal(++holders, 1);
      await new Promise(setImmediate);
      holders--;
      served++;
      lock.release();
    }),
  );
  assert.equal(served, 8);
});

test('the lock of a killed process is free at once, whatever it left behind', async (t) => {
  const directory = await temporaryDirectory(t);
  const script = `
    import { acquireServerLock } from ${JSON.stringify(new URL('./server-lock.ts', import.meta.url).href)};
    import { systemClock } from ${JSON.stringify(new URL('../../foundation/clock.ts', import.meta.url).href)};
    import { systemRandom } from ${JSON.stringify(new URL('../../foundation/random.ts', import.meta.url).href)};
    await acquireServerLock(${JSON.stringify(directory)}, { clock: systemClock, random: systemRandom() });
    process.stdout.write('held');
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  await assert.rejects(acquireServerLock(directory, options), new RegExp(`process ${holder.pid}`));
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  assert.equal((await readdir(join(directory, 'lock'))).length, 1);
  (await acquireServerLock(directory, options)).release();
  assert.deepEqual(await readdir(join(directory, 'lock')), []);
});

test('a path too long for a socket is locked as well', async (t) => {
  const directory = join(await temporaryDirectory(t), 'long'.repeat(30));
  await mkdir(directory);
  const lock = await acquireServerLock(directory, options);
  await assert.rejects(acquireServerLock(directory, options), DataDirectoryError);
  lock.release();
});
