import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCrashTest } from '../../src/cli/crash-test/crash-test.ts';
import { crashSurroundings } from '../../src/processes/crash-surroundings.ts';
import { temporaryDirectory } from '../start/spawn-server.ts';
import { entry } from './run-cairn.ts';

/** `CAIRN_CRASH_ROUNDS=200` for a night. */
const rounds = Number(process.env.CAIRN_CRASH_ROUNDS ?? 2);

test('a server killed under load keeps what it acknowledged, and nothing by halves', async (t) => {
  const data = join(await temporaryDirectory(t), 'data');
  const surroundings = crashSurroundings({ entry, data, sync: 'durable', workers: 2 });
  const report = await runCrashTest(surroundings, {
    clients: 8,
    milliseconds: Number.POSITIVE_INFINITY,
    rounds,
    roundMilliseconds: rounds > 2 ? 3000 : 1500,
    onRound: (soFar) =>
      t.diagnostic(`round ${soFar.rounds}: start ${soFar.slowestStartMilliseconds} ms, unanswered ${soFar.unanswered}`),
  });
  t.diagnostic(JSON.stringify([...report.counts]));
  assert.deepEqual(report.broken, []);
  assert.equal(report.rounds, rounds);
});

test('the same kills find a server that answers before it has committed', async (t) => {
  const data = join(await temporaryDirectory(t), 'data');
  const lyingEntry = fileURLToPath(new URL('./lying-server.ts', import.meta.url));
  const surroundings = crashSurroundings({ entry: lyingEntry, data, sync: 'durable', workers: 1 });
  const report = await runCrashTest(surroundings, {
    clients: 4,
    milliseconds: Number.POSITIVE_INFINITY,
    rounds: 2,
    roundMilliseconds: 1000,
  });
  assert.ok(
    report.broken.some((message) => /missing|phantom|altered|upload/.test(message)),
    'acknowledged writes were missed',
  );
});
