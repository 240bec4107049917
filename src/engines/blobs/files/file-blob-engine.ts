import {
  BlobCorruptError,
  type BlobEngine,
  BlobMissingError,
  type BlobReader,
  BlobSpaceError,
  type BlobWriter,
  requireBlobId,
  type StoredBlob,
} from '../blob-engine.ts';
import { dataLengthOf } from './blob-file-layout.ts';
import { BufferPool } from './buffer-pool.ts';
import { DirectIo } from './direct-io.ts';
import { FileBlobReader } from './file-blob-reader.ts';
import { FileBlobWriter } from './file-blob-writer.ts';
import { type Descriptor, type FileSystem, failedWith, nodeFileSystem } from './file-system.ts';
import { GatheringBudget } from './gathering-budget.ts';
import { ShardDirectories } from './shard-directories.ts';

export interface FileBlobEngineOptions {
  /** Where the 256 directories of blobs are, on a local or a shared file system; made where it is missing. */
  readonly directory: string;
  /** `durable`: commits and deletions are on disk before they resolve. `relaxed`: the system writes when it likes. */
  readonly sync: 'durable' | 'relaxed';
  /** Whether large blobs may go past the system's page cache (`DirectIo`); only where `sync` is `durable`. */
  readonly directIo?: boolean;
  readonly system?: FileSystem;
}

/** Blobs as files, one each: `<directory>/<last two digits of the id>/<id>`. See `blob-file-layout.ts` for what is in them. */
export async function openFileBlobEngine(options: FileBlobEngineOptions): Promise<BlobEngine> {
  const { directory, sync, directIo = true, system = nodeFileSystem } = options;
  const durable = sync === 'durable';
  const shards = new ShardDirectories(directory, system);
  await shards.prepare();
  return new FileBlobEngine({
    shards,
    system,
    durable,
    direct: directIo && durable ? new DirectIo(system) : undefined,
  });
}

interface Surroundings {
  readonly shards: ShardDirectories;
  readonly system: FileSystem;
  readonly durable: boolean;
  readonly direct: DirectIo | undefined;
}

class FileBlobEngine implements BlobEngine {
  readonly #shards: ShardDirectories;
  readonly #system: FileSystem;
  readonly #durable: boolean;
  readonly #direct: DirectIo | undefined;
  readonly #budget = new GatheringBudget();
  readonly #pool = new BufferPool();

  constructor({ shards, system, durable, direct }: Surroundings) {
    this.#shards = shards;
    this.#system = system;
    this.#durable = durable;
    this.#direct = direct;
  }

  async create(id: string): Promise<BlobWriter> {
    requireBlobId(id);
    const path = this.#shards.pathOf(id);
    let file: Descriptor;
    try {
      await this.#shards.made();
      file = await this.#system.createFile(path);
    } catch (error) {
      throw failedWith(error, 'ENOSPC', 'EDQUOT') ? new BlobSpaceError(error) : error;
    }
    const syncEntry = this.#durable ? () => this.#shards.sync(id) : undefined;
    return new FileBlobWriter({
      id,
      path,
      file,
      system: this.#system,
      budget: this.#budget,
      direct: this.#direct,
      syncEntry,
    });
  }

  async open(id: string): Promise<BlobReader> {
    requireBlobId(id);
    const file = await this.#openFile(id);
    try {
      const length = dataLengthOf(await this.#system.size(file));
      if (length === undefined) throw new BlobCorruptError(id, 'no blob has a file of this size');
      const path = this.#shards.pathOf(id);
      return new FileBlobReader({
        id,
        path,
        file,
        length,
        system: this.#system,
        pool: this.#pool,
        direct: this.#direct,
      });
    } catch (error) {
      await this.#system.close(file).catch(() => undefined);
      throw error;
    }
  }

  async delete(id: string): Promise<void> {
    requireBlobId(id);
    await this.#shards.made();
    try {
      await this.#system.removeFile(this.#shards.pathOf(id));
    } catch (error) {
      if (!failedWith(error, 'ENOENT')) throw error;
      // Perhaps removed by one who died before it was durable: synced all the same.
    }
    if (this.#durable) await this.#shards.sync(id);
  }

  async *scan(): AsyncIterable<StoredBlob> {
    for await (const { id, path } of this.#shards.list()) {
      try {
        yield { id, writtenAt: await this.#system.writtenAt(path) };
      } catch (error) {
        // Deleted since its name was listed.
        if (!failedWith(error, 'ENOENT')) throw error;
      }
    }
  }

  close(): Promise<void> {
    return this.#shards.close();
  }

  async #openFile(id: string): Promise<Descriptor> {
    try {
      return await this.#system.openFile(this.#shards.pathOf(id));
    } catch (error) {
      throw failedWith(error, 'ENOENT') ? new BlobMissingError(id) : error;
    }
  }
}
