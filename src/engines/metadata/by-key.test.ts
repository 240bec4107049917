import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByKey } from './by-key.ts';

/** A few keys that meet, of the same length with the same ends or nearly so, and some more that make them many. */
const key = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('a', 'b', 'ab', 'axb', 'ayb', 'axxb', 'axyb', 'ayxb', '\x00', '\xff', 'aÿb'),
  },
  { weight: 2, arbitrary: fc.nat(30).map((i) => `key-${String(i).padStart(2, '0')}-end`) },
);
const command = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('set' as const), key, value: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('find' as const), key }) },
);
const bytes = (text: string) => Buffer.from(text, 'latin1');

test('keeps, finds, replaces and orders as a Map does, few or many', () => {
  let most = 0;
  fc.assert(
    fc.property(fc.array(command, { maxLength: 120, size: 'max' }), fc.nat(200), (commands, clearedAt) => {
      const model = new Map<string, number>();
      const kept = new ByKey<{ key: Buffer; value: number }>();
      for (const [at, step] of commands.entries()) {
        if (at === clearedAt) {
          model.clear();
          kept.clear();
        }
        if (step.kind === 'set') {
          model.set(step.key, step.value);
          kept.set({ key: bytes(step.key), value: step.value });
        } else if (step.kind === 'delete') {
          model.delete(step.key);
          kept.delete(bytes(step.key));
        }
        assert.equal(kept.find(bytes(step.key))?.value, model.get(step.key));
        assert.equal(kept.size, model.size);
        most = Math.max(most, kept.size);
      }
      const found = [...kept].map((item) => [item.key.toString('latin1'), item.value]);
      assert.deepEqual(found, [...model]);
    }),
    { numRuns: 200 },
  );
  assert.ok(most > 20, `at most ${most} at a time`);
});
