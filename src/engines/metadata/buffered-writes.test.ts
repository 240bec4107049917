import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BufferedWrites } from './buffered-writes.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');

/** From some that meet all the time to more than are looked through one after the other. */
const name = fc.oneof(
  fc.constantFrom('a', 'b', 'ab', 'acb', 'adb', '\x80', '\xff'),
  fc.nat(40).map((i) => `key ${i % 10}${i}`),
);
const write = fc.record({
  kind: fc.constantFrom('put', 'put', 'delete', 'counter'),
  name,
  value: fc.constantFrom('', '1', 'two'),
});
const writes = fc.array(write, { maxLength: 100, size: 'max' });

test('the last write of each key is kept, where the first one was', () => {
  let most = 0;
  fc.assert(
    fc.property(writes, (made) => {
      const model = new Map<string, string>();
      const buffered = new BufferedWrites();
      for (const { kind, name, value } of made) {
        model.set(name, kind === 'delete' ? 'delete' : `${kind} ${value}`);
        if (kind === 'counter') buffered.setCounter(bytes(name), bytes(value));
        else buffered.set(bytes(name), kind === 'delete' ? undefined : bytes(value));
        const found = buffered.find(bytes(name));
        assert.deepEqual(found && { ...found, key: found.key.toString('latin1') }, {
          key: name,
          value: kind === 'delete' ? undefined : bytes(value),
          isCounter: kind === 'counter',
        });
        assert.equal(buffered.find(bytes(`${name}?`)), undefined);
      }
      assert.equal(buffered.size, model.size);
      most = Math.max(most, buffered.size);
      const kept = [...buffered].map(({ key, value, isCounter }) => [
        key.toString('latin1'),
        value ? `${isCounter ? 'counter' : 'put'} ${value}` : 'delete',
      ]);
      assert.deepEqual(kept, [...model]);
    }),
  );
  assert.ok(most > 20, `at most ${most} at a time`);
});

test('a span is read through few writes as through many', () => {
  const stored = new Map([
    ['a', 'stored'],
    ['key 00', 'stored'],
    ['zz', 'stored'],
  ]);
  const span = { from: bytes('a'), to: bytes('z'), limit: 1000 };
  fc.assert(
    fc.property(writes, fc.boolean(), (made, reverse) => {
      const after = new Map(stored);
      const buffered = new BufferedWrites();
      for (const { kind, name, value } of made) {
        if (kind === 'delete') after.delete(name);
        else after.set(name, value);
        buffered.set(bytes(name), kind === 'delete' ? undefined : bytes(value));
      }
      const inSpan = (names: Map<string, string>) => {
        const chosen = [...names].filter(([name]) => name >= 'a' && name < 'z').sort(([x], [y]) => (x < y ? -1 : 1));
        return reverse ? chosen.reverse() : chosen;
      };
      const readStored = () => inSpan(stored).map(([key, value]) => ({ key: bytes(key), value: bytes(value) }));
      const read = buffered.readThrough({ ...span, reverse }, readStored);
      assert.deepEqual(
        read.map(({ key, value }) => [key.toString('latin1'), value.toString('latin1')]),
        inSpan(after),
      );
    }),
  );
});
