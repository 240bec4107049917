import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { BlobCorruptError, type ByteRange } from '../../engines/blobs/blob-engine.ts';
import { ChunkSealer, chunkLength, openChunks, openedSource, sealChunks, sealedLength } from './chunk-cipher.ts';
import type { RangeSource } from './piece-target.ts';

const key = randomBytes(32);
const id = 'ab'.repeat(16);
const lengths = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.constantFrom(...[-1, 0, 1].flatMap((more) => [chunkLength + more, 2 * chunkLength + more])),
  fc.integer({ min: 0, max: 4 * chunkLength }),
);

/** The same bytes in pieces of these lengths, over and over. */
function piecesOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = cuts[i % cuts.length]!;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

async function sealPieces(pieces: readonly Buffer[]): Promise<Buffer> {
  const sealed: Buffer[] = [];
  const sealer = new ChunkSealer(key, {
    write: (piece) => (sealed.push(piece) % 2 === 0 ? Promise.resolve() : undefined),
    end() {},
  });
  for (const piece of pieces) await sealer.write(piece);
  await sealer.end();
  return Buffer.concat(sealed);
}

/** Reads into one buffer again and again, as engines do. */
function storedSource(stored: Buffer, cut: number): RangeSource {
  return {
    async pour({ offset, length }, sink) {
      const reused = Buffer.alloc(cut);
      for (let at = offset; at < offset + length; ) {
        const taken = Math.min(cut, offset + length - at);
        stored.copy(reused, 0, at, at + taken);
        await sink(reused.subarray(0, taken));
        reused.fill(0xee);
        at += taken;
      }
    },
  };
}

async function collect(source: RangeSource, range: ByteRange): Promise<Buffer> {
  const pieces: Buffer[] = [];
  await source.pour(range, (piece) => {
    pieces.push(Buffer.from(piece));
  });
  return Buffer.concat(pieces);
}

test('what is written in pieces is sealed as if it came at once, is as long as said, and opens', async () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(lengths, cuts, async (length, cut) => {
      const bytes = randomBytes(length);
      const sealed = await sealPieces(piecesOf(bytes, cut));
      assert.deepEqual(sealed, sealedAtOnce(key, bytes));
      assert.equal(sealed.length, sealedLength(length));
      assert.deepEqual(openChunks(key, sealed, { id, length }), bytes);
    }),
    { numRuns: 60 },
  );
});

test('a content of one chunk is stored as it always was, whatever was sealed or opened before', () => {
  const [bytes, stored] = [Buffer.from('abc'), 'dab8f3ea3ef26e30fc32b95c934da8a9a26318'];
  fc.assert(
    fc.property(lengths, (length) => {
      const others = randomBytes(length);
      assert.deepEqual(openChunks(key, sealedAtOnce(key, others), { id, length }), others);
      const sealed = sealedAtOnce(Buffer.alloc(32, 1), bytes);
      assert.equal(sealed.toString('hex'), stored);
      assert.deepEqual(openChunks(Buffer.alloc(32, 1), sealed, { id, length: bytes.length }), bytes);
    }),
    { numRuns: 20 },
  );
});

test('any range opens by itself', async () => {
  const drawn = fc.record({ length: lengths, from: fc.nat(), to: fc.nat(), cut: fc.integer({ min: 1, max: 200_000 }) });
  await fc.assert(
    fc.asyncProperty(drawn, async ({ length, from, to, cut }) => {
      const bytes = randomBytes(length);
      const source = openedSource(key, { id, length }, storedSource(sealedAtOnce(key, bytes), Math.max(cut, 500)));
      const offset = from % (length + 1);
      const taken = to % (length - offset + 1);
      const range = { offset, length: taken };
      assert.deepEqual(await collect(source, range), bytes.subarray(offset, offset + taken));
    }),
    { numRuns: 100 },
  );
});

test('chunks that are altered, missing, moved or of another key or content are refused, and hand nothing out', async () => {
  const bytes = randomBytes(3 * chunkLength);
  const sealed = sealedAtOnce(key, bytes);
  const stored = chunkLength + 16;
  const chunks = [0, 1, 2].map((i) => sealed.subarray(i * stored, (i + 1) * stored));
  const flipped = Buffer.from(sealed);
  flipped[5]! ^= 1;
  const wrong: [Buffer, number, Buffer?][] = [
    [flipped, bytes.length],
    [Buffer.concat([chunks[1]!, chunks[0]!, chunks[2]!]), bytes.length],
    [Buffer.concat([chunks[0]!, chunks[1]!]), 2 * chunkLength],
    [Buffer.concat([chunks[0]!, chunks[1]!, chunks[2]!, chunks[2]!]), 4 * chunkLength],
    [sealed, bytes.length, randomBytes(32)],
    [sealed.subarray(0, -1), bytes.length],
  ];
  for (const [altered, length, otherKey] of wrong) {
    assert.throws(() => openChunks(otherKey ?? key, altered, { id, length }), BlobCorruptError);
    const source = openedSource(otherKey ?? key, { id, length }, storedSource(altered, 100_000));
    let told = 0;
    const pouring = source.pour({ offset: 0, length }, (piece) => {
      assert.deepEqual(piece, bytes.subarray(told, told + piece.length));
      told += piece.length;
    });
    await assert.rejects(pouring, BlobCorruptError);
    assert.ok(told < length);
  }
});

test('a failing target stops the sealer, and a failing sink the reader', async () => {
  const failure = new Error('full');
  const sealer = new ChunkSealer(key, { write: () => Promise.reject(failure), end() {} });
  await assert.rejects(async () => sealer.write(randomBytes(2 * chunkLength)), failure);
  const length = 3 * chunkLength;
  const source = openedSource(key, { id, length }, storedSource(sealedAtOnce(key, randomBytes(length)), 100_000));
  await assert.rejects(
    source.pour({ offset: 0, length }, () => Promise.reject(failure)),
    failure,
  );
});

function sealedAtOnce(key: Buffer, bytes: Buffer): Buffer {
  const room = Buffer.alloc(sealedLength(bytes.length));
  sealChunks(key, bytes, room);
  return room;
}
