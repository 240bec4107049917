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

const leaseMilliseconds = 30_000;
const renewMilliseconds = 10_000;
const tellMilliseconds = 1000;
const shortestPauseMilliseconds = 1000;
const longestPauseMilliseconds = 60_000;

/**
 * Runs `work` in one process at a time, whatever the number of nodes; tells how it stands in a record; and after a
 * failure waits a while, longer each time.
 */
export function leasedWorker(context: ServiceContext, work: LeasedWork): Worker {
  const { clock, random, logger } = context;
  const lease: Lease = {
    name: work.name,
    holder: random.bytes(8).toString('hex'),
    milliseconds: leaseMilliseconds,
  };
  let failures = 0;

  async function round(signal: AbortSignal): Promise<number> {
    if (!(await takeLease(context, lease))) return renewMilliseconds;
    const losing = new AbortController();
    const ended = new AbortController();
    const story = new WorkStory(context, work.name);
    const renewing = renewWhileRunning({ ended: ended.signal, losing });
    try {
      await story.begin();
      const { busy } = await work.runOnce({
        signal: AbortSignal.any([signal, losing.signal]),
        progress: (words) => story.progress(words),
        count: (name, amount = 1) => story.count(name, amount),
      });
      failures = 0;
      const pause = busy ? 0 : work.restMilliseconds;
      await story.end({ nextAt: clock.now() + pause });
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

  async function renewWhileRunning({ ended, losing }: { ended: AbortSignal; losing: AbortController }): Promise<void> {
    while (!ended.aborted) {
      await clock.sleep(renewMilliseconds, ended);
      if (ended.aborted) return;
      const isHeld = await takeLease(context, lease).catch(() => false);
      if (!isHeld) return losing.abort();
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
      await endLease(context, lease).catch(() => undefined);
    },
  };
}

/** Keeps the record of how some work stands. */
class WorkStory {
  readonly #context: ServiceContext;
  readonly #name: string;
  #startedAt = 0;
  #toldAt = 0;
  #progress = '';
  #counted: Record<string, number> = {};
  #telling: Promise<void> = Promise.resolve();

  constructor(context: ServiceContext, name: string) {
    this.#context = context;
    this.#name = name;
  }

  async begin(): Promise<void> {
    this.#startedAt = this.#context.clock.now();
    this.#toldAt = this.#startedAt;
  }

  progress(words: string): void {
    this.#progress = words;
    const now = this.#context.clock.now();
    if (now - this.#toldAt < tellMilliseconds) return;
    this.#toldAt = now;
    this.#telling = this.#telling.then(() => this.#tell({ state: 'busy' })).catch(() => undefined);
  }

  count(name: string, amount: number): void {
    this.#counted[name] = (this.#counted[name] ?? 0) + amount;
  }

  async end({ nextAt, failure }: { nextAt: number; failure?: string }): Promise<void> {
    await this.#telling;
    await this.#tell({
      state: failure === undefined ? 'waiting' : 'failed',
      endedAt: this.#context.clock.now(),
      nextAt,
      failure,
    });
  }

  async #tell(state: Pick<WorkRecord, 'state'> & Partial<WorkRecord>): Promise<void> {
    const counted = this.#counted;
    this.#counted = {};
    const key = keyspace.work(this.#name);
    await this.#context.metadata.transact(async (tx) => {
      const before = await readRecord(tx, workRecordType, key);
      const totals = { ...before?.totals };
      for (const [name, amount] of Object.entries(counted)) totals[name] = (totals[name] ?? 0) + amount;
      const record: WorkRecord = {
        name: this.#name,
        startedAt: this.#startedAt,
        endedAt: before?.endedAt,
        nextAt: undefined,
        failure: undefined,
        progress: this.#progress,
        ...state,
        totals,
      };
      // Work that rests and finds nothing to do need not say so again and again.
      writeRecord(tx, { type: workRecordType, key }, record);
    });
  }
}
