import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EarlyPace } from './early-pace.ts';

const note = (pace: EarlyPace, outcomes: readonly boolean[]) => {
  for (const held of outcomes) if (pace.pays) pace.note(held);
};

test('a few early runs in vain change nothing', () => {
  const pace = new EarlyPace();
  note(
    pace,
    Array.from({ length: 1000 }, (_, i) => i % 8 !== 0),
  );
  assert.equal(pace.pays, true);
});

test('early runs that are mostly in vain are left out, but for a few now and then', () => {
  const pace = new EarlyPace();
  let tried = 0;
  for (let i = 0; i < 10_000; i++) {
    if (!pace.pays) continue;
    tried++;
    pace.note(false);
  }
  assert.ok(tried > 10 && tried < 500, `${tried}`);
});

test('early runs come back when they hold again', () => {
  const pace = new EarlyPace();
  note(pace, Array<boolean>(1000).fill(false));
  note(pace, Array<boolean>(1000).fill(true));
  assert.equal(pace.pays, true);
});
