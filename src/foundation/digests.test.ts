import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createDigest, type DigestAlgorithm, digestOf } from './digests.ts';

/** Check values of the specifications: the digest of the nine bytes "123456789", and of nothing. */
const vectors: Record<DigestAlgorithm, readonly [nine: string, nothing: string]> = {
  CRC32: ['cbf43926', '00000000'],
  CRC32C: ['e3069283', '00000000'],
  CRC64NVME: ['ae8b14860a799888', '0000000000000000'],
  MD5: ['25f9e794323b453885f5181f1b624d0b', 'd41d8cd98f00b204e9800998ecf8427e'],
  SHA1: ['f7c3bc1d808e04732adf679965ccc34ca7ae3441', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
  SHA256: [
    '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  ],
  SHA512: [
    'd9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274ad27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85',
    'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e',
  ],
  XXHASH64: ['8cb841db40e6ae83', 'ef46db3751d8e999'],
  XXHASH3: ['72dcb18b67a17dff', '2d06800538d394c2'],
  XXHASH128: ['33119477ede5dcd5e9716427681d5860', '99aa06d3014798d86001c324468d497f'],
};
const algorithms = Object.keys(vectors) as DigestAlgorithm[];

for (const algorithm of algorithms) {
  const [nine, nothing] = vectors[algorithm];

  test(`${algorithm} has the check values of its specification`, () => {
    assert.equal(digestOf(algorithm, Buffer.from('123456789')).toString('hex'), nine);
    assert.equal(digestOf(algorithm, Buffer.alloc(0)).toString('hex'), nothing);
    assert.equal(createDigest(algorithm).digest().toString('hex'), nothing);
  });

  test(`${algorithm} is the same in pieces and at once`, () => {
    const piece = fc.uint8Array({ maxLength: 300 });
    const property = fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const digest = createDigest(algorithm);
      for (const bytes of pieces) digest.update(bytes);
      assert.deepEqual(digest.digest(), digestOf(algorithm, Buffer.concat(pieces)));
    });
    fc.assert(property, { numRuns: 60 });
  });

  test(`${algorithm} reads a view into a larger buffer, not the buffer`, () => {
    const view = new Uint8Array(Buffer.from('..123456789..')).subarray(2, 11);
    assert.equal(digestOf(algorithm, view).toString('hex'), nine);
    const digest = createDigest(algorithm);
    digest.update(view);
    assert.equal(digest.digest().toString('hex'), nine);
  });
}

test('XXHASH128 of a stream agrees with the native library around every boundary of its blocks', () => {
  const bytes = Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 131 + (at >> 3)) & 0xff));
  for (const edge of [0, 64, 240, 241, 256, 512, 1024, 2048, 3072, 4096]) {
    for (const length of [edge - 65, edge - 64, edge - 1, edge, edge + 1, edge + 63, edge + 64, edge + 65]) {
      if (length < 0) continue;
      const whole = bytes.subarray(0, length);
      for (const step of [1, 7, 64, 1000, 5000]) {
        const digest = createDigest('XXHASH128');
        for (let at = 0; at < length; at += step) digest.update(whole.subarray(at, at + step));
        assert.deepEqual(digest.digest(), digestOf('XXHASH128', whole), `${length} bytes by ${step}`);
      }
    }
  }
});
