import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStorageClass, storageClasses } from './storage-class.ts';

test('the classes of S3 are known by their exact names', () => {
  for (const name of storageClasses) assert.equal(parseStorageClass(name), name);
  for (const bad of ['', 'standard', 'STANDARD ', 'FAST', 'constructor']) {
    assert.throws(() => parseStorageClass(bad), { kind: 'InvalidStorageClass' }, bad);
  }
});
