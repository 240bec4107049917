import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkObjectKey } from './object-key.ts';

test('keys are counted in bytes, not in characters', () => {
  checkObjectKey('a'.repeat(1024));
  checkObjectKey('é'.repeat(512));
  for (const key of ['a'.repeat(1025), 'é'.repeat(513), '\u{1f600}'.repeat(257)]) {
    assert.throws(() => checkObjectKey(key), {
      kind: 'KeyTooLong',
      details: { fields: { Size: Buffer.byteLength(key), MaxSizeAllowed: 1024 } },
    });
  }
});

test('the empty key and lone surrogates are refused, everything odd but spelt right is a key', () => {
  assert.throws(() => checkObjectKey(''), { kind: 'InvalidArgument' });
  assert.throws(() => checkObjectKey('a\ud800'), { kind: 'InvalidUri' });
  for (const key of ['/', '//', '.', '..', 'a/../b', '\0', ' ', '\n', '?', '%2F']) checkObjectKey(key);
});

test('a key is accepted exactly when its bytes are 1 to 1,024', () => {
  const property = fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1200, size: 'max' }), (key) => {
    const fits = Buffer.byteLength(key) <= 1024;
    if (fits) checkObjectKey(key);
    else assert.throws(() => checkObjectKey(key), { kind: 'KeyTooLong' });
  });
  fc.assert(property, { numRuns: 50 });
});
