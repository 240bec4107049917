import type { ByteRange } from '../../engines/blobs/blob-engine.ts';
import type { MaybePromise, Sink } from '../../foundation/bytes.ts';

/** Takes pieces for good: whoever writes them does not use them again. Where a promise comes back, the next waits for it. */
export interface PieceTarget {
  write(piece: Buffer): MaybePromise<void>;
  /** There is no more. */
  end(): MaybePromise<void>;
}

/** Bytes of which any range can be poured. */
export interface RangeSource {
  pour(range: ByteRange, sink: Sink): Promise<void>;
}
