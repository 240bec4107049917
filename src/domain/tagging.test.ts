import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkTags, parseTaggingHeader, type Tag } from './tagging.ts';

const tags = (count: number): Tag[] => Array.from({ length: count }, (_, at) => ({ key: `k${at}`, value: 'v' }));

test('a header is read as a form', () => {
  assert.deepEqual(parseTaggingHeader('a=1&b=x+y%2Bz&c=&d&&e=%3D%C3%A9'), [
    { key: 'a', value: '1' },
    { key: 'b', value: 'x y+z' },
    { key: 'c', value: '' },
    { key: 'd', value: '' },
    { key: 'e', value: '=é' },
  ]);
  assert.deepEqual(parseTaggingHeader(''), []);
});

test('a header that is no form, or names a key twice, is an invalid argument', () => {
  for (const header of ['=x', 'a=%', 'a=%ff', 'a=1&a=2', 'a=1&%61=2', 'a=1,b=2']) {
    assert.throws(() => parseTaggingHeader(header), { kind: 'InvalidArgument' }, header);
  }
});

test('numbers and lengths have limits', () => {
  checkTags(tags(10), 'object');
  checkTags(tags(50), 'bucket');
  checkTags([{ key: 'k'.repeat(128), value: 'v'.repeat(256) }], 'object');
  checkTags([{ key: '𠮷'.repeat(128), value: '𠮷'.repeat(256) }], 'object');
  const bad: Tag[][] = [tags(11), [{ key: '', value: '' }], [{ key: 'k'.repeat(129), value: '' }]];
  bad.push([{ key: 'k', value: 'v'.repeat(257) }], [{ key: '𠮷'.repeat(129), value: '' }]);
  for (const list of bad) assert.throws(() => checkTags(list, 'object'), { kind: 'InvalidTag' });
  assert.throws(() => checkTags(tags(51), 'bucket'), { kind: 'InvalidTag' });
  assert.throws(() => parseTaggingHeader('a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&k=1'), { kind: 'InvalidTag' });
});

test('characters, system keys and repetitions are refused', () => {
  checkTags([{ key: 'Ключ +-=._:/@', value: '値 1' }], 'object');
  for (const key of ['a;b', 'a\n', 'a\0', '<a>', 'aws:x', 'AWS:x']) {
    assert.throws(() => checkTags([{ key, value: '' }], 'object'), { kind: 'InvalidTag' }, JSON.stringify(key));
  }
  assert.throws(() => checkTags([{ key: 'a', value: '?' }], 'object'), { kind: 'InvalidTag' });
  assert.throws(() => checkTags([...tags(1), ...tags(1)], 'object'), {
    message: 'Cannot provide multiple Tags with the same key',
  });
  const system = [{ key: 'aws:x', value: '' }];
  assert.throws(() => checkTags(system, 'object'), { message: 'Your TagKey cannot be prefixed with aws:' });
  assert.throws(() => checkTags(system, 'bucket'), { message: 'System tags cannot be added/updated by requester' });
});

test('what a client encodes is what is read', () => {
  const word = fc
    .stringMatching(/^[A-Za-zÄÖäöü0-9 _.:/=+@-]{1,20}$/)
    .filter((text) => !text.toLowerCase().startsWith('aws:'));
  const property = fc.property(fc.uniqueArray(word, { maxLength: 10 }), word, (keys, value) => {
    const header = new URLSearchParams(keys.map((key) => [key, value])).toString();
    assert.deepEqual(
      parseTaggingHeader(header),
      keys.map((key) => ({ key, value })),
    );
  });
  fc.assert(property);
});
