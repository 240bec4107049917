import type { MaybePromise } from '../../../foundation/bytes.ts';
import { invariant } from '../../../foundation/invariant.ts';
import type { Random } from '../../../foundation/random.ts';
import {
  type Entry,
  isSameValue,
  type MetadataEngine,
  requireAnswerAtOnce,
  requireOpenSnapshot,
  type Snapshot,
  type Span,
  type Transaction,
} from '../metadata-engine.ts';
import { MemoryTransaction } from './memory-transaction.ts';
import { type Snapshot as StoredSnapshot, VersionedEntries } from './versioned-entries.ts';

export interface MemoryMetadataEngineOptions {
  /** Everything answers as a promise that takes some turns of the microtask queue; without it, at once, as LMDB does. */
  readonly lateAnswers?: boolean;
  /** Share of commits, from 0 to below 1, that conflict although nobody else wrote. */
  readonly conflictRate?: number;
  /** Decides how late an answer is and which commits conflict; needed for `conflictRate`. */
  readonly random?: Random;
}

/**
 * The worst engine that the port allows, for tests and simulation: transactions run side by side, are checked for
 * conflicts only when they commit, and their bodies then run again. The same parameters and calls give the same answers
 * in the same order. Nothing outlives the process.
 */
export function memoryMetadataEngine(options: MemoryMetadataEngineOptions = {}): MetadataEngine {
  return new MemoryMetadataEngine(options);
}

class MemoryMetadataEngine implements MetadataEngine {
  readonly #entries = new VersionedEntries();
  readonly #options: MemoryMetadataEngineOptions;
  #closed = false;

  constructor(options: MemoryMetadataEngineOptions) {
    const { conflictRate = 0, random } = options;
    invariant(conflictRate >= 0 && conflictRate < 1, 'a conflict rate is from 0 to below 1', { conflictRate });
    invariant(conflictRate === 0 || random, 'a conflict rate needs randomness');
    this.#options = options;
  }

  get(key: Buffer): MaybePromise<Buffer | undefined> {
    return this.#answer(() => copy(this.#entries.latest().find(key)?.value));
  }

  isStill(key: Buffer, value: Buffer | undefined): MaybePromise<boolean> {
    return this.#answer(() => isSameValue(this.#entries.latest().find(key)?.value, value));
  }

  range(span: Span): MaybePromise<readonly Entry[]> {
    return this.#answer(() => this.#entries.latest().range(span));
  }

  snapshot<T>(body: (snapshot: Snapshot) => MaybePromise<T>): MaybePromise<T> {
    this.#requireOpen();
    if (this.#options.lateAnswers) return this.#snapshotLate(body);
    const snapshot = this.#openSnapshot();
    try {
      return requireAnswerAtOnce(body(snapshot));
    } finally {
      snapshot.end();
    }
  }

  async transact<T>(body: (transaction: Transaction) => MaybePromise<T>): Promise<T> {
    for (;;) {
      this.#requireOpen();
      const transaction = new MemoryTransaction(this.#entries.latest(), (answer) => this.#answer(answer));
      let result: T;
      try {
        result = await body(transaction);
        await this.#delay();
      } finally {
        transaction.end();
      }
      if (!this.#conflictsByChance() && transaction.commit(this.#entries)) {
        await this.#delay();
        return result;
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async #snapshotLate<T>(body: (snapshot: Snapshot) => MaybePromise<T>): Promise<T> {
    await this.#delay();
    const snapshot = this.#openSnapshot();
    try {
      return await body(snapshot);
    } finally {
      snapshot.end();
    }
  }

  #openSnapshot(): MemorySnapshot {
    return new MemorySnapshot(this.#entries.latest(), (read) => this.#answer(read));
  }

  #answer<T>(read: () => T): MaybePromise<T> {
    this.#requireOpen();
    if (!this.#options.lateAnswers) return read();
    // Late before it reads and late before it answers: both are times at which others may commit.
    return this.#delay()
      .then(read)
      .then(async (answer) => {
        await this.#delay();
        return answer;
      });
  }

  async #delay(): Promise<void> {
    if (!this.#options.lateAnswers) return;
    const turns = this.#options.random ? this.#options.random.bytes(1).readUInt8() % 4 : 1;
    for (let turn = 0; turn < turns; turn++) await undefined;
  }

  #conflictsByChance(): boolean {
    const { conflictRate = 0, random } = this.#options;
    return conflictRate > 0 && random !== undefined && random.bytes(4).readUInt32LE() < conflictRate * 2 ** 32;
  }

  #requireOpen(): void {
    if (this.#closed) throw new Error('the metadata engine is closed');
  }
}

class MemorySnapshot implements Snapshot {
  readonly #stored: StoredSnapshot;
  readonly #answer: <T>(read: () => T) => MaybePromise<T>;
  #isOpen = true;

  /** `answer` gives what a read finds, at once or late. */
  constructor(stored: StoredSnapshot, answer: <T>(read: () => T) => MaybePromise<T>) {
    this.#stored = stored;
    this.#answer = answer;
  }

  get(key: Buffer): MaybePromise<Buffer | undefined> {
    requireOpenSnapshot(this.#isOpen);
    return this.#answer(() => copy(this.#stored.find(key)?.value));
  }

  range(span: Span): MaybePromise<readonly Entry[]> {
    requireOpenSnapshot(this.#isOpen);
    return this.#answer(() => this.#stored.range(span));
  }

  end(): void {
    this.#isOpen = false;
  }
}

function copy(value: Buffer | undefined): Buffer | undefined {
  return value && Buffer.from(value);
}
