import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { contentRange, parseCopySourceRange, parseRange } from './byte-range.ts';

const cases: readonly (readonly [string, number, { offset: number; length: number } | undefined | 'unsatisfiable'])[] =
  [
    ['bytes=0-4', 10, { offset: 0, length: 5 }],
    ['bytes=5-5', 10, { offset: 5, length: 1 }],
    ['bytes=5-', 10, { offset: 5, length: 5 }],
    ['bytes=5-999', 10, { offset: 5, length: 5 }],
    ['bytes=-3', 10, { offset: 7, length: 3 }],
    ['bytes=-99', 10, { offset: 0, length: 10 }],
    ['BYTES=0-0', 10, { offset: 0, length: 1 }],
    [' bytes= 0-0 ', 10, { offset: 0, length: 1 }],
    ['bytes=0-99999999999999999999', 10, { offset: 0, length: 10 }],
    ['bytes=-99999999999999999999', 10, { offset: 0, length: 10 }],
    ['bytes=000-0004', 10, { offset: 0, length: 5 }],
    ['bytes=10-', 10, 'unsatisfiable'],
    ['bytes=40-50', 10, 'unsatisfiable'],
    ['bytes=-0', 10, 'unsatisfiable'],
    ['bytes=99999999999999999998-99999999999999999999', 10, 'unsatisfiable'],
    ['bytes=0-0', 0, 'unsatisfiable'],
    ['bytes=0-', 0, 'unsatisfiable'],
    ['bytes=-1', 0, 'unsatisfiable'],
    ['bytes=5-4', 10, undefined],
    ['bytes=99999999999999999999-99999999999999999998', 10, undefined],
    ['bytes=', 10, undefined],
    ['bytes=-', 10, undefined],
    ['bytes=a-b', 10, undefined],
    ['bytes=0-1,3-4', 10, undefined],
    ['bytes=1.5-2', 10, undefined],
    ['bytes=0x1-2', 10, undefined],
    ['bytes=--1', 10, undefined],
    ['items=0-4', 10, undefined],
    ['bytes 0-4', 10, undefined],
    ['', 10, undefined],
  ];

for (const [header, size, expected] of cases) {
  test(`"${header}" of ${size} bytes: ${JSON.stringify(expected) ?? 'ignored'}`, () => {
    if (expected === 'unsatisfiable') {
      assert.throws(() => parseRange(header, size), {
        kind: 'InvalidRange',
        details: {
          fields: { RangeRequested: header, ActualObjectSize: size },
          headers: { 'content-range': `bytes */${size}` },
        },
      });
    } else {
      assert.deepEqual(parseRange(header, size), expected);
    }
  });
}

test('a range is always inside the object, whatever the header', () => {
  const digits = fc.stringMatching(/^\d{0,20}$/);
  const property = fc.property(digits, digits, fc.nat(1000), (first, last, size) => {
    let range: ReturnType<typeof parseRange>;
    try {
      range = parseRange(`bytes=${first}-${last}`, size);
    } catch (error) {
      assert.equal((error as { kind?: string }).kind, 'InvalidRange');
      return;
    }
    if (range === undefined) return;
    assert.ok(range.length >= 1 && range.offset >= 0 && range.offset + range.length <= size);
  });
  fc.assert(property, { numRuns: 500 });
});

test('Content-Range names first, last and size', () => {
  assert.equal(contentRange({ offset: 2, length: 3 }, 10), 'bytes 2-4/10');
});

test('the range of a part copy must be whole and inside the source', () => {
  assert.deepEqual(parseCopySourceRange('bytes=0-9', 10), { offset: 0, length: 10 });
  for (const header of ['bytes=0-10', 'bytes=10-10', 'bytes=100-200']) {
    assert.throws(() => parseCopySourceRange(header, 10), { kind: 'InvalidRange' }, header);
  }
  for (const header of [
    '',
    'bytes=-5',
    'bytes=5-',
    '0-2',
    'bytes=0',
    'bytes=hello-world',
    'bytes=0-bar',
    'bytes=0-2,3-5',
    'bytes=3-2',
  ]) {
    assert.throws(() => parseCopySourceRange(header, 10), { kind: 'InvalidArgument' }, header);
  }
});
