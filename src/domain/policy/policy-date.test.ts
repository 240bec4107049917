import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePolicyDate } from './policy-date.ts';

test('reads what Date prints', () => {
  const date = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(date, (given) => {
      assert.equal(parsePolicyDate(given.toISOString()), given.getTime());
    }),
  );
});

const read: readonly [text: string, iso: string][] = [
  ['2026', '2026-01-01T00:00:00Z'],
  ['2026-03', '2026-03-01T00:00:00Z'],
  ['2026-03-04', '2026-03-04T00:00:00Z'],
  ['2026-03-04T05:06', '2026-03-04T05:06:00Z'],
  ['2026-03-04T05:06Z', '2026-03-04T05:06:00Z'],
  ['2026-03-04T05:06:07', '2026-03-04T05:06:07Z'],
  ['2026-03-04T05:06:07.25Z', '2026-03-04T05:06:07.250Z'],
  ['2026-03-04T05:06:07+02:00', '2026-03-04T03:06:07Z'],
  ['2026-03-04T05:06:07-0230', '2026-03-04T07:36:07Z'],
  ['1700000000', '2023-11-14T22:13:20Z'],
  ['0', '1970-01-01T00:00:00Z'],
  ['1700000000.5', '2023-11-14T22:13:20.500Z'],
  ['2024-02-29', '2024-02-29T00:00:00Z'],
];
for (const [text, iso] of read) {
  test(`${text} is ${iso}`, () => assert.equal(parsePolicyDate(text), Date.parse(iso)));
}

for (const text of [
  '',
  'soon',
  '2026-13-01',
  '2026-02-29',
  '2026-04-31',
  '2026-01-01T24:00:00Z',
  '2026-01-01T00:60Z',
  '2026-1-1',
  '26-01-01',
  '2026-01-01T00:00:00+99:00',
  '1e3',
  'Sat, 21 Nov 2026 00:00:00 GMT',
]) {
  test(`no date: "${text}"`, () => assert.equal(parsePolicyDate(text), undefined));
}
