import type { ChildProcess } from 'node:child_process';
import type { Clock } from '../foundation/clock.ts';
import type { MetricsSnapshot } from '../telemetry/metrics.ts';
import type { Order, Report } from './messages.ts';

const patienceMilliseconds = 2000;

interface Round {
  readonly missing: Set<ChildProcess>;
  readonly snapshots: MetricsSnapshot[];
  readonly complete: AbortController;
}

/** Asks every process for its metrics. One that does not answer in time is left out rather than waited for. */
export class MetricsRound {
  readonly #clock: Clock;
  readonly #rounds = new Map<number, Round>();
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async gather(children: readonly ChildProcess[], tell: (order: Order) => void): Promise<readonly MetricsSnapshot[]> {
    const question = ++this.#last;
    const round: Round = { missing: new Set(children), snapshots: [], complete: new AbortController() };
    this.#rounds.set(question, round);
    tell({ type: 'measure', question });
    await this.#clock.sleep(patienceMilliseconds, round.complete.signal);
    this.#rounds.delete(question);
    return round.snapshots;
  }

  take(child: ChildProcess, { question, snapshot }: Extract<Report, { type: 'snapshot' }>): void {
    const round = this.#rounds.get(question);
    if (!round?.missing.delete(child)) return;
    round.snapshots.push(snapshot);
    if (round.missing.size === 0) round.complete.abort();
  }

  /** The process died: nobody waits for it. */
  forget(child: ChildProcess): void {
    for (const { missing, complete } of this.#rounds.values()) {
      if (missing.delete(child) && missing.size === 0) complete.abort();
    }
  }
}
