import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeListingText } from './listing-text.ts';

test('slashes and what needs no encoding stand for themselves', () => {
  assert.equal(encodeListingText('foo/bar-1_2.3*'), 'foo/bar-1_2.3*');
  assert.equal(encodeListingText(''), '');
});

test('everything else is percent-encoded, in upper case', () => {
  assert.equal(encodeListingText('foo+1/bar'), 'foo%2B1/bar');
  assert.equal(encodeListingText('quux ab/'), 'quux%20ab/');
  assert.equal(encodeListingText("a=b:c~d!e'f(g)h%i*/"), 'a%3Db%3Ac%7Ed%21e%27f%28g%29h%25i*/');
  assert.equal(encodeListingText('\u0001\n'), '%01%0A');
  assert.equal(encodeListingText('é\u{1f600}'), '%C3%A9%F0%9F%98%80');
  assert.equal(encodeListingText('\ud800'), '%EF%BF%BD');
});

test('both kinds of decoders give the text back', () => {
  const property = fc.property(fc.string({ unit: 'grapheme' }), (text) => {
    const encoded = encodeListingText(text);
    assert.match(encoded, /^[A-Za-z0-9\-_.*/%]*$/);
    assert.equal(decodeURIComponent(encoded), text);
    assert.equal(decodeURIComponent(encoded.replaceAll('+', ' ')), text);
  });
  fc.assert(property);
});
