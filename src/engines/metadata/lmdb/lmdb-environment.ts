import * as lmdb from 'lmdb';
import type { Entry, Span } from '../metadata-engine.ts';

/** How one process opens the one LMDB file that all of them share. */
export interface EnvironmentOptions {
  readonly path: string;
  /** `durable`: a commit resolves when it is on disk. `relaxed`: when it is visible; nothing is synced before `close`. */
  readonly sync: 'durable' | 'relaxed';
  /** Address space reserved for the file, in bytes. lmdb maps anew when the file outgrows it. */
  readonly mapSize: number;
}

/** The part of an lmdb store that is used here. Its own types know neither explicit transactions nor `resetTxn`. */
export interface Store {
  get(key: Buffer, options?: { transaction: ReadTransaction }): Buffer | undefined;
  getRange(options: StoreRange): { iterate(): Iterator<Entry, undefined> };
  put(key: Buffer, value: Buffer): unknown;
  remove(key: Buffer): unknown;
  transaction<T>(body: () => T | Promise<T>): Promise<T>;
  transactionSync<T>(body: () => T): T;
  useReadTransaction(): ReadTransaction;
  resetReadTxn(): void;
  sync(done: (error?: Error) => void): void;
  close(): Promise<void>;
}

interface StoreRange {
  start: Buffer;
  end: Buffer;
  reverse?: boolean;
  exclusiveStart?: boolean;
  inclusiveEnd?: boolean;
  limit: number;
  transaction?: ReadTransaction;
}

export interface ReadTransaction {
  readonly address: number;
  done(): void;
}

/**
 * Keys and values are copied exactly once, out of lmdb's reused buffer into one of their own. lmdb's own `binary`
 * encodings make an ArrayBuffer for each, which makes a range of 1,000 entries seven times slower.
 */
const keyEncoder = {
  writeKey(key: Buffer, target: Buffer, start: number): number {
    target.set(key, start);
    return start + key.length;
  },
  readKey(source: Buffer, start: number, end: number): Buffer {
    return copyOf(source, start, end - start);
  },
};

const encoder = {
  encode: (value: Buffer): Buffer => value,
  // lmdb sets `length` of its reused buffer to that of the value in it.
  decode: (reused: Buffer): Buffer => copyOf(reused, 0, reused.length),
};

function copyOf(source: Buffer, start: number, length: number): Buffer {
  const copy = Buffer.allocUnsafe(length);
  copy.set(new Uint8Array(source.buffer, source.byteOffset + start, length));
  return copy;
}

function storeOptions({ path, sync, mapSize }: EnvironmentOptions): object {
  return {
    path,
    mapSize,
    // lmdb's default makes a commit visible before it is on disk.
    overlappingSync: false,
    // Measured: lmdb's milder modes (overlappingSync, noMetaSync) wait for the disk as well and save next to nothing.
    noSync: sync === 'relaxed',
    // With it, a failed commit also rejects a promise that lmdb keeps to itself: an unhandled rejection.
    eventTurnBatching: false,
    pageSize: 8192,
    maxDbs: 1,
    maxReaders: 2048,
    permissionsMode: 0o600,
    compression: false,
    // With an encoder of our own this only tells lmdb to read values beyond 16 MiB into a buffer of their own.
    encoding: 'binary',
    keyEncoder,
    encoder,
  };
}

/** Opens the store that transactions run in, creating the file where there is none. */
export function openWriter(options: EnvironmentOptions): Store {
  return lmdb.open(storeOptions(options)) as unknown as Store;
}

/**
 * Reads outside of transactions. They go through a second store over the same file, because lmdb lets every read of
 * the writer's store see the open write transaction, committed or not. And every read renews its snapshot and gives it
 * back, because lmdb would otherwise serve a turn of the event loop from one snapshot, blind to what another process
 * has committed and acknowledged meanwhile; a snapshot at rest would also keep freed pages from being used again.
 */
export class SnapshotReader {
  readonly #store: Store;
  readonly #snapshot: ReadTransaction;
  readonly #options: { transaction: ReadTransaction };
  readonly #reset: (address: number) => void;

  constructor(options: EnvironmentOptions) {
    this.#store = lmdb.open({ ...storeOptions(options), readOnly: true }) as unknown as Store;
    this.#reset = (lmdb as unknown as { nativeAddon: { resetTxn(address: number): void } }).nativeAddon.resetTxn;
    this.#snapshot = this.#store.useReadTransaction();
    this.#store.resetReadTxn();
    this.#options = { transaction: this.#snapshot };
    this.#reset(this.#snapshot.address);
  }

  get(key: Buffer): Buffer | undefined {
    try {
      return this.#store.get(key, this.#options);
    } finally {
      this.#reset(this.#snapshot.address);
    }
  }

  getLinked(key: Buffer, next: (value: Buffer) => Buffer | undefined) {
    try {
      const value = this.#store.get(key, this.#options);
      const nextKey = value && next(value);
      return { value, linked: nextKey && this.#store.get(nextKey, this.#options) };
    } finally {
      this.#reset(this.#snapshot.address);
    }
  }

  range(span: Span): readonly Entry[] {
    try {
      return readRange(this.#store, span, this.#snapshot);
    } finally {
      this.#reset(this.#snapshot.address);
    }
  }

  async close(): Promise<void> {
    this.#snapshot.done();
    await this.#store.close();
  }
}

/** Reads a span into an array, so that no cursor outlives the call. */
export function readRange(store: Store, span: Span, transaction?: ReadTransaction): Entry[] {
  const entries: Entry[] = [];
  if (span.limit <= 0 || Buffer.compare(span.from, span.to) >= 0) return entries;
  const bounds = span.reverse
    ? { start: span.to, exclusiveStart: true, end: span.from, inclusiveEnd: true, reverse: true }
    : { start: span.from, end: span.to };
  const iterator = store.getRange({ ...bounds, limit: span.limit, transaction }).iterate();
  for (let next = iterator.next(); !next.done; next = iterator.next()) entries.push(next.value);
  return entries;
}
