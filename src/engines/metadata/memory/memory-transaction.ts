import type { MaybePromise } from '../../../foundation/bytes.ts';
import { invariant } from '../../../foundation/invariant.ts';
import { BufferedWrites } from '../buffered-writes.ts';
import { addToCounters, type Entry, requireStorable, type Span, type Transaction } from '../metadata-engine.ts';
import type { Snapshot, StoredEntry, VersionedEntries } from './versioned-entries.ts';

interface PendingAdd {
  readonly key: Buffer;
  readonly deltas: number[];
}

/** Reads from a snapshot, remembers what it read, and commits only if all of that is still so. */
export class MemoryTransaction implements Transaction {
  readonly #snapshot: Snapshot;
  readonly #answer: <T>(read: () => T) => MaybePromise<T>;
  readonly #writes = new BufferedWrites();
  /** Sums by key, for keys that this transaction has not written otherwise; the commit adds them to what is there then. */
  readonly #adds = new Map<string, PendingAdd>();
  /** What every point read found, by key. */
  readonly #reads = new Map<string, { readonly key: Buffer; readonly found: StoredEntry | undefined }>();
  #ended = false;

  /** `answer` gives what a read finds, at once or late. */
  constructor(snapshot: Snapshot, answer: <T>(read: () => T) => MaybePromise<T>) {
    this.#snapshot = snapshot;
    this.#answer = answer;
  }

  get(key: Buffer): MaybePromise<Buffer | undefined> {
    this.#requireOpen();
    return this.#answer(() => this.#get(key));
  }

  getMany(keys: readonly Buffer[]): MaybePromise<readonly (Buffer | undefined)[]> {
    this.#requireOpen();
    return this.#answer(() => keys.map((key) => this.#get(key)));
  }

  range(span: Span): MaybePromise<readonly Entry[]> {
    this.#requireOpen();
    return this.#answer(() =>
      this.#writesAsOf(this.#snapshot).readThrough(span, (stored) => this.#snapshot.range(stored)),
    );
  }

  put(key: Buffer, value: Buffer): void {
    this.#set(key, Buffer.from(value));
  }

  delete(key: Buffer): void {
    this.#set(key, undefined);
  }

  add(key: Buffer, deltas: readonly number[]): void {
    this.#requireOpen();
    requireStorable(key);
    invariant(deltas.every(Number.isSafeInteger), 'a counter changes by a whole number');
    const written = this.#writes.find(key);
    if (written) {
      this.#writes.set(written.key, addToCounters(written.value, deltas));
      return;
    }
    const id = key.toString('latin1');
    const sums = this.#adds.get(id)?.deltas ?? [];
    const length = Math.max(sums.length, deltas.length);
    this.#adds.set(id, {
      key: Buffer.from(key),
      deltas: Array.from({ length }, (_, at) => (sums[at] ?? 0) + (deltas[at] ?? 0)),
    });
  }

  end(): void {
    this.#ended = true;
  }

  /** Writes everything and answers true, or nothing and answers false, because a key that was read has changed. */
  commit(entries: VersionedEntries): boolean {
    const latest = entries.latest();
    for (const { key, found } of this.#reads.values()) {
      if (latest.find(key) !== found) return false;
    }
    const writes = [...this.#writesAsOf(latest)];
    if (writes.length > 0) entries.write(writes);
    return true;
  }

  #set(key: Buffer, value: Buffer | undefined): void {
    this.#requireOpen();
    requireStorable(key, value);
    this.#adds.delete(key.toString('latin1'));
    this.#writes.set(Buffer.from(key), value);
  }

  #get(key: Buffer): Buffer | undefined {
    const written = this.#writes.find(key);
    if (written) return written.value && Buffer.from(written.value);
    const id = key.toString('latin1');
    const found = this.#snapshot.find(key);
    this.#reads.set(id, { key: Buffer.from(key), found });
    const added = this.#adds.get(id);
    if (added) return addToCounters(found?.value, added.deltas);
    return found && Buffer.from(found.value);
  }

  /** The writes, with every counter's sum as it comes out over `snapshot`. */
  #writesAsOf(snapshot: Snapshot): BufferedWrites {
    if (this.#adds.size === 0) return this.#writes;
    const all = new BufferedWrites();
    for (const { key, value } of this.#writes) all.set(key, value);
    for (const { key, deltas } of this.#adds.values()) {
      all.set(key, addToCounters(snapshot.find(key)?.value, deltas));
    }
    return all;
  }

  #requireOpen(): void {
    invariant(!this.#ended, 'a transaction is used only by its running body');
  }
}
