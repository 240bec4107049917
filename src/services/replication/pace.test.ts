import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Clock } from '../../foundation/clock.ts';
import { Pace } from './pace.ts';

/** Time passes only while somebody sleeps. */
function stillClock(): Clock & { time: number } {
  return {
    time: 1000,
    now() {
      return this.time;
    },
    async sleep(milliseconds) {
      this.time += milliseconds;
    },
  };
}

test('whatever the pieces, no more passes than the rate allows', async () => {
  const pieces = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 2, maxLength: 50 });
  const { signal } = new AbortController();
  await fc.assert(
    fc.asyncProperty(pieces, fc.integer({ min: 1, max: 1_000_000 }), async (lengths, rate) => {
      const clock = stillClock();
      const pace = new Pace(clock, rate);
      for (const length of lengths) await pace.take(length, signal);
      // The last piece is on its way: those before it have taken their time.
      const before = lengths.slice(0, -1).reduce((sum, length) => sum + length, 0);
      assert.ok(Math.abs(clock.time - 1000 - (before * 1000) / rate) < 1);
    }),
  );
});

test('without a limit nobody waits', async () => {
  const clock = stillClock();
  const pace = new Pace(clock, 0);
  const { signal } = new AbortController();
  for (let i = 0; i < 10; i++) await pace.take(1_000_000_000, signal);
  assert.equal(clock.time, 1000);
});
