import { keyspace } from '../records/keyspace.ts';
import { readRecord, writeRecord } from '../records/record-type.ts';
import { type WorkRecord, workRecordType } from '../records/work-record.ts';
import { endLease, type Lease, takeLease } from '../services/leases/lease.ts';
import type { ServiceContext } from '../services/service-context.ts';
import type { Worker } from './worker.ts';

/** One round of background work, which may be cut off anywhere and goes on from what is stored. */
export interface LeasedWork {
  /** In kebab-case: the name of its lease, and what people see. */
  readonly name: string;
  /** Between the end of a round that found nothing more to do and the next one. */
  readonly restMilliseconds: number;
  /** Does some work and answers. `busy`: there is more, and the next round follows at once. */
  runOnce(round: Round): Promise<{ readonly busy: boolean }>;
}

export interface Round {
  /** Aborted when the process stops, or the lease is lost: whoever goes on may do what another one does too. */
  readonly signal: AbortSignal;
  /** Says how far the round has come. Told to others at most once a second. */
  progress(words: string): void;
  /** Adds to the totals that people see. */
  count(name: string, amount?: number): void;
}

/**
 * Long, for each renewal is a commit, which a server without work to do would make for ever. Nobody waits for it to run
 * out: a process that stops gives its leases back, and those of one that died are ended by the next one of the machine.
 */
const leaseMilliseconds = 1_800_000;
const renewMilliseconds = 600_000;
/** Between two looks whether somebody else still has the lease. */
const askMilliseconds = 10_000;
const tellMilliseconds = 1000;
/** How often work that does nothing says so. */
const quietMilliseconds = 600_000;
const shortestPauseMilliseconds = 1000;
const longestPauseMilliseconds = 60_000;

/**
 * Runs `work` in one process at a time, whatever the number of nodes; tells how it stands in a record; and after a
 * failure waits a while, longer each time. Work that finds nothing to do writes next to nothing.
 */
export function leasedWorker(context: ServiceContext, work: LeasedWork): Worker {
  const { clock, logger } = context;
  const hold = new HeldLease(context, work.name);
  const story = new WorkStory(context, work.name);
  let failures = 0;

  async function round(signal: AbortSignal): Promise<number> {
    if (!(await hold.take())) return askMilliseconds;
    const losing = new AbortController();
    const ended = new AbortController();
    const renewing = hold.renewUntil(ended.signal, losing);
    try {
      story.begin();
      const { busy } = await work.runOnce({
        signal: AbortSignal.any([signal, losing.signal]),
        progress: (words) => story.progress(words),
        count: (name, amount = 1) => story.count(name, amount),
      });
      failures = 0;
      const pause = busy ? 0 : work.restMilliseconds;
      await story.end({ nextAt: clock.now() + pause, failure: undefined });
      return pause;
    } catch (error) {
      failures++;
      const pause = Math.min(longestPauseMilliseconds, shortestPauseMilliseconds * 2 ** Math.min(failures - 1, 10));
      logger.error({ err: error, work: work.name }, 'background work failed; it will be tried again');
      await story.end({ nextAt: clock.now() + pause, failure: error instanceof Error ? error.message : String(error) });
      return pause;
    } finally {
      ended.abort();
      await renewing;
    }
  }

  return {
    name: work.name,
    async run(signal) {
      while (!signal.aborted) {
        let pause = longestPauseMilliseconds;
        try {
          pause = await round(signal);
        } catch (error) {
          logger.error({ err: error, work: work.name }, 'background work could not begin');
        }
        if (pause > 0 && !signal.aborted) await clock.sleep(pause, signal);
      }
      await hold.give();
    },
  };
}

/** One process's hold on a lease. */
class HeldLease {
  readonly #context: ServiceContext;
  readonly #lease: Lease;
  /** When it was taken or renewed last. */
  #takenAt = Number.NEGATIVE_INFINITY;

  constructor(context: ServiceContext, name: string) {
    this.#context = context;
    this.#lease = { name, holder: context.random.bytes(8).toString('hex'), milliseconds: leaseMilliseconds };
  }

  /** False where somebody else has it. Short rounds that follow one another take it but once in a while. */
  async take(): Promise<boolean> {
    const now = this.#context.clock.now();
    // A clock that was set back says nothing.
    if (now >= this.#takenAt && now - this.#takenAt < renewMilliseconds) return true;
    this.#takenAt = (await takeLease(this.#context, this.#lease)) ? now : Number.NEGATIVE_INFINITY;
    return this.#takenAt === now;
  }

  /** Renews it until a round has `ended`; aborts `losing` where it is somebody else's by then. */
  async renewUntil(ended: AbortSignal, losing: AbortController): Promise<void> {
    while (!ended.aborted) {
      await this.#context.clock.sleep(renewMilliseconds, ended);
      if (ended.aborted) return;
      this.#takenAt = Number.NEGATIVE_INFINITY;
      if (!(await this.take().catch(() => false))) return losing.abort();
    }
  }

  async give(): Promise<void> {
    await endLease(this.#context, this.#lease).catch(() => undefined);
  }
}

type Telling = Pick<WorkRecord, 'state' | 'nextAt' | 'failure'> & { readonly endedAt?: number };

/** Keeps the record of how some work stands. */
class WorkStory {
  readonly #context: ServiceContext;
  readonly #name: string;
  #startedAt = 0;
  #toldAt = Number.NEGATIVE_INFINITY;
  #told: string | undefined;
  #toldProgress: string | undefined;
  #progress = '';
  #counted = new Map<string, number>();
  #telling: Promise<void> = Promise.resolve();

  constructor(context: ServiceContext, name: string) {
    this.#context = context;
    this.#name = name;
  }

  begin(): void {
    this.#startedAt = this.#context.clock.now();
  }

  progress(words: string): void {
    this.#progress = words;
    this.#sayBusy();
  }

  count(name: string, amount: number): void {
    this.#keep(name, amount);
    this.#sayBusy();
  }

  #keep(name: string, amount: number): void {
    this.#counted.set(name, (this.#counted.get(name) ?? 0) + amount);
  }

  /** Not too often, and less often still where it is nothing new: each telling is a commit. */
  #sayBusy(): void {
    const sinceTold = this.#context.clock.now() - this.#toldAt;
    const isNew = this.#counted.size > 0 || this.#progress !== this.#toldProgress;
    // A clock that was set back says nothing.
    if (sinceTold >= 0 && sinceTold < (isNew ? tellMilliseconds : quietMilliseconds)) return;
    this.#queue({ state: 'busy', nextAt: undefined, failure: undefined });
  }

  /** A round that did nothing new is told now and then only. */
  async end({ nextAt, failure }: Pick<WorkRecord, 'nextAt' | 'failure'>): Promise<void> {
    const state = failure === undefined ? 'waiting' : 'failed';
    const news = `${state} ${failure} ${this.#progress}`;
    const now = this.#context.clock.now();
    const sinceTold = now - this.#toldAt;
    const isOfLate = sinceTold >= 0 && sinceTold < quietMilliseconds;
    const isQuiet = this.#counted.size === 0 && news === this.#told && isOfLate;
    if (!isQuiet) this.#queue({ state, nextAt, failure, endedAt: now });
    this.#told = news;
    await this.#telling;
  }

  /** One after the other. A story that cannot be told stops no work. */
  #queue(telling: Telling): void {
    this.#toldAt = this.#context.clock.now();
    this.#toldProgress = this.#progress;
    this.#told = undefined;
    this.#telling = this.#telling
      .then(() => this.#tell(telling))
      .catch((error: unknown) => {
        this.#context.logger.warn({ err: error, work: this.#name }, 'how some work stands could not be told');
      });
  }

  async #tell(telling: Telling): Promise<void> {
    const counted = this.#counted;
    this.#counted = new Map();
    const key = keyspace.work(this.#name);
    try {
      await this.#context.metadata.transact(async (tx) => {
        const before = await readRecord(tx, workRecordType, key);
        const totals = { ...before?.totals };
        for (const [name, amount] of counted) totals[name] = (totals[name] ?? 0) + amount;
        const record: WorkRecord = {
          endedAt: before?.endedAt,
          ...telling,
          name: this.#name,
          startedAt: this.#startedAt,
          toldAt: this.#context.clock.now(),
          progress: this.#progress,
          totals,
        };
        writeRecord(tx, { type: workRecordType, key }, record);
      });
    } catch (error) {
      for (const [name, amount] of counted) this.#keep(name, amount);
      throw error;
    }
  }
}
