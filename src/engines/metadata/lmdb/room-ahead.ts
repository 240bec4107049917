import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import type { Store } from './lmdb-environment.ts';

const mebibyte = 2 ** 20;
/** The file is made longer where it has less than this beyond its last used page, until it has twice as much. */
const leastAhead = mebibyte;
const mostAhead = 2 * leastAhead;
/**
 * Zeros go out by so many bytes. Linux keeps what one write brought as one piece of its page cache, of up to 2 MiB, and each
 * later write of a page goes over all of the piece that it is in: deletions took a third more processor time.
 */
const pieceLength = 16 * 1024;
/** Payload between two looks at the file: with little traffic it is hardly ever looked at. */
const lookEvery = 64 * 1024;
/** Payload until another attempt, where the disk had no room or a write failed. */
const pause = 64 * mebibyte;
/** A transaction that writes more than this is synced for its own bytes: what a longer file costs is lost among them. */
const largeTransaction = mebibyte / 2;
/** What is left to others of a disk that fills up, in bytes. */
const leastFree = 64 * mebibyte;

/** What there is to know and to do about the data file. */
export interface GrowingFile {
  /** Where the last page ends that the last commit uses. */
  usedBytes(): number;
  size(): number;
  /** Answers how many bytes it wrote. */
  write(bytes: Uint8Array, at: number): number;
  /** The room left on the disk. */
  freeBytes(): number;
}

/**
 * Keeps blocks of zeros in the data file beyond the last page that LMDB uses, so that commits overwrite what is there. To
 * sync a file that has become longer is dearer: the file system writes down, too, how long it is and where its blocks are.
 *
 * Safe under one rule: it writes only at the end of the file or beyond, and only under LMDB's write lock. LMDB writes pages
 * under that lock alone, in whatever process, so nobody else can be writing there; and whatever stands beyond the last
 * used page means nothing to LMDB, which writes a new page as a whole before anything points to it.
 */
export class RoomAhead {
  readonly #file: GrowingFile;
  #untilLook = lookEvery;
  readonly #zeros = Buffer.alloc(pieceLength);

  constructor(file: GrowingFile) {
    this.#file = file;
  }

  /**
   * Called under the write lock, before the commit of a transaction that writes `bytes`: its sync is that of the zeros,
   * too. Never throws, for a commit needs none of this.
   */
  keep(bytes: number): void {
    this.#untilLook -= bytes;
    if (this.#untilLook > 0 || bytes > largeTransaction) return;
    this.#untilLook = this.#grow(bytes) ? lookEvery : pause;
  }

  /** Whether there is enough room now. */
  #grow(bytes: number): boolean {
    try {
      // The pages of this transaction are not counted yet. It may need more than its bytes; that is what the slack is for.
      const used = this.#file.usedBytes() + bytes;
      const size = this.#file.size();
      if (size - used >= leastAhead) return true;
      if (this.#file.freeBytes() < leastFree) return false;
      return this.#writeZeros(size, Math.min(used + mostAhead, size + mostAhead));
    } catch {
      return false;
    }
  }

  #writeZeros(from: number, to: number): boolean {
    for (let at = from; at < to; at += pieceLength) {
      const length = Math.min(pieceLength, to - at);
      if (this.#file.write(this.#zeros.subarray(0, length), at) < length) return false;
    }
    return true;
  }
}

/** The data file by a descriptor of its own. To open and close it touches none of LMDB's locks: they are in another file. */
export function openGrowingFile(
  path: string,
  { store, freeBytes }: { readonly store: Store; readonly freeBytes: () => number },
): GrowingFile & { close(): void } {
  const descriptor = openSync(path, 'r+');
  return {
    usedBytes() {
      const { lastPageNumber, pageSize } = store.getStats();
      return (lastPageNumber + 1) * pageSize;
    },
    size: () => fstatSync(descriptor).size,
    write: (bytes, at) => writeSync(descriptor, bytes, 0, bytes.length, at),
    freeBytes,
    close: () => closeSync(descriptor),
  };
}
