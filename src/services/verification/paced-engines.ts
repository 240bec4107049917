import type { BlobEngine, BlobReader } from '../../engines/blobs/blob-engine.ts';
import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { StoreEngines } from './table-scan.ts';

export interface Pace {
  readonly clock: Clock;
  /** Bytes a second, on average; undefined for as fast as it goes. */
  readonly bytesPerSecond: number | undefined;
  /** Told of all bytes of contents read so far. */
  onBytes(total: number): void;
}

/** The same engines, but reading counts the bytes of contents and waits where it is too fast. Only for reading. */
export function pacedEngines({ metadata, blobs, coldBlobs, keys }: StoreEngines, pace: Pace): StoreEngines {
  const taken = paceKeeper(pace);
  return {
    metadata: pacedMetadata(metadata, taken),
    blobs: pacedBlobs(blobs, taken),
    coldBlobs: coldBlobs && pacedBlobs(coldBlobs, taken),
    keys,
  };
}

type Take = (bytes: number) => Promise<void> | void;

/** At most this much is waited for at a time: with a low rate progress still moves. */
const longestPauseMilliseconds = 1000;

function paceKeeper({ clock, bytesPerSecond, onBytes }: Pace): Take {
  const startedAt = clock.now();
  let total = 0;
  const wait = async () => {
    for (;;) {
      const early = (total / bytesPerSecond!) * 1000 - (clock.now() - startedAt);
      if (early <= 0) return;
      await clock.sleep(Math.min(early, longestPauseMilliseconds));
    }
  };
  return (bytes) => {
    total += bytes;
    onBytes(total);
    if (bytesPerSecond !== undefined) return wait();
  };
}

/** Single values are inline contents and small records; tables that are walked through do not count. */
function pacedMetadata(inner: MetadataEngine, taken: Take): MetadataEngine {
  return {
    async get(key) {
      const value = await inner.get(key);
      if (value !== undefined) await taken(value.length);
      return value;
    },
    range: (span) => inner.range(span),
    snapshot: (body) => inner.snapshot(body),
    transact: (body) => inner.transact(body),
    close: () => inner.close(),
  };
}

function pacedBlobs(inner: BlobEngine, taken: Take): BlobEngine {
  return {
    create: (id) => inner.create(id),
    delete: (id) => inner.delete(id),
    scan: () => inner.scan(),
    close: () => inner.close(),
    async open(id) {
      return pacedReader(await inner.open(id), taken);
    },
  };
}

function pacedReader(inner: BlobReader, taken: Take): BlobReader {
  return {
    length: inner.length,
    pour: (range, sink) =>
      inner.pour(range, async (piece) => {
        await sink(piece);
        await taken(piece.length);
      }),
    close: () => inner.close(),
  };
}
