import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkCompletedParts, checkPartSize, checkSinglePutSize, parsePartNumber, uploadLimits } from './multipart.ts';

const { minimumPartSize, maximumPartSize } = uploadLimits;
const part = (partNumber: number, size: number) => ({ partNumber, size, etag: `etag${partNumber}` });

test('part numbers are 1 to 10,000', () => {
  assert.equal(parsePartNumber('1'), 1);
  assert.equal(parsePartNumber('10000'), 10000);
  for (const bad of ['', '0', '10001', '-1', '+1', '1.0', '1e3', '0x1', ' 1', 'a', '9'.repeat(400)]) {
    assert.throws(() => parsePartNumber(bad), { kind: 'InvalidArgument' }, bad);
  }
});

test('sizes have their upper limits', () => {
  checkPartSize(maximumPartSize);
  checkSinglePutSize(5 * 1024 ** 3);
  const details = { fields: { ProposedSize: maximumPartSize + 1, MaxSizeAllowed: maximumPartSize } };
  assert.throws(() => checkPartSize(maximumPartSize + 1), { kind: 'EntityTooLarge', details });
  assert.throws(() => checkSinglePutSize(5 * 1024 ** 3 + 1), { kind: 'EntityTooLarge' });
});

test('only the last part may be small', () => {
  assert.equal(checkCompletedParts([part(1, minimumPartSize), part(7, 1)]), minimumPartSize + 1);
  assert.equal(checkCompletedParts([part(1, 0)]), 0);
  assert.throws(() => checkCompletedParts([part(1, minimumPartSize - 1), part(2, minimumPartSize)]), {
    kind: 'EntityTooSmall',
    details: {
      fields: { ProposedSize: minimumPartSize - 1, MinSizeAllowed: minimumPartSize, PartNumber: 1, ETag: 'etag1' },
    },
  });
});

test('parts come in order, each once', () => {
  for (const numbers of [
    [2, 1],
    [1, 1],
  ] as const) {
    const parts = numbers.map((number) => part(number, minimumPartSize));
    assert.throws(() => checkCompletedParts(parts), { kind: 'InvalidPartOrder' });
  }
});

test('ten thousand of the largest parts are the largest object', () => {
  const parts = Array.from({ length: 10_000 }, (_, index) => part(index + 1, maximumPartSize));
  assert.equal(checkCompletedParts(parts), uploadLimits.maximumObjectSize);
  assert.throws(() => checkCompletedParts([...parts, part(10_001, 1)]), { kind: 'EntityTooLarge' });
});
