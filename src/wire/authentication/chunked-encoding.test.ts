import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentEncodingWithoutAwsChunked } from './chunked-encoding.ts';

test('only aws-chunked is taken out of a content encoding', () => {
  const expectations: [string | undefined, string | undefined][] = [
    [undefined, undefined],
    ['', ''],
    ['gzip', 'gzip'],
    ['aws-chunked', undefined],
    ['AWS-Chunked', undefined],
    ['aws-chunked,gzip', 'gzip'],
    ['gzip, aws-chunked', 'gzip'],
    ['aws-chunked, gzip,br', 'gzip,br'],
    ['aws-chunked,', undefined],
    ['x-aws-chunked', 'x-aws-chunked'],
  ];
  for (const [value, stored] of expectations)
    assert.equal(contentEncodingWithoutAwsChunked(value), stored, `of ${value}`);
});
