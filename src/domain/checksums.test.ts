import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../foundation/digests.ts';
import {
  checksumAlgorithmNames,
  checksumAlgorithmOfHeader,
  checksumAlgorithms,
  chooseChecksumType,
  compositeChecksum,
  decodeCanonicalBase64,
  fullObjectChecksum,
  parseChecksumAlgorithm,
  parseChecksumValue,
} from './checksums.ts';

test('the table’s digest lengths are those of the digests', () => {
  for (const algorithm of checksumAlgorithmNames) {
    assert.equal(digestOf(algorithm, Buffer.from('x')).length, checksumAlgorithms[algorithm].bytes, algorithm);
  }
});

test('headers and elements have the names that S3 gives them', () => {
  assert.equal(checksumAlgorithms.CRC64NVME.header, 'x-amz-checksum-crc64nvme');
  assert.equal(checksumAlgorithms.XXHASH128.element, 'ChecksumXXHASH128');
  assert.equal(checksumAlgorithmOfHeader('X-Amz-Checksum-SHA256'), 'SHA256');
  for (const other of ['x-amz-checksum-type', 'x-amz-checksum-algorithm', 'x-amz-checksum-', 'content-md5', '']) {
    assert.equal(checksumAlgorithmOfHeader(other), undefined, other);
  }
});

test('algorithms are named in any case of letters, and no others', () => {
  assert.equal(parseChecksumAlgorithm('crc32c'), 'CRC32C');
  for (const bad of ['', 'CRC', 'constructor', '__PROTO__', 'toString']) {
    assert.throws(() => parseChecksumAlgorithm(bad), { kind: 'InvalidRequest' }, bad);
  }
});

test('the type of a multipart checksum is the algorithm’s own, or one that it can have', () => {
  assert.equal(chooseChecksumType('CRC32', undefined), 'COMPOSITE');
  assert.equal(chooseChecksumType('CRC32', 'full_object'), 'FULL_OBJECT');
  assert.equal(chooseChecksumType('CRC64NVME', undefined), 'FULL_OBJECT');
  assert.throws(() => chooseChecksumType('CRC64NVME', 'COMPOSITE'), { kind: 'InvalidRequest' });
  assert.throws(() => chooseChecksumType('SHA256', 'FULL_OBJECT'), {
    kind: 'InvalidRequest',
    message: 'The FULL_OBJECT checksum type cannot be used with the sha256 checksum algorithm.',
  });
  assert.throws(() => chooseChecksumType('CRC32', 'OTHER'), { kind: 'InvalidRequest' });
});

test('a value is base64 of the right length in its canonical spelling', () => {
  assert.equal(parseChecksumValue('CRC32', 'y/Q5Jg==').toString('hex'), 'cbf43926');
  for (const bad of [
    '',
    'y/Q5Jg',
    'y/Q5Jg=',
    'y_Q5Jg==',
    ' y/Q5Jg==',
    'y/Q5Jh==',
    'y/Q5Jg==\n',
    'cbf43926',
    'y/Q5JgA=',
  ]) {
    assert.throws(() => parseChecksumValue('CRC32', bad), {
      kind: 'BadDigest',
      message: 'Value for x-amz-checksum-crc32 header is invalid.',
    });
  }
});

test('canonical base64 is exactly what an encoder writes', () => {
  const encoded = fc.uint8Array({ maxLength: 20 });
  fc.assert(
    fc.property(encoded, (bytes) => {
      assert.deepEqual(decodeCanonicalBase64(Buffer.from(bytes).toString('base64')), Buffer.from(bytes));
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      const decoded = decodeCanonicalBase64(text);
      assert.ok(decoded === undefined || decoded.toString('base64') === text);
    }),
  );
});

test('a composite checksum is the digest of the digests, with the number of parts', () => {
  const digests = ['a', 'b'].map((text) => digestOf('SHA256', Buffer.from(text)));
  const expected = digestOf('SHA256', Buffer.concat(digests)).toString('base64');
  assert.equal(compositeChecksum('SHA256', digests), `${expected}-2`);
});

for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME'] as const) {
  test(`${algorithm} of parts combines to that of the whole`, () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 6 });
    const property = fc.property(pieces, (contents) => {
      const parts = contents.map((bytes) => ({ digest: digestOf(algorithm, bytes), length: bytes.length }));
      const whole = digestOf(algorithm, Buffer.concat(contents)).toString('base64');
      assert.equal(fullObjectChecksum(algorithm, parts), whole);
    });
    fc.assert(property, { numRuns: 100 });
  });

  test(`${algorithm} of parts beyond 4 GiB combines step by step as at once`, () => {
    const digest = digestOf(algorithm, Buffer.from('part'));
    const zeroes = (length: number) => ({ digest, length });
    const [a, b, c] = [zeroes(5 * 2 ** 30), zeroes(5 * 2 ** 30 - 1), zeroes(2 ** 32 + 12345)] as const;
    const first = { digest: Buffer.from(fullObjectChecksum(algorithm, [a, b]), 'base64'), length: a.length + b.length };
    const rest = { digest: Buffer.from(fullObjectChecksum(algorithm, [b, c]), 'base64'), length: b.length + c.length };
    assert.equal(fullObjectChecksum(algorithm, [first, c]), fullObjectChecksum(algorithm, [a, rest]));
  });
}

test('digests that do not combine are a defect of the caller, not of the client', () => {
  assert.throws(() => fullObjectChecksum('SHA256', []), TypeError);
});
