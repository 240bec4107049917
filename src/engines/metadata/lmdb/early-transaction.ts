import { BufferedWrites } from '../buffered-writes.ts';
import { ByKey } from '../by-key.ts';
import { addDeltas, canAddDeltas, requireStorable, type Snapshot, type Transaction } from '../metadata-engine.ts';
import type { BatchCounters, KeptCounters } from './lmdb-transaction.ts';

/** Thrown through a body that wants what only a run under the write lock can give. */
const notEarly = new Error('this body runs under the write lock');

interface PointRead {
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}

interface Addition {
  readonly key: Buffer;
  readonly deltas: number[];
  /** Those of the batch, once it is the body's turn. */
  kept?: KeptCounters;
}

/**
 * A body's transaction before it is its turn: reads are answered from a snapshot and remembered, writes wait. Under the
 * write lock there is then little left to do: to see that what was read `holds`, and to `apply` the writes.
 */
export class EarlyTransaction implements Transaction {
  readonly #writes = new BufferedWrites();
  readonly #reads: PointRead[] = [];
  readonly #additions = new ByKey<Addition>();
  /** Until the body has answered. */
  #snapshot: Snapshot | undefined;

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
  }

  get(key: Buffer): Buffer | undefined {
    const snapshot = this.#open();
    const write = this.#writes.find(key);
    if (write) return write.value && Buffer.from(write.value);
    if (this.#additions.find(key)) throw notEarly;
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
    const already = this.#additions.find(key);
    if (already) addDeltas(already.deltas, deltas);
    else this.#additions.set({ key, deltas: [...deltas] });
  }

  /** The body has answered, or was given up. */
  end(): void {
    this.#snapshot = undefined;
  }

  /** Whether the body, run now, would read what it has read, and could add what it adds. */
  holds(counters: BatchCounters): boolean {
    for (const { key, value } of this.#reads) {
      if (!counters.isStill(key, value)) return false;
    }
    for (const addition of this.#additions) {
      addition.kept = counters.kept(addition.key);
      if (!canAddDeltas(addition.kept.counters, addition.deltas)) return false;
    }
    return true;
  }

  /** Once it `holds`. As `LmdbTransaction.apply`. */
  apply(counters: BatchCounters): number {
    let size = 0;
    for (const write of this.#writes) {
      size += write.key.length + (write.value?.length ?? 0);
      counters.writeThrough(write);
    }
    for (const { key, deltas, kept } of this.#additions) {
      addDeltas(kept!.counters, deltas);
      size += key.length + 8 * deltas.length;
    }
    return size;
  }

  #write(key: Buffer, value: Buffer | undefined): void {
    this.#open();
    if (this.#additions.find(key)) throw notEarly;
    this.#writes.set(key, value);
  }

  #open(): Snapshot {
    if (!this.#snapshot) throw notEarly;
    return this.#snapshot;
  }
}
