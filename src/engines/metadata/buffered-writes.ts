import { compareBytes } from '../../foundation/byte-order.ts';
import { ByKey } from './by-key.ts';
import type { Entry, Span } from './metadata-engine.ts';

/** A write that waits for its commit; no value means a deletion. */
export interface BufferedWrite {
  readonly key: Buffer;
  readonly value: Buffer | undefined;
  /** It was last written by an addition. */
  readonly isCounter: boolean;
}

/** The writes of one transaction, the last one of each key. */
export class BufferedWrites implements Iterable<BufferedWrite> {
  readonly #writes = new ByKey<BufferedWrite>();

  get size(): number {
    return this.#writes.size;
  }

  find(key: Buffer): BufferedWrite | undefined {
    return this.#writes.find(key);
  }

  set(key: Buffer, value: Buffer | undefined): void {
    this.#writes.set({ key, value, isCounter: false });
  }

  setCounter(key: Buffer, value: Buffer | undefined): void {
    this.#writes.set({ key, value, isCounter: true });
  }

  [Symbol.iterator](): Iterator<BufferedWrite> {
    return this.#writes[Symbol.iterator]();
  }

  /** Reads a span as it will be once these writes are committed; `readStored` reads it as it is without them. */
  readThrough(span: Span, readStored: (span: Span) => readonly Entry[]): readonly Entry[] {
    const writes: BufferedWrite[] = [];
    for (const write of this) {
      if (compareBytes(write.key, span.from) >= 0 && compareBytes(write.key, span.to) < 0) writes.push(write);
    }
    if (writes.length === 0) return readStored(span);
    const direction = span.reverse ? -1 : 1;
    writes.sort((a, b) => compareBytes(a.key, b.key) * direction);
    // Each write hides at most one stored entry, so this many are always enough.
    const stored = readStored({ ...span, limit: span.limit + writes.length });
    return mergeWrites(stored, writes, { direction, limit: span.limit });
  }
}

/** Both lists are in the order of `direction`; where both have a key, the write wins. */
function mergeWrites(
  stored: readonly Entry[],
  writes: readonly BufferedWrite[],
  { direction, limit }: { readonly direction: 1 | -1; readonly limit: number },
): Entry[] {
  const merged: Entry[] = [];
  let nextStored = 0;
  let nextWrite = 0;
  while (merged.length < limit) {
    const entry = stored[nextStored];
    const write = writes[nextWrite];
    if (!entry && !write) break;
    const order = !entry ? 1 : !write ? -1 : compareBytes(entry.key, write.key) * direction;
    if (entry && order < 0) {
      merged.push(entry);
      nextStored++;
    } else if (write) {
      // Copies, because what a range answers belongs to the caller while the write still belongs to the engine.
      if (write.value) merged.push({ key: Buffer.from(write.key), value: Buffer.from(write.value) });
      nextWrite++;
      if (order === 0) nextStored++;
    }
  }
  return merged;
}
