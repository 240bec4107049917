import type { Sink } from '../../foundation/bytes.ts';
import { invariant } from '../../foundation/invariant.ts';

/** A range of bytes; `offset + length` never exceeds the blob's length. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Thrown by `open` when no such blob is stored. */
export class BlobMissingError extends Error {
  constructor(id: string) {
    super(`blob ${id} is missing`);
    this.name = 'BlobMissingError';
  }
}

/** Thrown by `open` or while pouring when stored bytes do not match their checksum: wrong bytes are never handed out. */
export class BlobCorruptError extends Error {
  constructor(id: string, reason: string) {
    super(`blob ${id} is corrupt: ${reason}`);
    this.name = 'BlobCorruptError';
  }
}

/** Thrown by writers when the medium has no room left. */
export class BlobSpaceError extends Error {
  constructor(cause: unknown) {
    super('no space left for blobs', { cause });
    this.name = 'BlobSpaceError';
  }
}

/** One blob being written, by one call at a time. Exactly one of `commit` and `abort` ends it. */
export interface BlobWriter {
  readonly id: string;
  /**
   * Takes the next bytes. The piece belongs to the writer for good, which gathers pieces without copying them: whoever
   * reads into a buffer again must hand over a copy. (A request's chunks are never used again, so nothing is copied.)
   * Where a promise comes back, the next piece waits for it: that is the back-pressure. Rejects with BlobSpaceError, or
   * with what the medium said about an earlier piece.
   */
  write(piece: Buffer): Promise<void> | void;
  /**
   * Resolves when bytes, checksums and the directory entry are durable. When it rejects, the blob is to be taken for
   * lost: the engine has removed what it could, and a remote one may leave an orphan for `scan` to find. `abort` may
   * follow, and is not needed.
   */
  commit(): Promise<{ readonly length: number }>;
  /** Removes what was written. Never rejects: what the medium would not remove is left for `scan` to find. */
  abort(): Promise<void>;
}

/** One blob open for reading; stays readable although it is deleted meanwhile, until `close`. */
export interface BlobReader {
  readonly length: number;
  /**
   * Pours the range in order, in pieces that are never empty. Each was verified against its stored checksum before the
   * sink sees it, and stays as it is until the sink resolves. Rejects with BlobCorruptError, or with what the sink threw,
   * and calls the sink no more then. Several pours may run at once.
   */
  pour(range: ByteRange, sink: Sink): Promise<void>;
  /** Ends the pours under way at their next piece, and resolves when the blob is let go. May be called again. */
  close(): Promise<void>;
}

export interface StoredBlob {
  readonly id: string;
  /** When its bytes were last written, in milliseconds since the epoch. */
  readonly writtenAt: number;
}

/** Throws unless `id` is one that the program draws: ids become paths and object names. */
export function requireBlobId(id: string): void {
  invariant(/^[0-9a-f]{32}$/.test(id), 'a blob id is 32 hexadecimal digits');
}

/** Throws unless the range lies within a blob of `length` bytes. */
export function requireRangeWithin(length: number, range: ByteRange): void {
  const { offset, length: wanted } = range;
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(wanted);
  invariant(whole && offset >= 0 && wanted >= 0 && offset + wanted <= length, 'a range lies within its blob', {
    offset,
    wanted,
    length,
  });
}

/**
 * Immutable byte strings under ids that the caller draws (`[0-9a-f]{32}`, unguessable, never used twice). Every
 * implementation passes `blob-engine-contract.ts`.
 */
export interface BlobEngine {
  create(id: string): Promise<BlobWriter>;
  /** Rejects with BlobMissingError, and with BlobCorruptError where no complete blob is stored. */
  open(id: string): Promise<BlobReader>;
  /** Deleting what is not there is no error. Resolves when the deletion is durable. */
  delete(id: string): Promise<void>;
  /** Every stored blob, unfinished and orphaned ones too, in no order. */
  scan(): AsyncIterable<StoredBlob>;
  close(): Promise<void>;
}
