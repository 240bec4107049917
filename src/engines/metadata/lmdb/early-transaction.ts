import { BufferedWrites } from '../buffered-writes.ts';
import { addToCounters, requireStorable, type Snapshot, type Transaction } from '../metadata-engine.ts';
import type { BatchCounters } from './lmdb-transaction.ts';

/** Thrown through a body that wants what only a run under the write lock can give. */
const notEarly = new Error('this body runs under the write lock');

interface PointRead {
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}

interface Addition {
  readonly key: Buffer;
  readonly deltas: readonly number[];
}

/**
 * A body's transaction before it is its turn: reads are answered from a snapshot and remembered, writes wait. Under the
 * write lock there is then little left to do: to see that what was read `holds`, and to `apply` the writes.
 */
export class EarlyTransaction implements Transaction {
  readonly #writes = new BufferedWrites();
  readonly #reads: PointRead[] = [];
  readonly #additions: Addition[] = [];
  /** Until the body has answered. */
  #snapshot: Snapshot | undefined;

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
  }

  get(key: Buffer): Buffer | undefined {
    const snapshot = this.#open();
    const write = this.#writes.find(key);
    if (write) return write.value && Buffer.from(write.value);
    if (this.#isAddedTo(key)) throw notEarly;
    const value = snapshot.get(key) as Buffer | undefined;
    this.#reads.push({ key, value });
    // It belongs to the body now. One that changes it would only be found not to hold.
    return value;
  }

  getMany(keys: readonly Buffer[]): readonly (Buffer | undefined)[] {
    return keys.map((key) => this.get(key));
  }

  /** What a range read could not be compared later for less than it costs to read it again. */
  range(): never {
    throw notEarly;
  }

  put(key: Buffer, value: Buffer): void {
    requireStorable(key, value);
    this.#write(key, value);
  }

  delete(key: Buffer): void {
    requireStorable(key);
    this.#write(key, undefined);
  }

  /** Nothing is read: the counters are those at the time of the commit. */
  add(key: Buffer, deltas: readonly number[]): void {
    this.#open();
    requireStorable(key);
    if (this.#writes.find(key)) throw notEarly;
    this.#additions.push({ key, deltas });
  }

  /** The body has answered, or was given up. */
  end(): void {
    this.#snapshot = undefined;
  }

  /** Whether the body, run now, would read what it has read. */
  holds(counters: BatchCounters): boolean {
    for (const { key, value } of this.#reads) {
      const now = counters.get(key);
      if (now === undefined || value === undefined ? now !== value : !now.equals(value)) return false;
    }
    return true;
  }

  /** As `LmdbTransaction.apply`. */
  apply(counters: BatchCounters): number {
    let size = 0;
    for (const write of this.#writes) {
      size += write.key.length + (write.value?.length ?? 0);
      counters.writeThrough(write);
    }
    for (const { key, deltas } of this.#additions) {
      const value = addToCounters(counters.get(key), deltas);
      size += key.length + (value?.length ?? 0);
      counters.keep({ key, value, isCounter: true });
    }
    return size;
  }

  #write(key: Buffer, value: Buffer | undefined): void {
    this.#open();
    if (this.#isAddedTo(key)) throw notEarly;
    this.#writes.set(key, value);
  }

  #isAddedTo(key: Buffer): boolean {
    for (const addition of this.#additions) if (addition.key.equals(key)) return true;
    return false;
  }

  #open(): Snapshot {
    if (!this.#snapshot) throw notEarly;
    return this.#snapshot;
  }
}
