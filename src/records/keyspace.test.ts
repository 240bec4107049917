import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareBytes, compareUtf8 } from '../foundation/byte-order.ts';
import { type KeyPosition, keyParts, keyspace, type Walk, walks } from './keyspace.ts';

const bucketId = '0102030405060708';
const token = 'ab'.repeat(16);
const tables = {
  current: {
    keyOf: (key: string) => keyspace.current({ bucketId, key }),
    textOf: keyParts.objectKeyOfCurrent,
    walk: walks.current,
  },
  noncurrent: {
    keyOf: (key: string) => keyspace.noncurrent({ bucketId, key }, token),
    textOf: keyParts.objectKeyOfEnded,
    walk: walks.noncurrent,
  },
  uploads: {
    keyOf: (key: string) => keyspace.upload({ bucketId, key }, token),
    textOf: keyParts.objectKeyOfEnded,
    walk: walks.uploads,
  },
};

const letter = fc.constantFrom('a', 'b', '/', '\0', '\x01', '\u{7ff}', '\uffff', '\u{10ffff}');
const text = (minLength: number) => fc.array(letter, { minLength, maxLength: 4 }).map((letters) => letters.join(''));
const keys = fc.uniqueArray(text(1), { maxLength: 30 });

function read(stored: readonly Buffer[], walk: Walk, position: KeyPosition): Buffer[] {
  const { from, to } = walk(position, 1000);
  return stored.filter((key) => compareBytes(key, from) >= 0 && compareBytes(key, to) < 0).sort(compareBytes);
}

for (const [name, { keyOf, textOf, walk }] of Object.entries(tables)) {
  test(`a walk through ${name} meets the keys with its prefix from a position on, in order`, () => {
    const property = fc.property(keys, text(0), text(0), (all, prefix, place) => {
      const stored = all.map(keyOf);
      const expect = (position: KeyPosition, isAfter: (key: string) => boolean) => {
        const expected = all.filter((key) => key.startsWith(prefix) && isAfter(key)).sort(compareUtf8);
        assert.deepEqual(read(stored, walk(bucketId, prefix), position).map(textOf), expected);
      };
      expect({ kind: 'at-key', key: prefix }, () => true);
      // Listings never begin before the prefix.
      const key = prefix + place;
      expect({ kind: 'at-key', key }, (other) => compareUtf8(other, key) >= 0);
      if (key !== '') expect({ kind: 'past-key', key }, (other) => compareUtf8(other, key) > 0);
      expect({ kind: 'past-prefix', prefix: key }, (other) => compareUtf8(other, key) > 0 && !other.startsWith(key));
    });
    fc.assert(property, { numRuns: 300 });
  });

  test(`a walk through ${name} stays in its bucket`, () => {
    const { from, to } = walk(bucketId, '')({ kind: 'at-key', key: '' }, 1);
    for (const other of ['0102030405060707', '0102030405060709', '0000000000000000', 'ffffffffffffffff']) {
      const key = Buffer.concat([from.subarray(0, 1), Buffer.from(other, 'hex'), Buffer.from('key')]);
      assert.ok(compareBytes(key, from) < 0 || compareBytes(key, to) >= 0, other);
    }
  });
}
