import { type MaybePromise, whenReady } from '../../../foundation/bytes.ts';
import { MetadataSpaceError, type Snapshot, type Transaction } from '../metadata-engine.ts';
import { EarlyPace } from './early-pace.ts';
import { EarlyTransaction } from './early-transaction.ts';
import type { Store } from './lmdb-environment.ts';
import { BatchCounters, LmdbTransaction } from './lmdb-transaction.ts';
import { ReadingPace } from './reading-pace.ts';
import type { RoomAhead } from './room-ahead.ts';

/** A batch ends here although more bodies wait, so that what it keeps in memory stays bounded. */
const maxBatchBytes = 16 * 1024 * 1024;

/**
 * A lone body is committed on this thread while commits take less than this, in milliseconds: the two changes of thread
 * that it saves are a third of its way (170 of 500 µs). On a slower disk, requests to come should not wait for that.
 */
const inPlaceLimit = 1;

type Body<T> = (transaction: Transaction) => MaybePromise<T>;

/** A body and its caller. */
class Waiting<T = unknown> {
  /** What the body did before its turn; its `answer` counts if that still holds when the turn comes. */
  early: EarlyTransaction | undefined;
  answer: T | undefined;
  readonly #body: Body<T>;
  readonly #resolve: (answer: T) => void;
  readonly fail: (error: unknown) => void;

  constructor(body: Body<T>, resolve: (answer: T) => void, reject: (error: unknown) => void) {
    this.#body = body;
    this.#resolve = resolve;
    this.fail = reject;
  }

  run(transaction: Transaction): MaybePromise<void> {
    const answer = this.#body(transaction);
    if (answer instanceof Promise) {
      return answer.then((settled: T) => {
        this.answer = settled;
      });
    }
    this.answer = answer;
  }

  /** The batch is durable: the caller gets what the body answered. */
  succeed(): void {
    this.#resolve(this.answer as T);
  }
}

/** Bodies that cannot answer at once, and so not from a snapshot. */
const AsyncBody = (async () => {}).constructor;

type TakeSnapshot = (body: (snapshot: Snapshot) => void) => void;

export interface CommitQueueOptions {
  readonly store: Store;
  /** Runs its argument over a snapshot outside of the store's transactions. */
  readonly snapshot: TakeSnapshot;
  /** The room left on the disk; asked only after a failure. */
  readonly freeBytes: () => number;
  /** Where commits are synced. */
  readonly roomAhead: RoomAhead | undefined;
}

/**
 * Commits in groups: while one batch is being synced, the bodies that arrive wait for the next one, which then needs
 * one sync for all of them. LMDB's write lock makes the batches of all processes follow one another, so that whatever is
 * done under it keeps everybody waiting: a body that would only wait runs early, over a snapshot, and under the lock it
 * runs again only where something that it had read has changed.
 */
export class CommitQueue {
  readonly #store: Store;
  readonly #snapshot: TakeSnapshot;
  readonly #freeBytes: () => number;
  readonly #roomAhead: RoomAhead | undefined;
  readonly #waiting: Waiting[] = [];
  #pump: Promise<void> | undefined;
  #broken: Error | undefined;
  /** Bodies in the last batch: where one was alone, the next one is likely to be. */
  #lastBatchSize = 0;
  /** What a commit takes, in milliseconds: a moving average. */
  #commitTime = 0;
  #committedThisTurn = false;
  /** Bodies that have been given up early, and have not noticed yet. */
  #settling = 0;
  readonly #pace = new ReadingPace();
  readonly #earlyPace = new EarlyPace();

  constructor({ store, snapshot, freeBytes, roomAhead }: CommitQueueOptions) {
    this.#store = store;
    this.#snapshot = snapshot;
    this.#freeBytes = freeBytes;
    this.#roomAhead = roomAhead;
  }

  transact<T>(body: Body<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#broken) return reject(this.#broken);
      const waiting = new Waiting(body, resolve, reject);
      // Only while it would wait anyway: without others, reading under the lock is the shorter way.
      const pending = this.#pump && this.#earlyPace.pays && this.#runEarly(waiting, body);
      if (!pending) return this.#enqueue(waiting as Waiting);
      this.#settling++;
      void pending.then(() => {
        this.#settling--;
        this.#enqueue(waiting as Waiting);
      });
    });
  }

  #enqueue(waiting: Waiting): void {
    if (this.#broken) {
      waiting.fail(this.#broken);
    } else {
      this.#waiting.push(waiting);
      this.#pump ??= this.#commitAll();
    }
  }

  /**
   * Whatever goes wrong here (a refusal among it, which may rest on what has changed meanwhile) is left to the run under
   * the lock. A body that turns out to answer later has been given up by then; what is answered resolves when it has
   * noticed.
   */
  #runEarly<T>(waiting: Waiting<T>, body: Body<T>): Promise<unknown> | undefined {
    if (body.constructor === AsyncBody) return;
    const endTiming = this.#pace.sample();
    let pending = undefined as MaybePromise<void>;
    this.#snapshot((snapshot) => {
      const early = new EarlyTransaction(snapshot);
      try {
        pending = waiting.run(early);
        if (!pending) waiting.early = early;
      } catch {
        // Runs again.
      }
      early.end();
    });
    endTiming?.();
    if (!waiting.early) this.#earlyPace.note(false);
    return pending?.catch(() => undefined);
  }

  /** See `MetadataEngine`. Bodies read one after the other, on this thread; this does not. */
  bringNear(keys: () => readonly Buffer[]): Promise<void> | undefined {
    if (!this.#pace.isFar) return undefined;
    return new Promise((resolve) => this.#store.prefetch(keys(), resolve));
  }

  /** Resolves when nothing waits any more. */
  async drain(): Promise<void> {
    while (this.#pump || this.#settling > 0) {
      await (this.#pump ?? new Promise((resolve) => setImmediate(resolve)));
    }
  }

  async #commitAll(): Promise<void> {
    while (this.#waiting.length > 0) await this.#commitBatch();
    this.#pump = undefined;
  }

  async #commitBatch(): Promise<void> {
    const inPlace = await this.#isAlone();
    // What has come in together is read first. Its run would wait for that all the same, with the write lock held.
    if (!inPlace) await new Promise(setImmediate);
    const batch = new Batch(this.#store, { queue: this.#waiting, earlyPace: this.#earlyPace });
    const startedAt = performance.now();
    try {
      const run = () => this.#runLocked(batch);
      if (inPlace) await this.#store.transactionSync(run);
      else await this.#store.transaction(run);
      this.#lastBatchSize = batch.attempts.length;
      this.#commitTime += (performance.now() - startedAt - this.#commitTime) / 8;
      if (batch.failure) throw batch.failure;
    } catch (error) {
      const cause = batch.failure ?? (await causeOf(error));
      const failure = this.#isSpaceError(cause, batch.bytes) ? new MetadataSpaceError(cause) : cause;
      // Where LMDB could not even begin, no body has run; they fail all the same, or they would come round for ever.
      const failed = batch.hasRun ? batch.attempts.map(({ waiting }) => waiting) : this.#waiting.splice(0);
      for (const waiting of failed) waiting.fail(failure);
      this.#stopIfBroken();
      return;
    }
    for (const { waiting, thrown } of batch.attempts) {
      if (thrown) waiting.fail(thrown.error);
      else waiting.succeed();
    }
  }

  /** Runs the batch under the write lock; what is written here is synced by its commit. */
  #runLocked(batch: Batch): MaybePromise<void> {
    const startedAt = performance.now();
    return whenReady(batch.run(), () => {
      this.#pace.note({ milliseconds: performance.now() - startedAt, bodies: batch.attempts.length });
      if (batch.failure === undefined) this.#roomAhead?.keep(batch.bytes);
    });
  }

  /**
   * Whether the one body that waits seems to be the only one for now, on a disk that is fast. A second one in the same
   * turn of the event loop waits for the end of the turn, and shares its commit with all that came in by then.
   */
  async #isAlone(): Promise<boolean> {
    if (this.#lastBatchSize > 1 || this.#commitTime > inPlaceLimit) return false;
    if (this.#committedThisTurn) await new Promise(setImmediate);
    if (this.#waiting.length > 1) return false;
    this.#committedThisTurn = true;
    setImmediate(() => {
      this.#committedThisTurn = false;
    });
    return true;
  }

  /**
   * ENOSPC, EDQUOT and MDB_MAP_FULL, as numbers of the operating system and of LMDB. A disk that fills up in the middle
   * of a write makes LMDB say EIO; then the room left tells. A commit copies the tree's branches too, hence the slack.
   */
  #isSpaceError(error: unknown, bytes: number): boolean {
    if (!(error instanceof Error && 'code' in error)) return false;
    if ([28, 122, -30792].includes(Number(error.code))) return true;
    return error.code === 5 && this.#freeBytes() < 2 * bytes + 2 ** 20;
  }

  /** After a failed write of its meta page LMDB refuses to begin, and lmdb's own queue would wait for ever. */
  #stopIfBroken(): void {
    try {
      this.#store.transactionSync(() => undefined);
    } catch (cause) {
      this.#broken = new Error('the metadata engine has failed: the process must be started again', { cause });
      for (const waiting of this.#waiting.splice(0)) waiting.fail(this.#broken);
    }
  }
}

interface Attempt {
  readonly waiting: Waiting;
  /** What the body threw. Told only once the batch is durable: it may rest on what an earlier body of it wrote. */
  thrown?: { readonly error: unknown };
}

/** The bodies of one LMDB transaction, each seeing what those before it wrote. */
class Batch {
  readonly attempts: Attempt[] = [];
  /** LMDB refused a write. It then refuses the commit too, so that the whole batch fails. */
  failure: unknown;
  /** Keys and values written so far. */
  bytes = 0;
  readonly #store: Store;
  readonly #counters: BatchCounters;
  readonly #queue: Waiting[];
  readonly #earlyPace: EarlyPace;

  constructor(store: Store, { queue, earlyPace }: { readonly queue: Waiting[]; readonly earlyPace: EarlyPace }) {
    this.#store = store;
    this.#counters = new BatchCounters(store);
    this.#queue = queue;
    this.#earlyPace = earlyPace;
  }

  get hasRun(): boolean {
    return this.attempts.length > 0;
  }

  /** Runs what waits, and what comes to wait meanwhile. Stays synchronous as long as the bodies are. */
  run(): MaybePromise<void> {
    while (this.#queue.length > 0 && this.bytes < maxBatchBytes && this.failure === undefined) {
      const pending = this.#runNext();
      if (pending) return pending.then(() => this.run());
    }
    this.#flush();
  }

  #flush(): void {
    try {
      this.#counters.flush();
    } catch (error) {
      this.failure ??= error;
    }
  }

  #runNext(): Promise<void> | undefined {
    const waiting = this.#queue.shift()!;
    const attempt: Attempt = { waiting };
    this.attempts.push(attempt);
    const { early } = waiting;
    if (early) {
      const holds = this.#holds(early);
      this.#earlyPace.note(holds);
      if (holds) return this.#apply(early);
    }
    const transaction = new LmdbTransaction(this.#store, this.#counters);
    const refuse = (error: unknown): void => {
      transaction.abandon();
      attempt.thrown = { error };
    };
    try {
      const pending = waiting.run(transaction);
      if (pending) return pending.then(() => this.#apply(transaction), refuse);
    } catch (error) {
      refuse(error);
      return;
    }
    this.#apply(transaction);
  }

  /** Where the store fails, the body's own run is going to meet it. */
  #holds(early: EarlyTransaction): boolean {
    try {
      return early.holds(this.#counters);
    } catch {
      return false;
    }
  }

  #apply(transaction: { apply(counters: BatchCounters): number }): undefined {
    try {
      this.bytes += transaction.apply(this.#counters);
    } catch (error) {
      this.failure = error;
    }
  }
}

/** lmdb rejects a failed commit with an error that carries the real one as a promise. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error && 'commitError' in error)) return error;
  try {
    return await error.commitError;
  } catch (cause) {
    return cause;
  }
}
