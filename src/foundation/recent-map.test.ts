import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RecentMap } from './recent-map.ts';

test('forgets what was not used for long', () => {
  const map = new RecentMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  assert.equal(map.get('a'), 1);
  map.set('c', 3);
  map.set('d', 4);
  map.set('e', 5);
  assert.equal(map.get('b'), undefined);
  assert.equal(map.get('e'), 5);
  map.delete('e');
  assert.equal(map.get('e'), undefined);
  map.set('heavy', 6, 3);
  assert.equal(map.get('heavy'), undefined);
});

test('knows the latest of what it was given, never anything else, and never too much', () => {
  const step = fc.record({
    key: fc.integer({ min: 0, max: 9 }),
    value: fc.option(fc.integer(), { nil: undefined }),
    weight: fc.integer({ min: 1, max: 3 }),
    isDeletion: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 3, max: 9 }), (steps, limit) => {
      const map = new RecentMap<number, number>(limit);
      const all = new Map<number, { value: number; weight: number }>();
      /** In order of use, the latest first. */
      let lately: number[] = [];
      const use = (key: number) => {
        lately = [key, ...lately.filter((other) => other !== key)];
      };
      const mustBeKnown = (key: number) => {
        const before = lately.indexOf(key);
        if (before < 0) return false;
        return lately.slice(0, before + 1).reduce((sum, other) => sum + all.get(other)!.weight, 0) <= limit;
      };
      for (const { key, value, weight, isDeletion } of steps) {
        if (value !== undefined) {
          map.set(key, value, weight);
          all.set(key, { value, weight });
          use(key);
        } else if (isDeletion) {
          map.delete(key);
          all.delete(key);
          lately = lately.filter((other) => other !== key);
        } else {
          const found = map.get(key);
          if (found !== undefined || mustBeKnown(key)) assert.equal(found, all.get(key)?.value);
          if (found !== undefined) use(key);
          else lately = lately.filter((other) => other !== key);
        }
        assert.ok(map.size <= 2 * limit);
      }
    }),
  );
});
