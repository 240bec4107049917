import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatHttpDate, parseHttpDate } from './http-date.ts';

const moment = Date.UTC(1994, 10, 6, 8, 49, 37);

test('the three forms of RFC 9110 are read', () => {
  assert.equal(parseHttpDate('Sun, 06 Nov 1994 08:49:37 GMT'), moment);
  assert.equal(parseHttpDate('Sunday, 06-Nov-94 08:49:37 GMT'), moment);
  assert.equal(parseHttpDate('Sun Nov  6 08:49:37 1994'), moment);
  assert.equal(parseHttpDate('Sunday, 06-Nov-31 08:49:37 GMT'), Date.UTC(2031, 10, 6, 8, 49, 37));
});

test('what is no date is none', () => {
  const bad = ['', 'now', '0', '1994-11-06T08:49:37Z', 'Sun, 06 Nov 1994 08:49:37', 'Sun, 06 Nov 1994 08:49:37 CET'];
  bad.push('Sun, 31 Feb 1994 08:49:37 GMT', 'Sun, 06 Foo 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 24:00:00 GMT');
  bad.push('Sun, 00 Nov 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 08:60:37 GMT', 'Sun, 6 Nov 1994 08:49:37 GMT');
  for (const text of bad) assert.equal(parseHttpDate(text), undefined, text);
});

test('what is written is read back, to the second', () => {
  const property = fc.property(fc.integer({ min: 0, max: 253402300799999 }), (milliseconds) => {
    assert.equal(parseHttpDate(formatHttpDate(milliseconds)), Math.floor(milliseconds / 1000) * 1000);
  });
  fc.assert(property);
});
