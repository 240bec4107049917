import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { BlobCorruptError } from '../../engines/blobs/blob-engine.ts';
import type { MaybePromise } from '../../foundation/bytes.ts';
import type { PieceTarget, RangeSource } from './piece-target.ts';

/**
 * A compressed content is a row of zstd frames, each of as much plaintext, and each readable alone. Behind them, where
 * there are several, stands an index: how long each frame is as stored (32 bits, little endian).
 */
export const frameLength = 131_072;
/** In the index: the frame stands as it came, because it does not shrink. */
const storedAsIs = 0x8000_0000;
const indexEntryLength = 4;

/** Fast: a core compresses some 400 MB/s, and the next levels save little more. */
const level = { [constants.ZSTD_c_compressionLevel]: 1 };

/** Shorter contents are left alone: they would save bytes that no page of a disk gives back. */
const shortestCompressed = 1024;
/** What does not get smaller than this part of itself is stored as it came. */
const worthwhile = 7 / 8;

function compressFrame(frame: Buffer): Buffer {
  return zstdCompressSync(frame, { params: level });
}

/** The content compressed, or undefined where that does not pay. */
export function compressBytes(bytes: Buffer): Buffer | undefined {
  if (bytes.length < shortestCompressed) return undefined;
  if (bytes.length <= frameLength) {
    const frame = compressFrame(bytes);
    return frame.length < bytes.length * worthwhile ? frame : undefined;
  }
  const pieces: Buffer[] = [];
  const compressor = new FrameCompressor({ write: (piece) => void pieces.push(piece), end() {} });
  compressor.writeNow(bytes);
  return compressor.compressedSize === undefined ? undefined : Buffer.concat(pieces);
}

/** Compresses what is written to it, unless its first stretch shows that this does not pay. */
export class FrameCompressor implements PieceTarget {
  readonly #target: PieceTarget;
  #held: Buffer[] = [];
  #heldLength = 0;
  #index: number[] = [];
  #size = 0;
  #isOff = false;

  constructor(target: PieceTarget) {
    this.#target = target;
  }

  /** Once all is written: how long the content is compressed. Undefined where it is stored as it came. */
  get compressedSize(): number | undefined {
    return this.#isOff ? undefined : this.#size;
  }

  write(piece: Buffer): MaybePromise<void> {
    if (this.#isOff) return this.#target.write(piece);
    this.#held.push(piece);
    this.#heldLength += piece.length;
    if (this.#heldLength >= frameLength) return this.#compressFull();
  }

  async end(): Promise<void> {
    if (!this.#isOff && this.#heldLength > 0) await this.#compressFrame(this.#heldLength);
    // Nothing at all.
    if (!this.#isOff && this.#index.length === 0) this.#isOff = true;
    if (!this.#isOff && this.#index.length > 1) await this.#target.write(this.#indexBytes());
    await this.#target.end();
  }

  /** All bytes at once, to a target that never asks to wait. */
  writeNow(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && !this.#isOff; at += frameLength) {
      this.#held = [bytes.subarray(at, at + frameLength)];
      this.#heldLength = this.#held[0]!.length;
      void this.#compressFrame(this.#heldLength);
    }
    if (!this.#isOff) void this.#target.write(this.#indexBytes());
  }

  #compressFull(): MaybePromise<void> {
    while (!this.#isOff && this.#heldLength >= frameLength) {
      const written = this.#compressFrame(frameLength);
      if (written instanceof Promise) return written.then(() => this.#compressFull());
    }
    return this.#isOff ? this.#passHeld() : undefined;
  }

  #compressFrame(length: number): MaybePromise<void> {
    const frame = this.#take(length);
    const isFirst = this.#index.length === 0;
    const compressed = isFirst && length < shortestCompressed ? frame : compressFrame(frame);
    const isSmaller = compressed.length < length * worthwhile;
    if (isFirst && !isSmaller) {
      this.#isOff = true;
      return this.#target.write(frame);
    }
    const stored = isSmaller ? compressed : frame;
    this.#index.push(isSmaller ? stored.length : stored.length | storedAsIs);
    this.#size += stored.length;
    return this.#target.write(stored);
  }

  /** The first bytes of what is held, in one buffer. */
  #take(length: number): Buffer {
    const all = this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held);
    this.#held = length === all.length ? [] : [all.subarray(length)];
    this.#heldLength -= length;
    return length === all.length ? all : all.subarray(0, length);
  }

  #passHeld(): MaybePromise<void> {
    const [piece] = this.#held.splice(0, 1);
    if (piece === undefined) return;
    const written = this.#target.write(piece);
    return written instanceof Promise ? written.then(() => this.#passHeld()) : this.#passHeld();
  }

  #indexBytes(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#index.length * indexEntryLength);
    for (const [i, entry] of this.#index.entries()) bytes.writeUInt32LE(entry >>> 0, i * indexEntryLength);
    this.#size += bytes.length;
    return bytes;
  }
}

/** A compressed content: its id, for messages, and how long it is before and after. */
interface CompressedContent {
  readonly id: string;
  readonly length: number;
  readonly compressedSize: number;
}

/** What `compressBytes` was given. Throws BlobCorruptError for bytes that are none of its. */
export function decompressBytes(bytes: Buffer, content: CompressedContent): Buffer {
  const frames = framesIn(content.length);
  if (frames === 1) return decompressFrame(bytes, content.length, content.id);
  const index = readIndex(bytes.subarray(Math.max(0, bytes.length - frames * indexEntryLength)), content);
  return Buffer.concat(
    index.lengths.map((stored, i) => {
      const frame = bytes.subarray(index.offsets[i]!, index.offsets[i]! + stored);
      return index.isAsIs[i] ? frame : decompressFrame(frame, lengthOfFrame(content.length, i), content.id);
    }),
  );
}

function framesIn(length: number): number {
  return Math.ceil(length / frameLength);
}

function lengthOfFrame(length: number, i: number): number {
  return Math.min(frameLength, length - i * frameLength);
}

function decompressFrame(frame: Buffer, length: number, id: string): Buffer {
  let plain: Buffer;
  try {
    plain = zstdDecompressSync(frame, { maxOutputLength: length });
  } catch {
    throw doesNotDecompress(id);
  }
  if (plain.length !== length) throw doesNotDecompress(id);
  return plain;
}

function doesNotDecompress(id: string): BlobCorruptError {
  return new BlobCorruptError(id, 'it does not decompress');
}

interface FrameIndex {
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
  readonly isAsIs: readonly boolean[];
}

function readIndex(bytes: Buffer, { id, length, compressedSize }: CompressedContent): FrameIndex {
  const frames = framesIn(length);
  if (bytes.length !== frames * indexEntryLength) throw doesNotDecompress(id);
  const offsets: number[] = [];
  const lengths: number[] = [];
  const isAsIs: boolean[] = [];
  let offset = 0;
  for (let i = 0; i < frames; i++) {
    const entry = bytes.readUInt32LE(i * indexEntryLength);
    offsets.push(offset);
    lengths.push(entry % storedAsIs);
    isAsIs.push(entry >= storedAsIs);
    if (isAsIs[i] && lengths[i] !== lengthOfFrame(length, i)) throw doesNotDecompress(id);
    offset += lengths[i]!;
  }
  if (offset + bytes.length !== compressedSize) throw doesNotDecompress(id);
  return { offsets, lengths, isAsIs };
}

/** What is read through `compressed`, decompressed: of a range only the frames that it touches. */
export function decompressedSource(content: CompressedContent, compressed: RangeSource): RangeSource {
  let known: FrameIndex | undefined;

  async function indexOf(): Promise<FrameIndex> {
    const frames = framesIn(content.length);
    if (frames === 1) return { offsets: [0], lengths: [content.compressedSize], isAsIs: [false] };
    const length = frames * indexEntryLength;
    if (length > content.compressedSize) throw doesNotDecompress(content.id);
    const pieces: Buffer[] = [];
    await compressed.pour({ offset: content.compressedSize - length, length }, (piece) => {
      pieces.push(Buffer.from(piece));
    });
    return readIndex(Buffer.concat(pieces), content);
  }

  return {
    async pour(range, sink) {
      if (range.length === 0) return;
      known ??= await indexOf();
      const index = known;
      let frame = Math.floor(range.offset / frameLength);
      const last = Math.floor((range.offset + range.length - 1) / frameLength);
      const offset = index.offsets[frame]!;
      const end = index.offsets[last]! + index.lengths[last]!;
      let gathered: Buffer[] = [];
      let missing = index.lengths[frame]!;
      await compressed.pour({ offset, length: end - offset }, async (piece) => {
        for (let at = 0; at < piece.length; ) {
          const part = piece.subarray(at, at + missing);
          at += part.length;
          missing -= part.length;
          if (missing > 0) {
            // The rest of the frame is in pieces to come, and this one will be overwritten.
            gathered.push(Buffer.from(part));
            return;
          }
          const stored = gathered.length === 0 ? part : Buffer.concat([...gathered, part]);
          const length = lengthOfFrame(content.length, frame);
          const plain = index.isAsIs[frame] ? stored : decompressFrame(stored, length, content.id);
          const start = frame * frameLength;
          gathered = [];
          frame++;
          missing = index.lengths[frame] ?? 0;
          await sink(
            plain.subarray(Math.max(range.offset - start, 0), Math.min(range.offset + range.length - start, length)),
          );
        }
      });
    },
  };
}

/** Types whose bytes are compressed already. */
const compressedTypes =
  /^(?:image\/(?!svg|bmp|x-ms-bmp|tiff)|video\/|audio\/(?!wav|x-wav|basic)|font\/woff|application\/(?:zip|gzip|x-gzip|x-bzip2?|x-xz|zstd|x-7z-compressed|x-rar|vnd\.rar|x-rpm|java-archive|vnd\.openxmlformats|vnd\.oasis\.opendocument|epub\+zip|vnd\.apache\.parquet|x-compress))/i;

/** Whether to try at all, by what is said of the content. */
export function isWorthCompressing({
  contentType,
  contentEncoding,
}: {
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
}): boolean {
  if (contentEncoding !== undefined && /\b(?:gzip|br|zstd|deflate|compress|xz)\b/i.test(contentEncoding)) return false;
  return contentType === undefined || !compressedTypes.test(contentType);
}
