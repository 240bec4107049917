import { invariant } from '../../../foundation/invariant.ts';
import { type BufferedWrite, BufferedWrites } from '../buffered-writes.ts';
import { ByKey } from '../by-key.ts';
import {
  addToCounters,
  decodeCounters,
  type Entry,
  encodeCounters,
  isSameValue,
  requireStorable,
  type Span,
  type Transaction,
} from '../metadata-engine.ts';
import { hasValue, readRange, type Store } from './lmdb-environment.ts';

export interface KeptCounters {
  readonly key: Buffer;
  readonly counters: number[];
}

/**
 * The counters that the bodies of one batch have added to. Puts into one bucket all add to the same counters: they are
 * read from LMDB once and written to it once a batch.
 */
export class BatchCounters {
  readonly #store: Store;
  readonly #kept = new ByKey<KeptCounters>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Counters that are kept, or whatever else LMDB has under the key. */
  get(key: Buffer): Buffer | undefined {
    const kept = this.#kept.find(key);
    return kept ? encodeCounters(kept.counters) : this.#store.get(key);
  }

  /** Whether `get` would answer this. */
  isStill(key: Buffer, value: Buffer | undefined): boolean {
    const kept = this.#kept.find(key);
    return kept ? isSameValue(encodeCounters(kept.counters), value) : hasValue(this.#store, { key, value });
  }

  /** The counters under a key, to be added to. Keeps them from now on. */
  kept(key: Buffer): KeptCounters {
    const already = this.#kept.find(key);
    if (already) return already;
    const kept = { key, counters: decodeCounters(this.#store.get(key)) };
    this.#kept.set(kept);
    return kept;
  }

  /** What came of a body's additions. */
  keep({ key, value }: BufferedWrite): void {
    this.#kept.set({ key, counters: decodeCounters(value) });
  }

  writeThrough({ key, value }: Pick<BufferedWrite, 'key' | 'value'>): void {
    this.#kept.delete(key);
    this.#write(key, value);
  }

  /** Before the commit, and before anything is read that is not a single key. */
  flush(): void {
    if (this.#kept.size === 0) return;
    const kept = [...this.#kept];
    this.#kept.clear();
    for (const { key, counters } of kept) this.#write(key, encodeCounters(counters));
  }

  #write(key: Buffer, value: Buffer | undefined): void {
    if (value) this.#store.put(key, value);
    else this.#store.remove(key);
  }
}

/**
 * Reads under LMDB's write lock, hence from the newest state, and answers at once. Writes wait in a buffer of our own,
 * so that a body that throws leaves nothing behind for the others of its batch.
 */
export class LmdbTransaction implements Transaction {
  readonly #store: Store;
  readonly #counters: BatchCounters;
  readonly #writes = new BufferedWrites();
  #ended = false;

  constructor(store: Store, counters: BatchCounters) {
    this.#store = store;
    this.#counters = counters;
  }

  get(key: Buffer): Buffer | undefined {
    this.#requireOpen();
    return this.#get(key);
  }

  getMany(keys: readonly Buffer[]): readonly (Buffer | undefined)[] {
    this.#requireOpen();
    return keys.map((key) => this.#get(key));
  }

  range(span: Span): readonly Entry[] {
    this.#requireOpen();
    this.#counters.flush();
    if (this.#writes.size === 0) return readRange(this.#store, span);
    return this.#writes.readThrough(span, (stored) => readRange(this.#store, stored));
  }

  put(key: Buffer, value: Buffer): void {
    this.#requireOpen();
    requireStorable(key, value);
    this.#writes.set(key, value);
  }

  delete(key: Buffer): void {
    this.#requireOpen();
    requireStorable(key);
    this.#writes.set(key, undefined);
  }

  /** The write lock is held, so a counter can be read and written like anything else. */
  add(key: Buffer, deltas: readonly number[]): void {
    this.#requireOpen();
    requireStorable(key);
    this.#writes.setCounter(key, addToCounters(this.#get(key), deltas));
  }

  /** Hands the writes to LMDB and answers their size in bytes; afterwards the transaction is of no more use. */
  apply(): number {
    this.#ended = true;
    let size = 0;
    for (const write of this.#writes) {
      size += write.key.length + (write.value?.length ?? 0);
      if (write.isCounter) this.#counters.keep(write);
      else this.#counters.writeThrough(write);
    }
    return size;
  }

  /** Forgets the writes. */
  abandon(): void {
    this.#ended = true;
  }

  #get(key: Buffer): Buffer | undefined {
    const write = this.#writes.find(key);
    if (!write) return this.#counters.get(key);
    return write.value && Buffer.from(write.value);
  }

  #requireOpen(): void {
    invariant(!this.#ended, 'a transaction is used only by its running body');
  }
}
