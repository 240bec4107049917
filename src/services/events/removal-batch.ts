import type { Clock } from '../../foundation/clock.ts';
import { type QueueContext, removeEvents, type WaitingEvent } from './event-queue.ts';

/** How long delivered events are gathered: as many commits a second as this allows is what they cost everybody else. */
const gatherMilliseconds = 100;
/** Removed in one commit: it holds the store's write lock for about a millisecond. */
const eventsPerCommit = 256;

/**
 * Takes delivered events out of their queues, many at a time: a commit for each would make requests wait for the disk
 * twice as often. What a crash cuts off is delivered again.
 */
export class RemovalBatch {
  readonly #context: QueueContext & { readonly clock: Clock };
  #events: WaitingEvent[] = [];
  #flushing: Promise<void> | undefined;

  constructor(context: QueueContext) {
    this.#context = context;
  }

  /** Resolves when the events are out of their queue: until then nobody may look for the next of their lane. */
  remove(events: readonly WaitingEvent[], signal: AbortSignal): Promise<void> {
    this.#events.push(...events);
    this.#flushing ??= this.#context.clock.sleep(gatherMilliseconds, signal).then(() => this.#flush());
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    const events = this.#events;
    this.#events = [];
    this.#flushing = undefined;
    for (let at = 0; at < events.length; at += eventsPerCommit) {
      await removeEvents(this.#context, events.slice(at, at + eventsPerCommit));
    }
  }
}
