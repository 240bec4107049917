import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Bucket, millisecondsUntil, refilled } from './rate-limits.ts';

const rates = fc.integer({ min: 1, max: 1_000_000 });
const steps = fc.array(fc.record({ passes: fc.integer({ min: -5000, max: 5000 }), wants: fc.nat({ max: 2_000_000 }) }));

test('what is taken is never more than a second at once and the rate over time, whatever the clock does', () => {
  fc.assert(
    fc.property(rates, steps, (rate, moments) => {
      let now = 1_000_000;
      let passed = 0;
      let taken = 0;
      let bucket: Bucket | undefined;
      for (const { passes, wants } of moments) {
        now += passes;
        passed += Math.max(0, passes);
        const full = refilled(bucket, rate, now);
        assert.ok(full.level <= rate);
        const got = Math.min(wants, full.level);
        taken += got;
        bucket = { ...full, level: full.level - got };
      }
      assert.ok(taken <= rate + (passed * rate) / 1000 + 1e-6 * rate);
    }),
  );
});

test('after the wait that is told there is enough, and not a millisecond before', () => {
  fc.assert(
    fc.property(rates, fc.integer({ min: -1_000_000, max: 0 }), (rate, level) => {
      const bucket = { level, at: 0 };
      const wait = millisecondsUntil(1, bucket, rate);
      assert.ok(refilled(bucket, rate, wait).level >= 1 - 1e-9);
      assert.ok(refilled(bucket, rate, wait - 1).level < 1);
    }),
  );
});
