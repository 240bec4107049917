import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatBasicTime, parseBasicTime } from './request-time.ts';

test('a time reads as what it was written from', () => {
  const seconds = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31, 23, 59, 59) / 1000 });
  fc.assert(
    fc.property(seconds, (time) => {
      assert.equal(parseBasicTime(formatBasicTime(time * 1000)), time * 1000);
    }),
  );
});

/** As the platform reads it, which takes a 30th of February for a day in March. */
function readByPlatform(text: string): number | undefined {
  const iso = text.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/, '$1-$2-$3T$4:$5:$6.000Z');
  const time = Date.parse(iso);
  return iso !== text && time >= 0 && new Date(time).toISOString() === iso ? time : undefined;
}

test('what is no time, or no day of the calendar, is refused', () => {
  const number = (digits: number, near: number) =>
    fc.integer({ min: 0, max: near + 2 }).map((n) => String(n).padStart(digits, '0'));
  const basic = fc
    .tuple(
      fc.integer({ min: 1968, max: 2404 }),
      number(2, 12),
      number(2, 31),
      number(2, 24),
      number(2, 60),
      number(2, 60),
    )
    .map(([year, month, day, ...time]) => `${year}${month}${day}T${time.join('')}Z`);
  const odd = fc
    .tuple(basic, fc.nat(15), fc.constantFrom(' ', '/', ':', '-', 'é', 'T', '+', ''))
    .map(([text, at, character]) => text.slice(0, at) + character + text.slice(at + 1));
  fc.assert(
    fc.property(fc.oneof(basic, odd), (text) => {
      assert.equal(parseBasicTime(text), readByPlatform(text), text);
    }),
    { numRuns: 2000 },
  );
  for (const text of [
    '',
    '20260230T000000Z',
    '20250229T000000Z',
    '19691231T235959Z',
    '20261122T030000',
    '2026112２T030000Z',
  ]) {
    assert.equal(parseBasicTime(text), undefined, text);
  }
  assert.equal(parseBasicTime('20240229T000000Z'), Date.UTC(2024, 1, 29));
});
