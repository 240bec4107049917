import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../foundation/clock.ts';
import { openAccessLog } from './access-log.ts';
import type { Outcome } from './outcome.ts';

const lineBytes = 1024;

function outcome(target: string): Outcome {
  return {
    operation: 'GetObject',
    principal: undefined,
    bucket: undefined,
    key: undefined,
    method: 'GET',
    target: target.padEnd(lineBytes, 'x'),
    status: 200,
    errorCode: undefined,
    bytesIn: 0,
    bytesOut: 0,
    milliseconds: 1,
    requestId: '',
    remoteAddress: '',
    userAgent: undefined,
  };
}

/** What the pipe holds now; undefined when it is empty. */
function readNow(descriptor: number, buffer: Buffer): string | undefined {
  try {
    return buffer.toString('latin1', 0, readSync(descriptor, buffer));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}

test('a reader that stands still costs lines, not memory without end', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'access-log-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const pipe = join(directory, 'pipe');
  assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  context.after(() => closeSync(reader));
  const log = await openAccessLog(pipe, systemClock);
  const written = 32_000;
  for (let i = 0; i < written; i++) {
    log.observe(outcome(`/${i}/`));
    if (i % 500 === 0) await nextTurn();
  }
  const buffer = Buffer.alloc(65_536);
  let text = '';
  while (!text.includes('/the end/', text.length - 2 * buffer.length)) {
    const piece = readNow(reader, buffer);
    if (piece !== undefined) text += piece;
    else {
      log.observe(outcome('/the end/'));
      await nextTurn();
    }
  }
  const whole = text.split('\n').slice(0, -1);
  const kept = whole.filter((line) => JSON.parse(line).target.startsWith('/the end/') === false);
  assert.ok(kept.length > 1000 && kept.length < written / 2, `${kept.length} of ${written} lines were kept`);
});
