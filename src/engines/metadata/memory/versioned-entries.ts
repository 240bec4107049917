import { compareBytes } from '../../../foundation/byte-order.ts';
import type { BufferedWrite } from '../buffered-writes.ts';
import type { Entry, Span } from '../metadata-engine.ts';

/** A stored pair; each write makes a new one, so that identity tells whether a key was written since. */
export interface StoredEntry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** What was stored at one moment, in key order; never changes. */
export class Snapshot {
  readonly #entries: readonly StoredEntry[];

  constructor(entries: readonly StoredEntry[]) {
    this.#entries = entries;
  }

  find(key: Buffer): StoredEntry | undefined {
    const entry = this.#entries[firstAtOrAfter(this.#entries, key)];
    return entry && compareBytes(entry.key, key) === 0 ? entry : undefined;
  }

  range({ from, to, reverse, limit }: Span): Entry[] {
    if (limit <= 0 || compareBytes(from, to) >= 0) return [];
    const first = firstAtOrAfter(this.#entries, from);
    const end = firstAtOrAfter(this.#entries, to);
    const chosen = reverse
      ? this.#entries.slice(Math.max(first, end - limit), end).reverse()
      : this.#entries.slice(first, Math.min(end, first + limit));
    return chosen.map(({ key, value }) => ({ key: Buffer.from(key), value: Buffer.from(value) }));
  }
}

/** The newest entries. Older snapshots stay as they are, because writing copies the list first where one is held. */
export class VersionedEntries {
  #entries: StoredEntry[] = [];
  #snapshot: Snapshot | undefined;

  latest(): Snapshot {
    this.#snapshot ??= new Snapshot(this.#entries);
    return this.#snapshot;
  }

  write(writes: Iterable<BufferedWrite>): void {
    if (this.#snapshot) {
      this.#entries = this.#entries.slice();
      this.#snapshot = undefined;
    }
    for (const { key, value } of writes) {
      const at = firstAtOrAfter(this.#entries, key);
      const found = this.#entries[at];
      const replaced = found && compareBytes(found.key, key) === 0 ? 1 : 0;
      if (value) this.#entries.splice(at, replaced, { key: Buffer.from(key), value: Buffer.from(value) });
      else this.#entries.splice(at, replaced);
    }
  }
}

function firstAtOrAfter(entries: readonly StoredEntry[], key: Buffer): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes(entries[middle]!.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
