import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyText } from './pattern-units.ts';
import { matchesPattern, matchesUnits, mayMatchBeyond, patternOf, patternUnits } from './wildcard.ts';
import { matchesByAutomaton } from './wildcard-automaton.ts';

const characters = ['a', 'b', '/', '*', '?', '.', '😀'];
const pattern = fc.array(fc.constantFrom(...characters), { maxLength: 8 }).map((list) => list.join(''));
const text = fc.array(fc.constantFrom('a', 'b', '/', '.', '😀', '*'), { maxLength: 8 }).map((list) => list.join(''));

function expression(written: string): RegExp {
  const source = [...written].map((c) => (c === '*' ? '.*' : c === '?' ? '.' : c.replace(/[./]/, '\\$&')));
  return new RegExp(`^${source.join('')}$`, 'su');
}

test('matches as the regular expression of the pattern does', () => {
  fc.assert(
    fc.property(pattern, text, (written, tried) => {
      assert.equal(matchesPattern(patternOf(written), tried), expression(written).test(tried));
      assert.equal(matchesUnits(patternUnits(written), tried, 0), expression(written).test(tried));
    }),
    { numRuns: 3000 },
  );
});

const cases: readonly [pattern: string, text: string, matches: boolean][] = [
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
  ['*', 'a/b\nc', true],
  ['a*', 'a', true],
  ['a*', 'ba', false],
  ['a**', 'abc', true],
  ['?', '', false],
  ['?', '/', true],
  ['?', '😀', true],
  ['??', '😀', false],
  ['A', 'a', false],
  ['a*b*c', 'aXbYbZc', true],
  ['a*b*c', 'aXbYbZ', false],
  ['*.jpg', 'x.jpg.png', false],
];
for (const [written, tried, matches] of cases) {
  test(`"${written}" ${matches ? 'matches' : 'does not match'} ${JSON.stringify(tried)}`, () => {
    assert.equal(matchesPattern(patternOf(written), tried), matches);
  });
}

test('a pattern of many wildcards takes no more steps than text times pattern', () => {
  // Backtracking into every star would take longer than anyone waits.
  const written = '*a'.repeat(200);
  assert.equal(matchesPattern(patternOf(`${written}b`), 'a'.repeat(2000)), false);
  assert.equal(matchesPattern(patternOf(written), 'a'.repeat(2000)), true);
});

test('a unit that is a star by its number is no wildcard', () => {
  assert.equal(matchesUnits(Int32Array.of(0x2a), 'a', 0), false);
  assert.equal(matchesUnits(Int32Array.of(0x2a), '*', 0), true);
  assert.equal(matchesUnits(Int32Array.of(anyText), 'a', 0), true);
});

test('the automaton finds what the plain walk finds', () => {
  fc.assert(
    fc.property(pattern, text, (written, compared) => {
      const units = patternUnits(written);
      assert.equal(matchesByAutomaton(units, compared, 0), expression(written).test(compared));
    }),
    { numRuns: 3000 },
  );
  // Longer than a word of bits, at its borders, and far beyond.
  for (const length of [31, 32, 33, 63, 64, 65, 5000]) {
    const units = patternUnits(`*${'a?'.repeat(length)}*b`);
    assert.equal(matchesByAutomaton(units, `x${'aa'.repeat(length)}cb`, 0), true, `${length}`);
    assert.equal(matchesByAutomaton(units, `x${'aa'.repeat(length - 1)}b`, 0), false, `${length}`);
  }
});

test('tells whether a longer text could match', () => {
  fc.assert(
    fc.property(pattern, text, text, (written, start, more) => {
      if (more !== '' && expression(written).test(start + more)) {
        assert.ok(mayMatchBeyond(patternUnits(written), start));
      }
    }),
    { numRuns: 2000 },
  );
  for (const [written, start, possible] of [
    ['bucket/*', 'bucket/', true],
    ['bucket/', 'bucket/', false],
    ['bucket', 'bucket/', false],
    ['buck*', 'bucket/', true],
    ['other/*', 'bucket/', false],
    ['b?cket/k', 'bucket/', true],
    ['?😀', '😀', true],
  ] as const) {
    assert.equal(mayMatchBeyond(patternUnits(written), start), possible, written);
  }
});
