import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { systemRandom } from '../foundation/random.ts';
import { isToken, nextTimedId, nextVersionToken, orderOfToken, timeOfTimedId } from './tokens.ts';

const random = systemRandom();
/** Until the year 2255, where microseconds since the epoch end to be whole numbers. */
const time = fc.integer({ min: 0, max: Math.floor(Number.MAX_SAFE_INTEGER / 1000) });

test('a version token says when its version came to be, and newer ones order first', () => {
  fc.assert(
    fc.property(time, time, (a, b) => {
      const [earlier, later] = a < b ? [a, b] : [b, a];
      const token = nextVersionToken(earlier, undefined, random);
      assert.ok(isToken(token), token);
      assert.equal(orderOfToken(token), earlier * 1000);
      const next = nextVersionToken(later, token, random);
      assert.ok(next < token);
      assert.equal(orderOfToken(next), Math.max(later * 1000, earlier * 1000 + 1));
    }),
  );
});

test('a token is newer than the one before it, whatever the clock says', () => {
  fc.assert(
    fc.property(time, time, (now, before) => {
      const previous = nextVersionToken(before, undefined, random);
      assert.ok(nextVersionToken(now, previous, random) < previous);
    }),
  );
});

test('a timed id says when it was drawn', () => {
  fc.assert(
    fc.property(time, (now) => {
      const id = nextTimedId(now, random);
      assert.ok(isToken(id), id);
      assert.equal(timeOfTimedId(id), now);
      assert.equal(id.slice(0, 12), now.toString(16).padStart(12, '0'));
    }),
  );
});
