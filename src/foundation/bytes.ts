/** A value that is there now (an embedded engine) or soon (a remote one). Await it; never assume either. */
export type MaybePromise<T> = T | Promise<T>;

/** What `next` makes of the value: at once where the value is there, and otherwise later. */
export function whenReady<T, Result>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<Result>,
): MaybePromise<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/**
 * Takes one piece of a byte stream. The piece belongs to the sink until the returned promise resolves (or the call
 * returns, where there is none); after that the source may overwrite it. A sink that must keep bytes copies them.
 */
export type Sink = (piece: Buffer) => MaybePromise<void>;

/** Bytes that can be poured once into a sink, in order, with back-pressure. Rejects when the bytes turn out bad. */
export interface ByteSource {
  /** Number of bytes, where known beforehand. */
  readonly length: number | undefined;
  pour(sink: Sink): Promise<void>;
  /**
   * All bytes at once, in place of `pour`, for sources known to be short: one buffer instead of a walk. Rejects when
   * there are more than `limit`. A source that has to put pieces together does so in what `room` gives it for as many
   * bytes, where there is a `room`; one that has them together answers with those.
   */
  collect(limit: number, room?: (length: number) => Buffer): Promise<Buffer>;
}

/** The bytes of a buffer as a source. */
export function sourceOf(bytes: Buffer): ByteSource {
  return {
    length: bytes.length,
    async pour(sink) {
      if (bytes.length > 0) await sink(bytes);
    },
    async collect() {
      return bytes;
    },
  };
}
