import { fnv1a, type SeededStream } from './seeded-stream.ts';

/** One life of one simulated process: a restarted process is another one. */
export interface ProcessId {
  readonly name: string;
  readonly life: number;
}

/** How long calls take, in milliseconds of virtual time: usually up to `usual`, with probability `rare` up to `long`. */
export interface Latency {
  readonly usual: number;
  readonly rare: number;
  readonly long: number;
}

interface Waiting {
  readonly at: number;
  readonly sequence: number;
  readonly process: ProcessId | undefined;
  readonly label: string;
  readonly wake: () => void;
}

/**
 * Decides who goes on. Whoever reaches a point waits for a drawn stretch of virtual time; the one whose time comes first
 * goes on, alone, until all wait again. A killed process waits for ever: not even its `finally` blocks run.
 */
export class Scheduler {
  #now: number;
  #sequence = 0;
  #steps = 0;
  #digest = 0x811c9dc5;
  #stopped = false;
  readonly #latency: Latency;
  readonly #waiting: Waiting[] = [];
  readonly #dead = new Set<ProcessId>();
  readonly #trace: Pick<Waiting, 'at' | 'process' | 'label'>[] = [];

  constructor(latency: Latency, now: number) {
    this.#latency = latency;
    this.#now = now;
  }

  /** Milliseconds since the epoch, with fractions. */
  get now(): number {
    return this.#now;
  }

  get steps(): number {
    return this.#steps;
  }

  /** Counts up with every look at it: what happened between which two other things. */
  tick(): number {
    return this.#sequence++;
  }

  isDead(process: ProcessId): boolean {
    return this.#dead.has(process);
  }

  /** Resolves when it is this caller's turn. `draws` decides how late that is. */
  point(process: ProcessId, label: string, draws: SeededStream): Promise<void> {
    const { usual, rare, long } = this.#latency;
    const most = draws.fraction() < rare ? long : usual;
    return this.sleep(process, label, draws.fraction() * most);
  }

  sleep(process: ProcessId | undefined, label: string, milliseconds: number): Promise<void> {
    return new Promise((wake) => this.#enter({ at: this.#now + milliseconds, process, label, wake }));
  }

  kill(process: ProcessId): void {
    this.#dead.add(process);
    this.note(process, 'killed');
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Adds a line to the trace, and to its digest. */
  note(process: ProcessId | undefined, label: string): void {
    this.#trace.push({ at: this.#now, process, label });
    this.#digest = fnv1a(`${this.#now} ${nameOf(process)} ${label}`, this.#digest);
  }

  /** Until stopped, or nobody can go on, or `limit` steps were taken. Resolves with which it was. */
  async run(limit: number): Promise<'stopped' | 'stuck' | 'endless'> {
    for (;;) {
      // Promises settle before immediates run: after this, nobody can go on who is not woken.
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.#stopped) return 'stopped';
      const next = this.#leave();
      if (!next) return 'stuck';
      if (next.process && this.#dead.has(next.process)) continue;
      if (++this.#steps > limit) return 'endless';
      this.#now = Math.max(this.#now, next.at);
      this.note(next.process, next.label);
      next.wake();
    }
  }

  /** Equal for equal runs. */
  digest(): string {
    return `${this.#trace.length}-${this.#digest.toString(16)}`;
  }

  lastLines(count: number): string[] {
    const first = this.#trace[0]?.at ?? 0;
    const from = Math.max(0, this.#trace.length - count);
    return this.#trace
      .slice(from)
      .map(({ at, process, label }, i) => `${from + i} ${(at - first).toFixed(3)} ms ${nameOf(process)} ${label}`);
  }

  /** A binary heap: the earliest first, and of two at one time the one that came first. */
  #enter(entry: Omit<Waiting, 'sequence'>): void {
    const heap = this.#waiting;
    const added = { ...entry, sequence: this.#sequence++ };
    let at = heap.push(added) - 1;
    while (at > 0 && isBefore(added, heap[(at - 1) >> 1]!)) {
      heap[at] = heap[(at - 1) >> 1]!;
      at = (at - 1) >> 1;
    }
    heap[at] = added;
  }

  #leave(): Waiting | undefined {
    const heap = this.#waiting;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Waiting, b: Waiting): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}

function nameOf(process: ProcessId | undefined): string {
  return process ? `${process.name}#${process.life}` : 'world';
}
