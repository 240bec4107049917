import { RecentMap } from '../../../foundation/recent-map.ts';
import { BufferPool } from './buffer-pool.ts';
import { type Descriptor, type FileSystem, failedWith } from './file-system.ts';

/** In bytes: what O_DIRECT wants addresses, positions and lengths to be multiples of, on every disk of today. */
export const directAlignment = 4096;

/** Whole reads of a blob that a process lets go past the page cache; what is read more often is worth caching. */
const readsPastCache = 3;
/** Blobs whose reads a process remembers. */
const rememberedBlobs = 4096;

/**
 * Reading and writing past the system's page cache (O_DIRECT), for large blobs. Filling the cache with bytes that nobody
 * may ask for again costs more than all else that a large upload does to them (decision 021), and takes from the cache
 * what is asked for. One for all blobs of an engine.
 */
export class DirectIo {
  readonly #system: FileSystem;
  /** What is written comes from these. */
  readonly buffers = new BufferPool();
  /** How often, by id. */
  readonly #reads = new RecentMap<string, number>(rememberedBlobs);
  #isRefused = false;

  constructor(system: FileSystem) {
    this.#system = system;
  }

  /** Opens the file at `path`; undefined where its file system cannot do this, or the system has no room for it. */
  async open(path: string, access: 'read' | 'write'): Promise<Descriptor | undefined> {
    if (this.#isRefused) return undefined;
    try {
      return await this.#system.openDirect(path, access);
    } catch (error) {
      // What ails the file itself will show when it is used the usual way.
      this.noteFailure(error);
      return undefined;
    }
  }

  /** Told of an error; answers whether it means that the file system does not read and write this way. */
  noteFailure(error: unknown): boolean {
    if (!failedWith(error, 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP')) return false;
    this.#isRefused = true;
    return true;
  }

  /** Told that a large part of a blob is to be read; answers whether that is still too seldom to be cached. */
  isSeldomRead(id: string): boolean {
    const reads = (this.#reads.get(id) ?? 0) + 1;
    this.#reads.set(id, reads);
    return reads <= readsPastCache;
  }
}
