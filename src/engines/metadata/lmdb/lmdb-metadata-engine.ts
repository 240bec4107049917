import { closeSync, fsyncSync, mkdirSync, openSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MaybePromise } from '../../../foundation/bytes.ts';
import type { Entry, MetadataEngine, Snapshot, Span, Transaction } from '../metadata-engine.ts';
import { CommitQueue } from './commit-queue.ts';
import { openWriter, SnapshotReader, type Store } from './lmdb-environment.ts';
import { openGrowingFile, RoomAhead } from './room-ahead.ts';

export interface LmdbMetadataEngineOptions {
  /** Where the file `metadata.mdb` and its lock file are; created where it is missing. Must be on a local disk. */
  readonly directory: string;
  /**
   * `durable`: a transaction resolves when it is on disk. `relaxed`: nothing is synced before `close`; a crash of the
   * program loses nothing, but a power cut or a crash of the system may damage the file beyond repair.
   */
  readonly sync: 'durable' | 'relaxed';
  /** Address space to reserve, in bytes; costs neither memory nor disk. Best above the size the file will ever have. */
  readonly mapSize?: number;
  /** Opens a file that exists, and refuses transactions. */
  readonly readOnly?: boolean;
}

/**
 * The embedded metadata engine: one LMDB file, opened by any number of processes of one machine. Reads answer at once
 * and cost about a microsecond; transactions of all processes follow one another and share syncs. Never open and close
 * the lock file by other means: that gives up the process's POSIX locks on it.
 */
export function openLmdbMetadataEngine(options: LmdbMetadataEngineOptions): MetadataEngine {
  const path = join(options.directory, 'metadata.mdb');
  const environment = { path, sync: options.sync, mapSize: options.mapSize ?? 2 ** 40 };
  if (options.readOnly) return new LmdbMetadataEngine(new SnapshotReader(environment), undefined);
  const created = mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const store = openWriter(environment);
  // LMDB syncs what is in the file, but not that the file exists.
  syncDirectories(options.directory, created);
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(options.directory);
    return bavail * bsize;
  };
  const file = options.sync === 'durable' ? openGrowingFile(path, { store, freeBytes }) : undefined;
  const roomAhead = file && new RoomAhead(file);
  const reader = new SnapshotReader(environment);
  return new LmdbMetadataEngine(reader, {
    commits: new CommitQueue({ store, snapshot: (body) => reader.snapshot(body), freeBytes, roomAhead }),
    close: async () => {
      await closeWriter(store, options.sync);
      file?.close();
    },
  });
}

interface Writer {
  readonly commits: CommitQueue;
  close(): Promise<void>;
}

class LmdbMetadataEngine implements MetadataEngine {
  readonly #reader: SnapshotReader;
  readonly #writer: Writer | undefined;
  #closed: Promise<void> | undefined;

  constructor(reader: SnapshotReader, writer: Writer | undefined) {
    this.#reader = reader;
    this.#writer = writer;
  }

  get(key: Buffer): Buffer | undefined {
    this.#requireOpen();
    return this.#reader.get(key);
  }

  isStill(key: Buffer, value: Buffer | undefined): boolean {
    this.#requireOpen();
    return this.#reader.isStill(key, value);
  }

  range(span: Span): readonly Entry[] {
    this.#requireOpen();
    return this.#reader.range(span);
  }

  snapshot<T>(body: (snapshot: Snapshot) => MaybePromise<T>): T {
    this.#requireOpen();
    return this.#reader.snapshot(body);
  }

  transact<T>(body: (transaction: Transaction) => MaybePromise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new Error('the metadata engine is closed'));
    if (!this.#writer) return Promise.reject(new Error('a read-only metadata engine has no transactions'));
    return this.#writer.commits.transact(body);
  }

  bringNear(keys: () => readonly Buffer[]): Promise<void> | undefined {
    return this.#closed ? undefined : this.#writer?.commits.bringNear(keys);
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeOnce();
    return this.#closed;
  }

  async #closeOnce(): Promise<void> {
    await this.#writer?.commits.drain();
    await this.#reader.close();
    await this.#writer?.close();
  }

  #requireOpen(): void {
    if (this.#closed) throw new Error('the metadata engine is closed');
  }
}

async function closeWriter(store: Store, sync: 'durable' | 'relaxed'): Promise<void> {
  if (sync === 'relaxed') {
    await new Promise<void>((resolve, reject) => {
      store.sync((error) => (error ? reject(error) : resolve()));
    });
  }
  await store.close();
}

/** Syncs `directory` and the parents up to the one that `firstCreated` was made in. */
function syncDirectories(directory: string, firstCreated: string | undefined): void {
  const last = firstCreated === undefined ? directory : dirname(firstCreated);
  for (let current = directory; ; current = dirname(current)) {
    const descriptor = openSync(current, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    if (current === last || current === dirname(current)) return;
  }
}
