import * as lmdb from 'lmdb';
import type { MaybePromise } from '../../../foundation/bytes.ts';
import { invariant } from '../../../foundation/invariant.ts';
import { type Entry, requireAnswerAtOnce, requireOpenSnapshot, type Snapshot, type Span } from '../metadata-engine.ts';

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
  /** What `get` makes its copy of: mostly lmdb's reused buffer, whose `length` is set to that of the value in it. */
  getBinaryFast(key: Buffer, options?: { transaction: ReadTransaction }): Uint8Array | undefined;
  getRange(options: StoreRange): StoreIterable;
  put(key: Buffer, value: Buffer): unknown;
  remove(key: Buffer): unknown;
  transaction<T>(body: () => T | Promise<T>): Promise<T>;
  transactionSync<T>(body: () => T): T;
  useReadTransaction(): ReadTransaction;
  resetReadTxn(): void;
  /** Reads the pages that hold the keys and their values on a thread of its own. */
  prefetch(keys: readonly Buffer[], done: () => void): void;
  /** Inside a transaction of the store: what the last commit left. */
  getStats(): { readonly pageSize: number; readonly lastPageNumber: number };
  sync(done: (error?: Error) => void): void;
  close(): Promise<void>;
}

interface StoreRange {
  start: Buffer;
  end: Buffer;
  reverse: boolean;
  exclusiveStart: boolean;
  inclusiveEnd: boolean;
}

/** Looks at its options again with each `iterate`. An iterator holds a cursor until it is done or returned. */
interface StoreIterable {
  iterate(): Iterator<Entry, undefined> & { return(): unknown };
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

/** Whether a key still has a value (undefined: none), compared where lmdb puts it, without a copy. */
export function hasValue(
  store: Store,
  { key, value }: { readonly key: Buffer; readonly value: Buffer | undefined },
  options?: { transaction: ReadTransaction },
): boolean {
  const stored = store.getBinaryFast(key, options);
  if (stored === undefined || value === undefined) return stored === value;
  // Up to an end that is named: whatever its `length` says, Node.js takes the reused buffer for as long as it was made.
  return stored.length === value.length && value.compare(stored, 0, value.length) === 0;
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
 *
 * There is one read transaction, which is also the one that lmdb takes by itself: a `get` names it, which is cheaper;
 * ranges do not, because only then lmdb keeps its cursor for the next one, which halves what a seek costs.
 */
export class SnapshotReader {
  readonly #store: Store;
  readonly #transaction: ReadTransaction;
  readonly #options: { transaction: ReadTransaction };
  readonly #ranges: RangeReader;
  readonly #reset: (address: number) => void;
  #isReading = false;

  constructor(options: EnvironmentOptions) {
    this.#store = lmdb.open({ ...storeOptions(options), readOnly: true }) as unknown as Store;
    this.#reset = (lmdb as unknown as { nativeAddon: { resetTxn(address: number): void } }).nativeAddon.resetTxn;
    this.#ranges = new RangeReader(this.#store);
    this.#transaction = this.#store.useReadTransaction();
    this.#options = { transaction: this.#transaction };
    this.#transaction.done();
    this.#reset(this.#transaction.address);
  }

  get(key: Buffer): Buffer | undefined {
    this.#requireIdle();
    try {
      return this.#store.get(key, this.#options);
    } finally {
      this.#reset(this.#transaction.address);
    }
  }

  isStill(key: Buffer, value: Buffer | undefined): boolean {
    this.#requireIdle();
    try {
      return hasValue(this.#store, { key, value }, this.#options);
    } finally {
      this.#reset(this.#transaction.address);
    }
  }

  range(span: Span): readonly Entry[] {
    return this.snapshot((snapshot) => snapshot.range(span));
  }

  snapshot<T>(body: (snapshot: LmdbSnapshot) => MaybePromise<T>): T {
    this.#requireIdle();
    const snapshot = new LmdbSnapshot(this.#store, this.#options, this.#ranges);
    this.#isReading = true;
    try {
      return requireAnswerAtOnce(body(snapshot));
    } finally {
      this.#isReading = false;
      snapshot.end();
      this.#reset(this.#transaction.address);
    }
  }

  /** Not while a snapshot is read, for its transaction would be given back under it. */
  #requireIdle(): void {
    invariant(!this.#isReading, 'the body of a snapshot reads nothing but the snapshot');
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

/** What a `SnapshotReader` shows a body: everything in it answers at once. */
class LmdbSnapshot implements Snapshot {
  readonly #store: Store;
  readonly #options: { transaction: ReadTransaction };
  readonly #ranges: RangeReader;
  /** Held as soon as a range is read. */
  #held: ReadTransaction | undefined;
  #isOpen = true;

  constructor(store: Store, options: { transaction: ReadTransaction }, ranges: RangeReader) {
    this.#store = store;
    this.#options = options;
    this.#ranges = ranges;
  }

  get(key: Buffer): Buffer | undefined {
    requireOpenSnapshot(this.#isOpen);
    return this.#store.get(key, this.#options);
  }

  range(span: Span): Entry[] {
    requireOpenSnapshot(this.#isOpen);
    this.#held ??= this.#hold();
    return this.#ranges.read(span);
  }

  end(): void {
    this.#isOpen = false;
    this.#held?.done();
  }

  /** Renews the transaction, and throws where that fails: a kept cursor would find nothing and say nothing. */
  #hold(): ReadTransaction {
    const held = this.#store.useReadTransaction();
    invariant(held === this.#options.transaction, 'all reads of a snapshot go through one transaction');
    return held;
  }
}

/** Reads spans of a store, each with the same iterable: making one costs more than a seek. */
class RangeReader {
  readonly #options: StoreRange = {
    start: Buffer.alloc(0),
    end: Buffer.alloc(0),
    reverse: false,
    exclusiveStart: false,
    inclusiveEnd: false,
  };
  readonly #iterable: StoreIterable;

  constructor(store: Store) {
    this.#iterable = store.getRange(this.#options);
  }

  /** All at once into an array, so that no cursor outlives the call. */
  read({ from, to, reverse = false, limit }: Span): Entry[] {
    const entries: Entry[] = [];
    if (limit <= 0 || Buffer.compare(from, to) >= 0) return entries;
    const options = this.#options;
    options.start = reverse ? to : from;
    options.end = reverse ? from : to;
    options.reverse = options.exclusiveStart = options.inclusiveEnd = reverse;
    const iterator = this.#iterable.iterate();
    try {
      // Ended here and not by lmdb's own limit, which would first read one entry more.
      while (entries.length < limit) {
        const { done, value } = iterator.next();
        if (done) break;
        entries.push(value);
      }
    } finally {
      iterator.return();
    }
    return entries;
  }
}

/** Reads a span of the store's open write transaction. */
export function readRange(store: Store, span: Span): Entry[] {
  return new RangeReader(store).read(span);
}
