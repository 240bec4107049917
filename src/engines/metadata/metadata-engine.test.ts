import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addToCounters, readCounters } from './metadata-engine.ts';

const counter = fc.oneof(
  fc.maxSafeInteger(),
  fc.constantFrom(0, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 32, -(2 ** 32), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
);

test('counters are signed 64-bit integers, little-endian, without zeros at the end', () => {
  fc.assert(
    fc.property(fc.array(counter, { maxLength: 6 }), (values) => {
      const stored = addToCounters(undefined, values);
      const kept = values.slice(0, values.findLastIndex((value) => value !== 0) + 1);
      if (kept.length === 0) return stored === undefined;
      const expected = Buffer.alloc(kept.length * 8);
      for (const [i, value] of kept.entries()) expected.writeBigInt64LE(BigInt(value), i * 8);
      assert.deepEqual(stored, expected);
      assert.deepEqual(
        readCounters(stored, values.length),
        values.map((value) => value + 0),
      );
      return true;
    }),
  );
});

test('additions add up, whatever their order, and what becomes nothing is not stored', () => {
  const small = fc.array(fc.integer({ min: -(2 ** 50), max: 2 ** 50 }), { maxLength: 4 });
  fc.assert(
    fc.property(small, small, (first, second) => {
      const there = addToCounters(addToCounters(undefined, first), second);
      assert.deepEqual(there, addToCounters(addToCounters(undefined, second), first));
      const length = Math.max(first.length, second.length);
      assert.deepEqual(
        readCounters(there, length),
        Array.from({ length }, (_, i) => (first[i] ?? 0) + (second[i] ?? 0)),
      );
      const back = [...first, ...second.slice(first.length)].map((_, i) => -((first[i] ?? 0) + (second[i] ?? 0)));
      assert.equal(addToCounters(there, back), undefined);
    }),
  );
});

test('a sum that a number cannot hold is refused', () => {
  const most = addToCounters(undefined, [Number.MAX_SAFE_INTEGER]);
  assert.throws(() => addToCounters(most, [1]), /a counter stays below/);
});
