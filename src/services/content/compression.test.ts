import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { BlobCorruptError } from '../../engines/blobs/blob-engine.ts';
import {
  compressBytes,
  decompressBytes,
  decompressedSource,
  FrameCompressor,
  frameLength,
  isWorthCompressing,
} from './compression.ts';
import type { RangeSource } from './piece-target.ts';

const id = 'cd'.repeat(16);

function textOf(length: number): Buffer {
  return Buffer.from('a line of a log that says little\n'.repeat(Math.ceil(length / 33))).subarray(0, length);
}

/** Text with stretches in it that do not shrink. */
function mixed(length: number): Buffer {
  const bytes = Buffer.from(textOf(length));
  for (let at = frameLength; at < length; at += 2 * frameLength) {
    randomBytes(Math.min(frameLength, length - at)).copy(bytes, at);
  }
  return bytes;
}

async function compressed(bytes: Buffer, cut: number) {
  const pieces: Buffer[] = [];
  const compressor = new FrameCompressor({
    write: (piece) => (pieces.push(piece) % 2 === 0 ? Promise.resolve() : undefined),
    end() {},
  });
  for (let at = 0; at < bytes.length; at += cut) await compressor.write(bytes.subarray(at, at + cut));
  await compressor.end();
  return { stored: Buffer.concat(pieces), compressedSize: compressor.compressedSize };
}

test('what shrinks gets smaller, comes back, and any range of it is read by itself', async () => {
  const drawn = fc.record({
    length: fc.integer({ min: 2000, max: 5 * frameLength }),
    cut: fc.integer({ min: 1000, max: 300_000 }),
    from: fc.nat(),
    to: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(drawn, async ({ length, cut, from, to }) => {
      const bytes = mixed(length);
      const { stored, compressedSize } = await compressed(bytes, cut);
      assert.ok(compressedSize !== undefined && compressedSize < length);
      assert.equal(stored.length, compressedSize);
      const content = { id, length, compressedSize };
      assert.deepEqual(decompressBytes(stored, content), bytes);
      let read = 0;
      const source: RangeSource = decompressedSource(content, {
        async pour(range, sink) {
          const reused = Buffer.alloc(50_000);
          for (let at = range.offset; at < range.offset + range.length; ) {
            const taken = Math.min(reused.length, range.offset + range.length - at);
            stored.copy(reused, 0, at, at + taken);
            read += taken;
            await sink(reused.subarray(0, taken));
            reused.fill(0xee);
            at += taken;
          }
        },
      });
      const offset = from % length;
      const taken = to % (length - offset + 1);
      const pieces: Buffer[] = [];
      await source.pour({ offset, length: taken }, (piece) => {
        pieces.push(Buffer.from(piece));
      });
      assert.deepEqual(Buffer.concat(pieces), bytes.subarray(offset, offset + taken));
      assert.ok(read <= taken + 2 * frameLength + 100, 'only the frames of the range are read');
    }),
    { numRuns: 30 },
  );
});

test('what does not shrink in its first stretch, and what is short, is stored as it came', async () => {
  for (const bytes of [Buffer.alloc(0), textOf(500), randomBytes(5000), randomBytes(3 * frameLength + 7)]) {
    assert.equal(compressBytes(bytes), undefined);
    for (const cut of [777, 200_000]) {
      const { stored, compressedSize } = await compressed(bytes, cut);
      assert.equal(compressedSize, undefined);
      assert.deepEqual(stored, bytes);
    }
  }
});

test('bytes at once are compressed as in pieces', async () => {
  for (const length of [2000, frameLength, frameLength + 1, 3 * frameLength]) {
    const bytes = mixed(length);
    assert.deepEqual(compressBytes(bytes), (await compressed(bytes, 60_000)).stored);
  }
});

test('bytes that are none of it are refused', () => {
  const bytes = mixed(3 * frameLength);
  const stored = compressBytes(bytes)!;
  const content = { id, length: bytes.length, compressedSize: stored.length };
  const flipped = Buffer.from(stored);
  flipped[flipped.length - 1]! ^= 1;
  const small = compressBytes(textOf(3000))!;
  for (const [altered, of] of [
    [flipped, content],
    [stored, { ...content, length: bytes.length + 1 }],
    [stored.subarray(4), content],
    [small, { id, length: 2999, compressedSize: small.length }],
    [small, { id, length: 3001, compressedSize: small.length }],
    [randomBytes(100), { id, length: 3000, compressedSize: 100 }],
  ] as const) {
    assert.throws(() => decompressBytes(altered, of), BlobCorruptError);
  }
});

test('types that are compressed already are not tried', () => {
  for (const contentType of ['image/jpeg', 'video/mp4', 'application/zip', 'application/gzip', 'font/woff2']) {
    assert.equal(isWorthCompressing({ contentType }), false, contentType);
  }
  for (const contentType of [undefined, 'text/plain', 'image/svg+xml', 'application/json', 'binary/octet-stream']) {
    assert.equal(isWorthCompressing({ contentType }), true, String(contentType));
  }
  assert.equal(isWorthCompressing({ contentType: 'text/plain', contentEncoding: 'gzip' }), false);
});
