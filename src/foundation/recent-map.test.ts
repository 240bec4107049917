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
  assert.equal(map.get('b'), undefined);
  assert.equal(map.get('d'), 4);
  map.delete('d');
  assert.equal(map.get('d'), undefined);
});

test('knows the latest of what it was given, never anything else, and never too much', () => {
  const step = fc.record({
    key: fc.integer({ min: 0, max: 9 }),
    value: fc.option(fc.integer(), { nil: undefined }),
    isDeletion: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 6 }), (steps, limit) => {
      const map = new RecentMap<number, number>(limit);
      const all = new Map<number, number>();
      let lately: number[] = [];
      const use = (key: number) => {
        lately = [...lately.filter((other) => other !== key), key].slice(-limit);
      };
      for (const { key, value, isDeletion } of steps) {
        if (value !== undefined) {
          map.set(key, value);
          all.set(key, value);
          use(key);
        } else if (isDeletion) {
          map.delete(key);
          all.delete(key);
          lately = lately.filter((other) => other !== key);
        } else {
          const found = map.get(key);
          if (found !== undefined || lately.includes(key)) assert.equal(found, all.get(key));
          if (found !== undefined) use(key);
        }
        assert.ok(map.size <= 2 * limit);
      }
    }),
  );
});
