import type { ChildProcess } from 'node:child_process';
import type { Clock } from '../foundation/clock.ts';
import type { Logger } from '../foundation/logger.ts';
import { AllowanceLedger } from '../services/rate-limits/allowances.ts';
import type { Assignment, Order, Report } from './messages.ts';
import { MetricsRound } from './metrics-round.ts';

/** A place that one process after the other fills. */
export interface Place {
  readonly role: 'worker' | 'background';
  spawn(): ChildProcess;
}

export interface SupervisorOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Asked for each process anew: the port is known only after the first start has begun. */
  readonly assignment: () => Assignment;
  onReport(report: Extract<Report, { type: 'listening' | 'failed' }>): void;
  /** A worker ended before it listened, and nobody asked it to. */
  onStillborn(how: string): void;
}

interface Member {
  readonly place: Place;
  readonly child: ChildProcess;
  listened: boolean;
}

/** Whoever lives shorter than this died of its start. */
const youngMilliseconds = 10_000;
const longestPauseMilliseconds = 10_000;

/** Keeps every place filled: a process that dies is replaced, after a growing pause when it dies young again and again. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #members = new Set<Member>();
  readonly #metrics: MetricsRound;
  /** Of accounts and keys that have limits: what all workers together may still let through. */
  readonly #allowances: AllowanceLedger;
  #stopping = false;
  #allGone: (() => void) | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#metrics = new MetricsRound(options.clock);
    this.#allowances = new AllowanceLedger(options.clock);
  }

  /** Fills a place with a process that was started already, or with a new one. */
  fill(place: Place, child: ChildProcess = place.spawn(), deathsBefore = 0): void {
    const { clock, logger, assignment } = this.#options;
    const member: Member = { place, child, listened: false };
    const bornAt = clock.now();
    this.#members.add(member);
    child.on('message', (report: Report) => this.#onReport(member, report));
    const onEnd = (how: string) => {
      this.#members.delete(member);
      this.#metrics.forget(child);
      if (this.#stopping) {
        if (this.#members.size === 0) this.#allGone?.();
        return;
      }
      if (place.role === 'worker' && !member.listened) this.#options.onStillborn(how);
      const deaths = clock.now() - bornAt < youngMilliseconds ? deathsBefore + 1 : 0;
      void this.#replace(place, { deaths, how, pid: child.pid });
    };
    const onExit = (code: number | null, signal: NodeJS.Signals | null) =>
      onEnd(signal === null ? `code ${code}` : signal);
    child.on('error', (error) => {
      logger.error({ err: error, place: place.role }, 'a process cannot be started or reached');
      // What was never born does not exit.
      if (child.pid === undefined) onEnd('it could not be started');
    });
    if (child.exitCode === null && child.signalCode === null) child.once('exit', onExit);
    else onExit(child.exitCode, child.signalCode);
    this.#tell(member, { type: 'start', assignment: assignment() });
  }

  async #replace(place: Place, { deaths, how, pid }: { deaths: number; how: string; pid: number | undefined }) {
    if (this.#stopping) return;
    const pause = deaths < 2 ? 0 : Math.min(longestPauseMilliseconds, 100 * 2 ** (deaths - 2));
    this.#options.logger.warn({ place: place.role, died: pid, how, pause }, 'a process died and is replaced');
    if (pause > 0) await this.#options.clock.sleep(pause);
    if (this.#stopping) return;
    let child: ChildProcess;
    try {
      child = place.spawn();
    } catch (error) {
      this.#options.logger.error({ err: error, place: place.role }, 'a process cannot be started');
      void this.#replace(place, { deaths: deaths + 1, how: 'it could not be started', pid: undefined });
      return;
    }
    this.fill(place, child, deaths);
  }

  #onReport(member: Member, report: Report): void {
    switch (report.type) {
      case 'gather':
        void this.#gather(member, report.question);
        return;
      case 'draw':
        this.#tell(member, { type: 'drawn', question: report.question, allowance: this.#allowances.draw(report.want) });
        return;
      case 'charge':
        this.#allowances.charge(report.want);
        return;
      case 'attempts':
        for (const other of this.#members) {
          if (other !== member && other.place.role === 'worker') this.#tell(other, report);
        }
        return;
      case 'snapshot':
        this.#metrics.take(member.child, report);
        return;
      case 'listening':
        member.listened = true;
        this.#options.onReport(report);
        return;
      case 'failed':
        this.#options.onReport(report);
    }
  }

  async #gather(asker: Member, question: number): Promise<void> {
    const children = [...this.#members].map((member) => member.child);
    const snapshots = await this.#metrics.gather(children, (order) => {
      for (const member of this.#members) this.#tell(member, order);
    });
    this.#tell(asker, { type: 'measured', question, snapshots });
  }

  #tell({ child }: Member, order: Order): void {
    // A process that is about to die takes no orders; its exit is dealt with elsewhere.
    if (child.connected) child.send(order, () => {});
  }

  tellAll(order: Order): void {
    for (const member of this.#members) this.#tell(member, order);
  }

  /** Lets every process finish, kills those that do not within `milliseconds`, and resolves when none is left. */
  async stop(milliseconds: number): Promise<void> {
    this.#stopping = true;
    if (this.#members.size === 0) return;
    const gone = new Promise<void>((resolve) => {
      this.#allGone = resolve;
    });
    this.tellAll({ type: 'drain' });
    const ended = new AbortController();
    void this.#options.clock.sleep(milliseconds, ended.signal).then(() => {
      if (!ended.signal.aborted) this.kill();
    });
    await gone;
    ended.abort();
  }

  /** Ends every process at once. */
  kill(): void {
    this.#stopping = true;
    for (const { child } of this.#members) child.kill('SIGKILL');
  }
}
