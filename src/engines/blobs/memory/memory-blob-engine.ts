import type { Sink } from '../../../foundation/bytes.ts';
import { type Clock, systemClock } from '../../../foundation/clock.ts';
import { invariant } from '../../../foundation/invariant.ts';
import {
  type BlobEngine,
  BlobMissingError,
  type BlobReader,
  type BlobWriter,
  type ByteRange,
  requireBlobId,
  requireRangeWithin,
  type StoredBlob,
} from '../blob-engine.ts';

/** A blob being written has no bytes yet; it is scanned, as a file without its end would be, but cannot be opened. */
interface MemoryBlob {
  readonly bytes: Buffer | undefined;
  readonly writtenAt: number;
}

export interface MemoryBlobEngineOptions {
  /** Dates the blobs. */
  readonly clock?: Clock;
  /** Length of the pieces that a reader pours, all but the last one; 64 KiB unless told. */
  readonly pieceLength?: number;
}

/**
 * Blobs in memory, for tests and simulation. Pieces are poured from one buffer that is spoilt as soon as the sink gives
 * it back, so that a sink that keeps a piece too long is found out.
 */
export function memoryBlobEngine(options: MemoryBlobEngineOptions = {}): BlobEngine {
  const { clock = systemClock, pieceLength = 64 * 1024 } = options;
  const blobs = new Map<string, MemoryBlob>();
  return {
    async create(id) {
      requireBlobId(id);
      invariant(!blobs.has(id), 'a blob id is used once');
      blobs.set(id, { bytes: undefined, writtenAt: clock.now() });
      return memoryWriter(id, {
        keep: (bytes) => blobs.set(id, { bytes, writtenAt: clock.now() }),
        remove: () => blobs.delete(id),
      });
    },
    async open(id) {
      requireBlobId(id);
      const bytes = blobs.get(id)?.bytes;
      if (!bytes) throw new BlobMissingError(id);
      return new MemoryReader(bytes, pieceLength);
    },
    async delete(id) {
      requireBlobId(id);
      blobs.delete(id);
    },
    async *scan(): AsyncIterable<StoredBlob> {
      for (const [id, { writtenAt }] of [...blobs]) yield { id, writtenAt };
    },
    async close() {},
  };
}

function memoryWriter(id: string, store: { keep(bytes: Buffer): void; remove(): void }): BlobWriter {
  const pieces: Buffer[] = [];
  let state: 'open' | 'committed' | 'aborted' = 'open';
  return {
    id,
    write(piece) {
      invariant(state === 'open', 'a blob is written until it is committed or aborted');
      pieces.push(piece);
    },
    async commit() {
      invariant(state === 'open', 'a blob is committed once');
      state = 'committed';
      const bytes = Buffer.concat(pieces);
      store.keep(bytes);
      return { length: bytes.length };
    },
    async abort() {
      if (state === 'open') store.remove();
      if (state === 'open') state = 'aborted';
    },
  };
}

class MemoryReader implements BlobReader {
  readonly length: number;
  readonly #bytes: Buffer;
  readonly #pieceLength: number;
  #closed = false;

  constructor(bytes: Buffer, pieceLength: number) {
    this.length = bytes.length;
    this.#bytes = bytes;
    this.#pieceLength = pieceLength;
  }

  async pour(range: ByteRange, sink: Sink): Promise<void> {
    requireRangeWithin(this.length, range);
    const end = range.offset + range.length;
    const reused = Buffer.alloc(Math.min(this.#pieceLength, range.length));
    for (let at = range.offset; at < end; at += reused.length) {
      if (this.#closed) throw new Error('the blob was closed while it was poured');
      const piece = reused.subarray(0, this.#bytes.copy(reused, 0, at, Math.min(at + reused.length, end)));
      await sink(piece);
      piece.fill(0xdb);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}
