import {
  BlobCorruptError,
  type BlobEngine,
  type BlobReader,
  type BlobWriter,
  type StoredBlob,
} from '../../src/engines/blobs/blob-engine.ts';
import { faultyBlobEngine } from '../../src/engines/blobs/faulty/faulty-blob-engine.ts';
import { type CallName, type FaultKind, FaultPlan } from '../../src/engines/fault-plan.ts';
import { faultyMetadataEngine } from '../../src/engines/metadata/faulty/faulty-metadata-engine.ts';
import { isStill, type MetadataEngine, type Transaction } from '../../src/engines/metadata/metadata-engine.ts';
import type { PlannedFault } from './plan.ts';
import type { SeededStream } from './seeded-stream.ts';

/** What the caller is made to wait for before and after each call of a port. */
export type Point = (label: string) => Promise<void>;

/**
 * The engine as one process sees it. Between any two of its calls others may go on: before a read, between a read and
 * its answer, before a commit, and between a commit and its answer.
 */
export function scheduledMetadataEngine(inner: MetadataEngine, point: Point): MetadataEngine {
  return {
    async get(key) {
      await point('get');
      return late(await inner.get(key), point, 'get');
    },
    async isStill(key, value) {
      await point('isStill');
      return late(await isStill(inner, key, value), point, 'isStill');
    },
    async range(span) {
      await point('range');
      return late(await inner.range(span), point, 'range');
    },
    async snapshot(body) {
      await point('snapshot');
      // Nothing that happens while a snapshot is read can be seen in it: it is all one moment.
      return late(await inner.snapshot(body), point, 'snapshot');
    },
    async transact(body) {
      await point('transact');
      const result = await inner.transact(async (tx) => {
        const answer = await body(scheduledTransaction(tx, point));
        await point('commit');
        return answer;
      });
      return late(result, point, 'commit');
    },
    close: () => inner.close(),
  };
}

async function late<T>(answer: T, point: Point, label: string): Promise<T> {
  await point(`${label} answers`);
  return answer;
}

function scheduledTransaction(inner: Transaction, point: Point): Transaction {
  return {
    async get(key) {
      await point('tx.get');
      return inner.get(key);
    },
    async getMany(keys) {
      await point('tx.getMany');
      return inner.getMany(keys);
    },
    async range(span) {
      await point('tx.range');
      return inner.range(span);
    },
    put: (key, value) => inner.put(key, value),
    delete: (key) => inner.delete(key),
    add: (key, deltas) => inner.add(key, deltas),
  };
}

export function scheduledBlobEngine(inner: BlobEngine, point: Point): BlobEngine {
  const around = async <T>(label: string, call: () => Promise<T>): Promise<T> => {
    await point(label);
    return late(await call(), point, label);
  };
  return {
    create: (id) => around('blobs.create', async () => scheduledWriter(await inner.create(id), around)),
    open: (id) => around('blobs.open', async () => scheduledReader(await inner.open(id), point)),
    delete: (id) => around('blobs.delete', () => inner.delete(id)),
    async *scan() {
      await point('blobs.scan');
      for await (const blob of inner.scan()) {
        await point('blobs.scan goes on');
        yield blob;
      }
    },
    close: () => inner.close(),
  };
}

type Around = <T>(label: string, call: () => Promise<T>) => Promise<T>;

function scheduledWriter(inner: BlobWriter, around: Around): BlobWriter {
  return {
    id: inner.id,
    write: (piece) => around('blobs.write', async () => inner.write(piece)),
    commit: () => around('blobs.commit', () => inner.commit()),
    abort: () => around('blobs.abort', () => inner.abort()),
  };
}

function scheduledReader(inner: BlobReader, point: Point): BlobReader {
  return {
    length: inner.length,
    async pour(range, sink) {
      await point('blobs.pour');
      await inner.pour(range, async (piece) => {
        await sink(piece);
        await point('blobs.pour goes on');
      });
    },
    close: () => inner.close(),
  };
}

/** The call numbers of one process at which something fails, as the plan has them. */
export class PlannedFaults extends FaultPlan {
  readonly #faults: ReadonlyMap<number, PlannedFault>;
  readonly #onFault: (call: CallName, kind: FaultKind) => void;
  #calls = 0;
  #isHealed = false;

  constructor(faults: readonly PlannedFault[], onFault: (call: CallName, kind: FaultKind) => void) {
    super();
    this.#faults = new Map(faults.map((fault) => [fault.call, fault]));
    this.#onFault = onFault;
  }

  override heal(): void {
    this.#isHealed = true;
  }

  override meet(call: CallName, ...possible: readonly FaultKind[]): FaultKind | undefined {
    const fault = this.#faults.get(++this.#calls);
    if (!fault || this.#isHealed) return undefined;
    // Not every kind can happen at every call: then it is one that can.
    const kind = possible.includes(fault.kind) ? fault.kind : possible[0]!;
    this.#onFault(call, kind);
    return kind;
  }
}

/** Both engines as one process sees them: late, and failing as planned. */
export function enginesOfProcess(
  shared: { readonly metadata: MetadataEngine; readonly blobs: BlobEngine },
  { point, faults }: { point: Point; faults: FaultPlan },
): { metadata: MetadataEngine; blobs: BlobEngine } {
  return {
    metadata: scheduledMetadataEngine(faultyMetadataEngine(shared.metadata, faults), point),
    blobs: scheduledBlobEngine(faultyBlobEngine(shared.blobs, faults), point),
  };
}

/**
 * Keeps apart what a blob engine has written and what is durable, so that the power can be cut. What counts as durable
 * is what a call has answered, at the latest one step after its effect: a blob that is being written is lost or torn, one
 * whose deletion did not answer yet may come back.
 */
export class PowerCutBlobs implements BlobEngine {
  readonly #inner: BlobEngine;
  readonly #settle: () => Promise<void>;
  readonly #unfinished = new Set<string>();
  readonly #torn = new Set<string>();
  /** Deleted, but the deletion is not durable: what the blob was. */
  readonly #leaving = new Map<string, Buffer>();

  /** `settle` lets others go on: until it resolves, what was just done is not durable. */
  constructor(inner: BlobEngine, settle: () => Promise<void>) {
    this.#inner = inner;
    this.#settle = settle;
  }

  async create(id: string): Promise<BlobWriter> {
    const writer = await this.#inner.create(id);
    this.#unfinished.add(id);
    return {
      id,
      write: (piece) => writer.write(piece),
      commit: async () => {
        const result = await writer.commit();
        await this.#settle();
        this.#unfinished.delete(id);
        return result;
      },
      abort: async () => {
        await writer.abort();
        this.#unfinished.delete(id);
      },
    };
  }

  async open(id: string): Promise<BlobReader> {
    if (this.#torn.has(id)) throw new BlobCorruptError(id, 'torn by a power cut');
    return this.#inner.open(id);
  }

  async delete(id: string): Promise<void> {
    const bytes = await this.#bytesOf(id);
    await this.#inner.delete(id);
    this.#torn.delete(id);
    if (bytes) this.#leaving.set(id, bytes);
    await this.#settle();
    this.#leaving.delete(id);
  }

  scan(): AsyncIterable<StoredBlob> {
    return this.#inner.scan();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  /** To be called when no process lives. Answers how many blobs were lost, torn or brought back. */
  async cutPower(draws: SeededStream): Promise<number> {
    let changed = 0;
    for (const id of this.#unfinished) {
      const fate = draws.pick(['kept', 'lost', 'torn']);
      if (fate === 'lost') await this.#inner.delete(id);
      if (fate === 'torn') this.#torn.add(id);
      if (fate !== 'kept') changed++;
    }
    for (const [id, bytes] of this.#leaving) {
      if (draws.happens(0.5)) continue;
      changed++;
      const writer = await this.#inner.create(id);
      await writer.write(bytes);
      await writer.commit();
    }
    this.#unfinished.clear();
    this.#leaving.clear();
    return changed;
  }

  async #bytesOf(id: string): Promise<Buffer | undefined> {
    try {
      const reader = await this.#inner.open(id);
      const pieces: Buffer[] = [];
      await reader.pour({ offset: 0, length: reader.length }, (piece) => void pieces.push(Buffer.from(piece)));
      return Buffer.concat(pieces);
    } catch {
      // Never finished: there is nothing that could come back.
      return undefined;
    }
  }
}
