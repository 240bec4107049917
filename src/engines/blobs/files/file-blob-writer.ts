import { invariant } from '../../../foundation/invariant.ts';
import { BlobSpaceError, type BlobWriter } from '../blob-engine.ts';
import { footerOf } from './blob-file-layout.ts';
import { BlockChecksums } from './block-checksums.ts';
import { type DirectIo, directAlignment } from './direct-io.ts';
import { type Descriptor, type FileSystem, failedWith } from './file-system.ts';
import { GatheringBudget } from './gathering-budget.ts';

/** What a writer needs of its engine. */
export interface WriterSurroundings {
  readonly id: string;
  readonly path: string;
  readonly file: Descriptor;
  readonly system: FileSystem;
  readonly budget: GatheringBudget;
  /** For what is written in large, aligned batches; undefined where all goes through the page cache. */
  readonly direct: DirectIo | undefined;
  /** Makes the directory entry durable; undefined where nothing is to be synced. */
  readonly syncEntry: (() => Promise<void>) | undefined;
}

/** Bytes at the beginning of a buffer of the pool, as many as may be written past the page cache. */
interface AlignedBatch {
  readonly buffer: Buffer;
  readonly bytes: Buffer;
}

/** Less than this is not worth a wait for the disk. */
const worthDirect = 128 * 1024;

/**
 * Gathers pieces by reference and writes them in batches, one being written while the next is gathered: a system call
 * for each piece of 64 KiB would cost a quarter more processor time. Full batches go past the page cache; the end of the
 * blob, its table and footer through it.
 */
export class FileBlobWriter implements BlobWriter {
  readonly id: string;
  readonly #surroundings: WriterSurroundings;
  readonly #checksums = new BlockChecksums();
  #gathered: Buffer[] = [];
  #gatheredCost = 0;
  /** The same file, opened past the page cache once a batch is large enough. */
  #directFile: Descriptor | undefined;
  /** Bytes handed to the file so far, and those of all pieces. */
  #position = 0;
  #length = 0;
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #state: 'open' | 'ended' = 'open';
  #closed = false;
  #removed: Promise<void> | undefined;

  constructor(surroundings: WriterSurroundings) {
    this.id = surroundings.id;
    this.#surroundings = surroundings;
  }

  write(piece: Buffer): Promise<void> | void {
    invariant(this.#state === 'open', 'a blob is written until it is committed or aborted');
    if (this.#failure) return Promise.reject(this.#failure.error);
    if (piece.length === 0) return;
    this.#checksums.add(piece);
    this.#length += piece.length;
    this.#gathered.push(piece);
    const { budget } = this.#surroundings;
    const cost = GatheringBudget.costOf(piece);
    this.#gatheredCost += cost;
    budget.take(cost);
    if (!budget.isFull(this.#gatheredCost)) return;
    if (!this.#writing) this.#startBatch();
    // The source goes on gathering while the first batch is written, and waits only when a second one is full.
    else return this.#writing.then(() => this.#continue());
    if (budget.isFull(0)) return this.#settled();
  }

  async commit(): Promise<{ readonly length: number }> {
    invariant(this.#state === 'open', 'a blob is committed once');
    this.#state = 'ended';
    const { system, file, syncEntry } = this.#surroundings;
    try {
      await this.#settled();
      const table = this.#checksums.finish();
      await this.#writeGathered(table, footerOf(this.#length, table));
      if (syncEntry) await settleBoth(system.syncFile(file), syncEntry());
      await this.#close();
    } catch (error) {
      await this.#remove();
      throw storageError(error);
    }
    return { length: this.#length };
  }

  async abort(): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'ended';
      await this.#remove();
    }
    await this.#removed;
  }

  /** Waits for the batch under way and passes its failure on. */
  async #settled(): Promise<void> {
    await this.#writing;
    if (this.#failure) throw this.#failure.error;
  }

  /** Begins the next batch after one has ended, if it is still due. */
  #continue(): Promise<void> | void {
    if (this.#failure) throw this.#failure.error;
    if (this.#state === 'open' && !this.#writing && this.#surroundings.budget.isFull(this.#gatheredCost)) {
      this.#startBatch();
      if (this.#surroundings.budget.isFull(0)) return this.#settled();
    }
  }

  /** Never rejects: a failure is kept for the next call. */
  #startBatch(): void {
    const batch = this.#takeAlignedBatch();
    this.#writing = (batch ? this.#writeDirect(batch) : this.#writeGathered())
      .catch((error: unknown) => {
        this.#failure = { error: storageError(error) };
      })
      .finally(() => {
        this.#writing = undefined;
      });
  }

  /** The gathered bytes in one buffer, for a write past the page cache, where that is possible; the rest stays gathered. */
  #takeAlignedBatch(): AlignedBatch | undefined {
    const { direct, budget } = this.#surroundings;
    if (!direct || this.#position % directAlignment !== 0 || this.#gatheredCost < worthDirect) return undefined;
    const buffer = direct.buffers.takeLarge();
    if (!buffer) return undefined;
    let filled = 0;
    for (let i = 0; i < this.#gathered.length && filled < buffer.length; i++) {
      filled += this.#gathered[i]!.copy(buffer, filled);
    }
    const length = filled - (filled % directAlignment);
    this.#gathered = piecesAfter(this.#gathered, length);
    budget.giveBack(this.#gatheredCost);
    this.#gatheredCost = this.#gathered.reduce((cost, piece) => cost + GatheringBudget.costOf(piece), 0);
    budget.take(this.#gatheredCost);
    return { buffer, bytes: buffer.subarray(0, length) };
  }

  /** Writes a batch past the page cache, or as usual where the file system does not know that. */
  async #writeDirect({ buffer, bytes }: AlignedBatch): Promise<void> {
    const { direct, path, system } = this.#surroundings;
    try {
      this.#directFile ??= await direct?.open(path, 'write');
      const written =
        this.#directFile === undefined
          ? 0
          : await this.#tryDirect(system.write(this.#directFile, [bytes], this.#position));
      this.#position += written;
      if (written < bytes.length) await this.#writeAll([bytes.subarray(written)]);
    } finally {
      direct?.buffers.giveBack(buffer);
    }
  }

  /** How much was written: nothing where this way of writing is not for this file. */
  async #tryDirect(writing: Promise<number>): Promise<number> {
    try {
      return await writing;
    } catch (error) {
      if (this.#surroundings.direct?.noteFailure(error)) return 0;
      throw error;
    }
  }

  /** Writes what is gathered, and more behind it. It counts in the budget until it is written. */
  async #writeGathered(...more: readonly Buffer[]): Promise<void> {
    const pieces = this.#gathered;
    const cost = this.#gatheredCost;
    this.#gathered = [];
    this.#gatheredCost = 0;
    pieces.push(...more);
    try {
      await this.#writeAll(pieces);
    } finally {
      this.#surroundings.budget.giveBack(cost);
    }
  }

  /** Writes all pieces, however few bytes the system takes at a time. */
  async #writeAll(pieces: Buffer[]): Promise<void> {
    const { system, file } = this.#surroundings;
    let left = pieces.filter((piece) => piece.length > 0);
    while (left.length > 0) {
      const written = await system.write(file, left, this.#position);
      if (written <= 0) throw new Error('the system writes nothing and names no error');
      this.#position += written;
      left = piecesAfter(left, written);
    }
  }

  /** Once only: even a close that fails lets the descriptor go, and its number may soon be another file's. */
  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { system, file } = this.#surroundings;
    const direct = this.#directFile;
    await (direct === undefined ? system.close(file) : settleBoth(system.close(file), system.close(direct)));
  }

  /** Ends with no file, as far as the medium allows. Never rejects. */
  #remove(): Promise<void> {
    this.#removed ??= (async () => {
      const { system, path, budget } = this.#surroundings;
      await this.#writing;
      this.#gathered = [];
      budget.giveBack(this.#gatheredCost);
      this.#gatheredCost = 0;
      // One that could not be closed or removed is left for `scan` to find.
      await this.#close().catch(() => undefined);
      await system.removeFile(path).catch(() => undefined);
    })();
    return this.#removed;
  }
}

function piecesAfter(pieces: Buffer[], written: number): Buffer[] {
  let skip = written;
  let first = 0;
  while (first < pieces.length && skip >= pieces[first]!.length) skip -= pieces[first++]!.length;
  if (first === pieces.length) return [];
  const left = pieces.slice(first);
  left[0] = left[0]!.subarray(skip);
  return left;
}

/** Waits for both, also where one fails: a file must not be closed while it is synced. */
async function settleBoth(first: Promise<void>, second: Promise<void>): Promise<void> {
  for (const outcome of await Promise.allSettled([first, second])) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}

function storageError(error: unknown): unknown {
  return failedWith(error, 'ENOSPC', 'EDQUOT') ? new BlobSpaceError(error) : error;
}
