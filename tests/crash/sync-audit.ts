import { dirname } from 'node:path';
import type { Descriptor, FileSystem } from '../../src/engines/blobs/files/file-system.ts';

/**
 * Keeps account of what a power cut would take away: bytes written and not synced, directory entries made or removed
 * and not synced. A sync covers only what had ended before it began.
 */
export class SyncAudit {
  /** By path, the number of the latest change. */
  readonly #unsynced = new Map<string, number>();
  readonly #paths = new Map<Descriptor, string>();
  #changes = 0;
  /** How many calls of each kind were seen: an audit of nothing proves nothing. */
  readonly seen = { writes: 0, fileSyncs: 0, directorySyncs: 0 };

  get unsynced(): string[] {
    return [...this.#unsynced.keys()].sort();
  }

  /** Begins anew with a machine that has just been switched on. */
  forget(): void {
    this.#unsynced.clear();
  }

  /** The same system calls, with the account kept. */
  watch(inner: FileSystem): FileSystem {
    const keep = async (path: string, opened: Promise<Descriptor>) => {
      const descriptor = await opened;
      this.#paths.set(descriptor, path);
      return descriptor;
    };
    return {
      ...inner,
      createFile: async (path) => {
        const descriptor = await keep(path, inner.createFile(path));
        this.#change(`entry ${dirname(path)}`);
        return descriptor;
      },
      openFile: (path) => keep(path, inner.openFile(path)),
      openDirect: (path, access) => keep(path, inner.openDirect(path, access)),
      openDirectory: (path) => keep(path, inner.openDirectory(path)),
      write: async (file, pieces, position) => {
        const written = await inner.write(file, pieces, position);
        this.seen.writes++;
        this.#change(`bytes ${this.#paths.get(file)}`);
        return written;
      },
      syncFile: async (file) => {
        await this.#sync(`bytes ${this.#paths.get(file)}`, () => inner.syncFile(file));
        this.seen.fileSyncs++;
      },
      syncDirectory: async (directory) => {
        await this.#sync(`entry ${this.#paths.get(directory)}`, () => inner.syncDirectory(directory));
        this.seen.directorySyncs++;
      },
      removeFile: async (path) => {
        await inner.removeFile(path);
        this.#unsynced.delete(`bytes ${path}`);
        this.#change(`entry ${dirname(path)}`);
      },
    };
  }

  #change(what: string): void {
    this.#unsynced.set(what, ++this.#changes);
  }

  async #sync(what: string, sync: () => Promise<void>): Promise<void> {
    const covered = this.#changes;
    await sync();
    if ((this.#unsynced.get(what) ?? Number.POSITIVE_INFINITY) <= covered) this.#unsynced.delete(what);
  }
}
