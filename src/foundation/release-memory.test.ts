import assert from 'node:assert/strict';
import { test } from 'node:test';
import { releaseMemory } from './release-memory.ts';

test('gives back what is large and belongs to nobody else', () => {
  const large = Buffer.allocUnsafeSlow(10_000);
  const half = Buffer.allocUnsafeSlow(20_000).fill(7).subarray(0, 10_000);
  const small = Buffer.from('a');
  for (const bytes of [large, half, small]) releaseMemory(bytes);
  assert.equal(large.length, 0);
  assert.equal(half.length, 10_000);
  assert.equal(half[9_999], 7);
  assert.equal(small.toString(), 'a');
});
