import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pauseAfter, reasonToGiveUp } from './delivery-pace.ts';

test('pauses grow with the failures, up to a minute, and are never alike for all', () => {
  assert.equal(pauseAfter(1, 0), 125);
  assert.equal(pauseAfter(1, 0.5), 187);
  assert.equal(pauseAfter(1000, 0.999), 59_970);
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 10_000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (failures, chance) => {
        const pause = pauseAfter(failures, chance);
        assert.ok(pause >= 125 && pause <= 60_000);
        assert.ok(pauseAfter(failures + 1, chance) >= pause);
      },
    ),
  );
});

test('an event is given up when it is refused, was tried often enough, or has waited long enough', () => {
  const limits = { tries: 3, waitMilliseconds: 1000 };
  assert.equal(reasonToGiveUp('never', { tries: 1, age: 0 }, limits), 'refused');
  assert.equal(reasonToGiveUp('later', { tries: 2, age: 999 }, limits), undefined);
  assert.equal(reasonToGiveUp('later', { tries: 3, age: 0 }, limits), 'tries');
  assert.equal(reasonToGiveUp('later', { tries: 1, age: 1000 }, limits), 'age');
});
