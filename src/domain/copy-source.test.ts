import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseCopySource } from './copy-source.ts';

test('a source is bucket and key, with or without a slash before, and a version', () => {
  const expected = { bucket: 'b', key: 'k/l', versionId: undefined };
  for (const header of ['b/k/l', '/b/k/l', 'b%2Fk%2Fl', '%2Fb/k%2fl'])
    assert.deepEqual(parseCopySource(header), expected);
  assert.deepEqual(parseCopySource('b/k?versionId=null'), { bucket: 'b', key: 'k', versionId: 'null' });
  assert.deepEqual(parseCopySource('/b/k%3F?versionId=a%2Fb'), { bucket: 'b', key: 'k?', versionId: 'a/b' });
});

test('it is decoded once, plus being a space', () => {
  const keyOf = (header: string) => parseCopySource(header).key;
  assert.equal(keyOf('b/a%2520b'), 'a%20b');
  assert.equal(keyOf('b/a+b%2Bc'), 'a b+c');
  assert.equal(keyOf('b/%C3%A9'), 'é');
  assert.equal(keyOf('b//k'), '/k');
  assert.equal(keyOf('b/../x'), '../x');
});

test('a question mark that begins no version belongs to the key', () => {
  assert.deepEqual(parseCopySource('b/k?x'), { bucket: 'b', key: 'k?x', versionId: undefined });
  assert.deepEqual(parseCopySource('b/k%3FversionId%3D1'), { bucket: 'b', key: 'k?versionId=1', versionId: undefined });
});

test('what names no bucket and key is refused', () => {
  const bad = [
    '',
    '/',
    'b',
    'b/',
    '/b/',
    '//k',
    '/?versionId=1',
    'b?versionId=1',
    'b/k?versionId=',
    'b/%',
    'b/%ff',
    '%',
  ];
  for (const header of bad) assert.throws(() => parseCopySource(header), { kind: 'InvalidArgument' }, header);
  assert.throws(() => parseCopySource(''), {
    message: 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
  });
});

test('access points are not implemented', () => {
  const arn = 'arn:aws:s3:us-west-2:123456789012:accesspoint/my-access-point/object/reports/january.pdf';
  assert.throws(() => parseCopySource(arn), { kind: 'NotImplemented' });
  assert.throws(() => parseCopySource(encodeURIComponent(arn)), { kind: 'NotImplemented' });
});

test('what a client encodes is what is read', () => {
  const property = fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (key) => {
    assert.deepEqual(parseCopySource(`/bucket/${encodeURIComponent(key)}`), {
      bucket: 'bucket',
      key,
      versionId: undefined,
    });
  });
  fc.assert(property);
});
