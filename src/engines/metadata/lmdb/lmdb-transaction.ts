import { invariant } from '../../../foundation/invariant.ts';
import { BufferedWrites } from '../buffered-writes.ts';
import { addToCounters, type Entry, requireStorable, type Span, type Transaction } from '../metadata-engine.ts';
import { readRange, type Store } from './lmdb-environment.ts';

/**
 * Reads under LMDB's write lock, hence from the newest state, and answers at once. Writes wait in a buffer of our own,
 * so that a body that throws leaves nothing behind for the others of its batch.
 */
export class LmdbTransaction implements Transaction {
  readonly #store: Store;
  readonly #writes = new BufferedWrites();
  #ended = false;

  constructor(store: Store) {
    this.#store = store;
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
    this.#writes.set(key, addToCounters(this.#get(key), deltas));
  }

  /** Hands the writes to LMDB and answers their size in bytes; afterwards the transaction is of no more use. */
  apply(): number {
    this.#ended = true;
    let size = 0;
    for (const { key, value } of this.#writes) {
      size += key.length + (value?.length ?? 0);
      if (value) this.#store.put(key, value);
      else this.#store.remove(key);
    }
    return size;
  }

  /** Forgets the writes. */
  abandon(): void {
    this.#ended = true;
  }

  #get(key: Buffer): Buffer | undefined {
    const write = this.#writes.find(key);
    if (!write) return this.#store.get(key);
    return write.value && Buffer.from(write.value);
  }

  #requireOpen(): void {
    invariant(!this.#ended, 'a transaction is used only by its running body');
  }
}
