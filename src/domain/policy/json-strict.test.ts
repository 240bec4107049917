import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StorageError } from '../errors.ts';
import { parseStrictJson, type StrictJson } from './json-strict.ts';

function plain(value: StrictJson): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, field]) => [name, plain(field)]));
  if (Array.isArray(value)) return value.map(plain);
  return value !== null && typeof value === 'object' && 'digits' in value ? Number(value.digits) : value;
}

test('reads what JSON.parse reads', () => {
  const json = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }));
  fc.assert(
    fc.property(json, fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      // Through JSON once more, since a map's fields have no prototype and -0 no sign.
      assert.deepEqual(JSON.parse(JSON.stringify(plain(parseStrictJson(text)))), JSON.parse(text));
    }),
    { numRuns: 300 },
  );
});

test('refuses what JSON.parse refuses, and never fails in another way', () => {
  const broken = fc
    .tuple(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), fc.nat(), fc.string({ maxLength: 2 }))
    .map(([value, at, inserted]) => {
      const text = JSON.stringify(value);
      const place = 1 + (at % text.length);
      return text.slice(0, place) + inserted + text.slice(place);
    });
  fc.assert(
    fc.property(broken, (text) => {
      let isValid = true;
      try {
        JSON.parse(text);
      } catch {
        isValid = false;
      }
      if (isValid) return;
      assert.throws(() => parseStrictJson(text), { kind: 'MalformedPolicy' });
    }),
    { numRuns: 500 },
  );
});

const refused: readonly [what: string, text: string, message: RegExp][] = [
  ['a field twice', '{"a":1,"a":2}', /the field a stands twice/],
  ['a field twice, once escaped', '{"Effect":1,"\\u0045ffect":2}', /the field Effect stands twice/],
  ['a field twice further down', '{"a":[{"b":1,"b":1}]}', /the field b stands twice/],
  ['no object', '[1]', /first byte must be/],
  ['white space first', ' {}', /first byte must be/],
  ['a byte order mark', '\ufeff{}', /first byte must be/],
  ['nothing', '', /first byte must be/],
  ['more behind the end', '{} {}', /invalid Json/],
  ['a comma too many', '{"a":1,}', /invalid Json/],
  ['a comma too many in a list', '{"a":[1,]}', /invalid Json/],
  ['a number with a leading zero', '{"a":01}', /invalid Json/],
  ['half a surrogate pair', '{"a":"\\ud800"}', /invalid Json/],
  ['a line break in a string', '{"a":"\n"}', /invalid Json/],
  ['an unknown escape', '{"a":"\\x41"}', /invalid Json/],
  ['a comment', '{/**/}', /invalid Json/],
  ['deep nesting', `{"a":${'['.repeat(100_000)}`, /nested too deeply/],
];
for (const [what, text, message] of refused) {
  test(`refuses ${what}`, () => {
    assert.throws(
      () => parseStrictJson(text),
      (error) => error instanceof StorageError && error.kind === 'MalformedPolicy' && message.test(error.message),
    );
  });
}

test('a field may have the name of a prototype', () => {
  const value = parseStrictJson('{"__proto__":{"constructor":"x"}}');
  assert.ok(value instanceof Map);
  assert.deepEqual(value.get('__proto__'), new Map([['constructor', 'x']]));
});

test('so many values are read and no more', () => {
  const text = '{"a":[1,"\\\\",{}],"b\\"":null}';
  assert.ok(parseStrictJson(text, 6) instanceof Map);
  assert.throws(() => parseStrictJson(text, 5), /too many values/);
});
