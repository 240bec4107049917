import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { DataKey } from './data-key.ts';
import { OpenedKeys } from './opened-keys.ts';

const sealed = (masterKeyId: string, sealedKey: Buffer) => ({ kind: 'SSE-S3', masterKeyId, sealedKey }) as const;

test('answers the key that was opened from just these bytes under just this master key, or none', () => {
  // So few different bytes that many have the same number, or are the beginning of others.
  const bytes = fc
    .array(fc.constantFrom(0, 1, 255), { minLength: 0, maxLength: 9 })
    .map((values) => Buffer.from(values));
  const step = fc.record({ bytes, master: fc.constantFrom('a', 'b'), isNew: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const opened = new OpenedKeys(20);
      const all = new Map<string, DataKey>();
      for (const { bytes, master, isNew } of steps) {
        const name = `${master} ${bytes.toString('hex')}`;
        if (isNew) {
          const dataKey = new DataKey(randomBytes(32));
          all.set(name, dataKey);
          opened.set(sealed(master, bytes), dataKey);
          assert.equal(opened.get(sealed(master, Buffer.from(bytes))), dataKey);
        } else {
          const found = opened.get(sealed(master, bytes));
          if (found) assert.equal(found, all.get(name));
        }
      }
    }),
  );
});

test('does not depend on the buffer that a key was read into', () => {
  const opened = new OpenedKeys(2);
  const read = randomBytes(16);
  const before = Buffer.from(read);
  opened.set(sealed('a', read), new DataKey(randomBytes(32)));
  read.fill(0);
  assert.ok(opened.get(sealed('a', before)));
  assert.equal(opened.get(sealed('a', read)), undefined);
});
