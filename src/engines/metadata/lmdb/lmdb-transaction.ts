import { invariant } from '../../../foundation/invariant.ts';
import { type BufferedWrite, BufferedWrites } from '../buffered-writes.ts';
import { addToCounters, type Entry, requireStorable, type Span, type Transaction } from '../metadata-engine.ts';
import { readRange, type Store } from './lmdb-environment.ts';

/**
 * The counters that the bodies of one batch have added to. Puts into one bucket all add to the same counters: they are
 * read from LMDB once and written to it once a batch.
 */
export class BatchCounters {
  readonly #store: Store;
  readonly #kept = new Map<string, BufferedWrite>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** A counter that is kept, or whatever else LMDB has under the key. */
  get(key: Buffer): Buffer | undefined {
    const kept = this.#kept.size === 0 ? undefined : this.#kept.get(key.toString('latin1'));
    if (!kept) return this.#store.get(key);
    return kept.value && Buffer.from(kept.value);
  }

  keep(write: BufferedWrite): void {
    this.#kept.set(write.key.toString('latin1'), write);
  }

  writeThrough({ key, value }: BufferedWrite): void {
    if (this.#kept.size > 0) this.#kept.delete(key.toString('latin1'));
    if (value) this.#store.put(key, value);
    else this.#store.remove(key);
  }

  /** Before the commit, and before anything is read that is not a single key. */
  flush(): void {
    if (this.#kept.size === 0) return;
    const kept = [...this.#kept.values()];
    this.#kept.clear();
    for (const write of kept) this.writeThrough(write);
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
