import { Rest } from '../../foundation/rest.ts';
import type { ReplicationPlace } from '../../records/keyspace.ts';
import type { ServiceContext } from '../service-context.ts';
import { type QueuedReplication, readQueue } from './replication-queue.ts';

/** Sends one entry. Throws where the destination takes nothing at present. */
export type SendEntry = (entry: QueuedReplication, signal: AbortSignal) => Promise<void>;

/** Keys of one destination that are sent side by side. */
const keysAtOnce = 8;
const windowEntries = 512;
/** So few startable entries are left when more are read. */
const fewEntries = 32;
const shortestRestMilliseconds = 1000;
const longestRestMilliseconds = 60_000;

/**
 * What one destination waits for: several keys side by side, and of one key one after the other, in their order. Where
 * the destination does not answer, everything waits for it, longer each time.
 */
export class ReplicationLane {
  readonly #context: ServiceContext;
  readonly #place: ReplicationPlace;
  readonly #send: SendEntry;
  /** By key. */
  readonly #running = new Map<string, { readonly sequence: string; readonly done: Promise<void> }>();
  #waiting: QueuedReplication[] = [];
  #mayHaveMore = true;
  #failures = 0;
  #failure: string | undefined;
  #rest: Rest | undefined;
  /** Nothing new is begun: the destination takes nothing. */
  #isStopping = false;
  #ended: Promise<void> | undefined;

  constructor(context: ServiceContext, place: ReplicationPlace, send: SendEntry) {
    this.#context = context;
    this.#place = place;
    this.#send = send;
  }

  get isRunning(): boolean {
    return this.#ended !== undefined;
  }

  /** Resolves when nothing of it is being sent. */
  get ended(): Promise<void> {
    return this.#ended ?? Promise.resolve();
  }

  get isDue(): boolean {
    return this.#rest?.isOver(this.#context.clock.now()) !== false;
  }

  /** Nothing is known of it that would have to be remembered. */
  get isForgettable(): boolean {
    return !this.isRunning && this.#failures === 0;
  }

  /** Why the last try failed; undefined where it did not. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Begins, unless it runs or rests. */
  start(signal: AbortSignal): void {
    if (this.isRunning || !this.isDue || signal.aborted) return;
    this.#isStopping = false;
    this.#ended = this.#run(signal).finally(() => {
      this.#ended = undefined;
    });
  }

  async #run(signal: AbortSignal): Promise<void> {
    this.#waiting = [];
    this.#mayHaveMore = true;
    const begun = this.#failures;
    try {
      while (!signal.aborted && !this.#isStopping) {
        if (this.#waiting.length < fewEntries && this.#mayHaveMore) await this.#refill();
        this.#startWaiting(signal);
        if (this.#running.size === 0) break;
        await Promise.race([...this.#running.values()].map(({ done }) => done));
        // What has come since stands in the queue by now.
        if (this.#waiting.length === 0) this.#mayHaveMore = true;
      }
    } catch (error) {
      this.#fail(error);
    }
    await Promise.all([...this.#running.values()].map(({ done }) => done));
    if (this.#failures === begun && !signal.aborted) {
      this.#failures = 0;
      this.#failure = undefined;
    }
  }

  /** From the head of the queue on: what changes now stands before what was there already. */
  async #refill(): Promise<void> {
    const entries = await readQueue(this.#context, this.#place, { limit: windowEntries });
    const running = new Set([...this.#running.values()].map(({ sequence }) => sequence));
    this.#waiting = entries.filter(({ sequence }) => !running.has(sequence));
    this.#mayHaveMore = entries.length === windowEntries;
  }

  #startWaiting(signal: AbortSignal): void {
    const left: QueuedReplication[] = [];
    const earlier = new Set<string>();
    for (const entry of this.#waiting) {
      const { key } = entry.record;
      if (this.#running.size >= keysAtOnce || this.#running.has(key) || earlier.has(key)) {
        earlier.add(key);
        left.push(entry);
        continue;
      }
      const done = this.#send(entry, signal)
        .catch((error: unknown) => {
          if (!signal.aborted) this.#fail(error);
        })
        .then(() => {
          this.#running.delete(key);
        });
      this.#running.set(key, { sequence: entry.sequence, done });
    }
    this.#waiting = left;
  }

  #fail(error: unknown): void {
    // Several keys were under way: what stopped one stops them all, and counts once.
    if (this.#isStopping) return;
    const { clock, random, logger } = this.#context;
    this.#failures++;
    this.#failure = error instanceof Error ? error.message : String(error);
    const rest = Math.min(longestRestMilliseconds, shortestRestMilliseconds * 2 ** Math.min(this.#failures - 1, 10));
    const jitter = random.bytes(1)[0]! / 256;
    this.#rest = new Rest(clock.now(), rest * (0.75 + jitter / 2));
    logger.warn(
      { reason: this.#failure, failures: this.#failures },
      'a destination of a replication takes nothing at present',
    );
    this.#isStopping = true;
  }
}
