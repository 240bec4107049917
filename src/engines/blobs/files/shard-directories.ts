import { join } from 'node:path';
import type { Descriptor, FileSystem } from './file-system.ts';
import { SharedSync } from './shared-sync.ts';

const shards = Array.from({ length: 256 }, (_, shard) => shard.toString(16).padStart(2, '0'));

interface OpenShard {
  readonly descriptor: Promise<Descriptor>;
  readonly sync: SharedSync;
}

/**
 * The 256 directories that blobs are spread over, by the last two digits of their ids. A descriptor of each is kept
 * once its directory was synced.
 */
export class ShardDirectories {
  readonly #directory: string;
  readonly #system: FileSystem;
  readonly #open = new Map<string, OpenShard>();
  #made: Promise<void> = Promise.resolve();

  constructor(directory: string, system: FileSystem) {
    this.#directory = directory;
    this.#system = system;
  }

  /**
   * Begins to make those that are missing, and to make them durable: a first start does not wait for all of them, but
   * whoever writes does, through `made`.
   */
  async prepare(): Promise<void> {
    await this.#system.makeDirectory(this.#directory);
    const present = new Set(await this.#system.list(this.#directory));
    const missing = shards.filter((shard) => !present.has(shard));
    this.#made = this.#make(missing);
    if (missing.length === 0) return this.#made;
    // Who needs them is told of a failure; nobody may need them before the process ends.
    this.#made.catch(() => {});
  }

  /** Resolves when all directories are there for good. */
  made(): Promise<void> {
    return this.#made;
  }

  async #make(missing: readonly string[]): Promise<void> {
    await Promise.all(missing.map((shard) => this.#system.makeDirectory(join(this.#directory, shard))));
    // Always, because whoever made them may have died before it synced them.
    await this.#syncPath(this.#directory);
    await this.#syncPath(join(this.#directory, '..'));
  }

  pathOf(id: string): string {
    return `${this.#directory}/${id.slice(-2)}/${id}`;
  }

  /** Resolves when the entry of this blob, or its absence, is on disk. */
  sync(id: string): Promise<void> {
    return this.#shard(id.slice(-2)).sync.join();
  }

  /** The paths of all blobs by their ids, a directory at a time. */
  async *list(): AsyncGenerator<{ readonly id: string; readonly path: string }> {
    await this.#made;
    for (const shard of shards) {
      for (const id of await this.#system.list(join(this.#directory, shard))) {
        if (/^[0-9a-f]{32}$/.test(id) && id.endsWith(shard)) yield { id, path: this.pathOf(id) };
      }
    }
  }

  async close(): Promise<void> {
    await this.#made.catch(() => {});
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const { descriptor } of open) await this.#system.close(await descriptor);
  }

  #shard(name: string): OpenShard {
    let shard = this.#open.get(name);
    if (!shard) {
      const descriptor = this.#system.openDirectory(join(this.#directory, name));
      // One that could not be opened is tried again by the next caller.
      descriptor.catch(() => this.#open.delete(name));
      shard = { descriptor, sync: new SharedSync(async () => this.#system.syncDirectory(await descriptor)) };
      this.#open.set(name, shard);
    }
    return shard;
  }

  async #syncPath(path: string): Promise<void> {
    const descriptor = await this.#system.openDirectory(path);
    try {
      await this.#system.syncDirectory(descriptor);
    } finally {
      await this.#system.close(descriptor);
    }
  }
}
