import type { DeliveryLimits } from '../../domain/events/delivery-pace.ts';
import { Rest } from '../../foundation/rest.ts';
import { eventLanes, eventQueueOf } from '../../records/event-record.ts';
import type { EventTargetRecord } from '../../records/event-target-record.ts';
import type { BucketSettings } from '../buckets/bucket-settings.ts';
import type { OutboundGuard } from '../outbound/outbound-guard.ts';
import { cleanJournals } from './event-journal.ts';
import {
  buryEvents,
  dropOldestDead,
  firstOfLanes,
  oldestEvents,
  queueNumbers,
  queuesWithEvents,
  type WaitingEvent,
} from './event-queue.ts';
import { type EventTargets, isTargetFor, type Opener } from './event-targets.ts';
import { type DeliveryContext, type DeliveryNumbers, TargetDelivery } from './target-delivery.ts';

export interface EventDeliveryParts {
  readonly targets: EventTargets;
  readonly settings: BucketSettings;
  readonly open: Opener;
  readonly guard: OutboundGuard;
  readonly limits: DeliveryLimits;
  readonly timeoutMilliseconds: number;
}

export interface DeliveryWatch extends DeliveryNumbers {
  /** How many events wait for a target now, and how many are dead letters. */
  stand(target: string, numbers: { readonly waiting: number; readonly dead: number }): void;
}

/** How often it looks for new events: what an event waits at most before its first try. */
const lookMilliseconds = 100;
const tendMilliseconds = 1000;

const batchesAtOnce = 40;
/** How long a stop waits for answers of targets: an event whose answer nobody hears is delivered again. */
const graceMilliseconds = 2000;

/** Events that are given up, and why. */
interface Doomed {
  readonly events: readonly WaitingEvent[];
  readonly reason: string;
}

interface Delivering {
  readonly record: EventTargetRecord;
  readonly delivery: TargetDelivery;
  readonly stop: AbortController;
  draining: Promise<void> | undefined;
}

/** Delivers what waits for all targets, one not held up by the other, and keeps the queues within their limits. */
export class EventDelivery {
  readonly #context: DeliveryContext;
  readonly #parts: EventDeliveryParts;
  readonly #deliveries = new Map<string, Delivering>();
  #tended: Rest | undefined;

  constructor(context: DeliveryContext, parts: EventDeliveryParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /**
   * Delivers until `signal`, then waits for what is on its way, but not long. After `ending` it also ends at the first
   * moment at which nothing is on its way: a target that does not answer must not keep the others waiting for the end.
   */
  async run({
    signal,
    ending,
    watch,
  }: {
    readonly signal: AbortSignal;
    readonly ending: AbortSignal;
    readonly watch: DeliveryWatch;
  }): Promise<void> {
    const { clock } = this.#context;
    const settled = new AbortController();
    try {
      while (!signal.aborted && !(ending.aborted && this.#isStill)) {
        await this.lookOnce({ end: signal, watch });
        await clock.sleep(lookMilliseconds, signal);
      }
    } finally {
      if (signal.aborted) void this.#cutOff(settled.signal);
      await this.settle();
      settled.abort();
    }
  }

  /** What takes too long now will be delivered by whoever goes on. */
  async #cutOff(settled: AbortSignal): Promise<void> {
    await this.#context.clock.sleep(graceMilliseconds, settled);
    if (!settled.aborted) await this.close();
  }

  /** One look: begins to deliver wherever something waits, without waiting for it; see `settle`. */
  async lookOnce({ end, watch }: { readonly end: AbortSignal; readonly watch: DeliveryWatch }): Promise<void> {
    const queues = await queuesWithEvents(this.#context);
    const hasNews = queues.some((queue) => this.#deliveries.get(queue)?.stop.signal.aborted !== false);
    if (hasNews || this.#isTimeToTend()) await this.#readTargets(watch);
    for (const queue of queues) {
      const known = this.#deliveries.get(queue);
      if (!known || known.draining || known.stop.signal.aborted || known.delivery.isPaused) continue;
      known.draining = known.delivery
        .drain(AbortSignal.any([end, known.stop.signal]))
        .catch((error: unknown) =>
          this.#context.logger.error({ err: error, target: known.record.name }, 'delivery failed'),
        )
        .finally(() => {
          known.draining = undefined;
        });
    }
    if (!this.#isTimeToTend()) return;
    this.#tended = new Rest(this.#context.clock.now(), tendMilliseconds);
    await this.#tend(queues, watch);
  }

  /** Resolves when nothing is on its way any more. */
  async settle(): Promise<void> {
    await Promise.all([...this.#deliveries.values()].map(({ draining }) => draining));
  }

  get #isStill(): boolean {
    return [...this.#deliveries.values()].every(({ draining }) => draining === undefined);
  }

  #isTimeToTend(): boolean {
    return this.#tended?.isOver(this.#context.clock.now()) !== false;
  }

  /** Targets come, go and change while the server runs. */
  async #readTargets(watch: DeliveryWatch): Promise<void> {
    const records = new Map((await this.#parts.targets.list()).map((record) => [eventQueueOf(record.name), record]));
    for (const [queue, { record, delivery, stop, draining }] of this.#deliveries) {
      if (records.get(queue)?.token === record.token) continue;
      // Two deliveries of one queue would overtake one another: the new one begins when the old one has ended.
      stop.abort();
      if (draining) continue;
      this.#deliveries.delete(queue);
      await delivery.close();
    }
    for (const [queue, record] of records) {
      if (this.#deliveries.has(queue)) continue;
      const delivery = this.#deliveryTo(record, watch);
      this.#deliveries.set(queue, { record, delivery, stop: new AbortController(), draining: undefined });
    }
  }

  #deliveryTo(record: EventTargetRecord, watch: DeliveryWatch): TargetDelivery {
    const { targets, open, guard, limits, timeoutMilliseconds } = this.#parts;
    return new TargetDelivery(this.#context, {
      queue: eventQueueOf(record.name),
      name: record.name,
      isFor: (accountId) => isTargetFor(record, accountId),
      open: async () => open({ target: record, secret: targets.secretOf(record), guard, timeoutMilliseconds }),
      limits,
      timeoutMilliseconds,
      numbers: watch,
    });
  }

  /** What nobody takes in time, what is too much, and what nobody has looked at. */
  async #tend(queues: readonly string[], watch: DeliveryWatch): Promise<void> {
    for (const queue of new Set([...queues, ...this.#deliveries.keys()])) await this.#tendQueue(queue, watch);
    await cleanJournals(this.#context, this.#parts.settings);
  }

  async #tendQueue(queue: string, watch: DeliveryWatch): Promise<void> {
    const { clock, logger } = this.#context;
    const { limits } = this.#parts;
    const delivery = this.#deliveries.get(queue)?.delivery;
    const skip = (lane: number) => delivery?.isBusy(lane) ?? false;
    const isOld = ({ record }: WaitingEvent) => clock.now() - record.event.at >= limits.waitMilliseconds;
    await this.#buryEach(watch, async () => {
      const heads = await firstOfLanes(this.#context, queue, { from: 0, limit: eventLanes, skip });
      if (!heads.some(isOld)) return undefined;
      const events = (await oldestEvents(this.#context, queue, { count: 256, skip })).filter(isOld);
      return { events, reason: `age: ${delivery ? 'the target did not take it in time' : 'there is no such target'}` };
    });
    await this.#buryEach(watch, async () => {
      const { waiting } = await queueNumbers(this.#context, queue);
      if (waiting <= limits.waiting) return undefined;
      const events = await oldestEvents(this.#context, queue, { count: waiting - limits.waiting, skip });
      return { events, reason: 'too many: more events wait for the target than may' };
    });
    const { waiting, dead } = await queueNumbers(this.#context, queue);
    if (dead > limits.dead) {
      const dropped = await dropOldestDead(this.#context, queue, dead - limits.dead);
      const target = this.#deliveries.get(queue)?.record.name ?? queue;
      watch.count('dropped', target, dropped);
      logger.warn({ target, dropped }, 'too many dead letters: the oldest were dropped');
    }
    const known = this.#deliveries.get(queue);
    if (known) watch.stand(known.record.name, { waiting, dead });
  }

  /** Batch after batch, but not for ever: the others want to be looked at, too. */
  async #buryEach(watch: DeliveryWatch, next: () => Promise<Doomed | undefined>): Promise<void> {
    let sum = 0;
    let name = '';
    let cause = '';
    for (let batch = 0; batch < batchesAtOnce; batch++) {
      const doomed = await next();
      if (!doomed || doomed.events.length === 0) break;
      name = nameOf(doomed.events);
      cause = doomed.reason;
      sum += await buryEvents(this.#context, doomed.events, doomed.reason);
    }
    if (sum === 0) return;
    watch.count('dead', name, sum);
    this.#context.logger.warn({ target: name, events: sum, reason: cause }, 'events were given up');
  }

  async close(): Promise<void> {
    await Promise.all([...this.#deliveries.values()].map(({ delivery }) => delivery.close()));
  }
}

function nameOf(events: readonly WaitingEvent[]): string {
  return events[0]?.record.target ?? '';
}
