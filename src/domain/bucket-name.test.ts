import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkBucketName, isPossibleBucketName, reservedBucketNames } from './bucket-name.ts';

test('names that S3 allows are allowed', () => {
  for (const name of [
    'abc',
    '123',
    'a-b',
    'my.bucket.example',
    'a'.repeat(63),
    'a--b',
    '1.2.3.4.5',
    'health-1',
    'xn-a',
  ]) {
    checkBucketName(name);
    assert.ok(isPossibleBucketName(name), name);
  }
});

test('names that S3 refuses are refused', () => {
  const bad = ['', 'ab', 'a'.repeat(64), 'Abc', 'a_b', 'a b', 'a/b', 'é-é', '-ab', 'ab-', '.ab', 'ab.', 'a..b', 'a.-b'];
  bad.push('a-.b', '192.168.5.4', 'xn--abc', 'sthree-abc', 'amzn-s3-demo-abc', 'abc-s3alias', 'abc--ol-s3', 'abc.mrap');
  bad.push('abc--x-s3', 'abc--table-s3', 'abc\n', 'a\0b', ...reservedBucketNames);
  for (const name of bad)
    assert.throws(() => checkBucketName(name), { kind: 'InvalidBucketName' }, JSON.stringify(name));
});

test('what could be an imported bucket is looked up, what could be none is not', () => {
  for (const name of ['My_Bucket', 'a..b', '192.168.5.4', 'a'.repeat(255)]) assert.ok(isPossibleBucketName(name), name);
  for (const name of ['', 'ab', 'a/b', 'a\0b', '../..', 'a'.repeat(256), 'metrics']) {
    assert.ok(!isPossibleBucketName(name), JSON.stringify(name));
  }
});
