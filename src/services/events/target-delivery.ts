import { type DeliveryLimits, pauseAfter, reasonToGiveUp } from '../../domain/events/delivery-pace.ts';
import type { Logger } from '../../foundation/logger.ts';
import { Rest } from '../../foundation/rest.ts';
import { eventLanes } from '../../records/event-record.ts';
import { messageOf } from './event-message.ts';
import { buryEvents, eventsOfLane, firstOfLanes, type QueueContext, type WaitingEvent } from './event-queue.ts';
import { RemovalBatch } from './removal-batch.ts';
import { NotNowError, RefusedForGoodError, type TargetConnection } from './targets/target-connection.ts';
import { withinTime } from './within-time.ts';

/** What delivering stands on. */
export interface DeliveryContext extends QueueContext {
  readonly logger: Logger;
}

/** What is told of deliveries: for the story of the work, and for metrics. */
export interface DeliveryNumbers {
  count(what: 'delivered' | 'failed' | 'dead' | 'dropped', target: string, amount: number): void;
}

export interface TargetParts {
  readonly queue: string;
  readonly name: string;
  readonly open: () => Promise<TargetConnection>;
  /** Whether the target is for buckets of an account: one may have been named before it was there. */
  readonly isFor: (accountId: string) => boolean;
  readonly limits: DeliveryLimits;
  readonly timeoutMilliseconds: number;
  readonly numbers: DeliveryNumbers;
}

/** Events of a lane that are sent, one after the other, before it is looked at again. */
const eventsPerBatch = 32;
/** Between two looks for lanes that could go on. Each costs a seek for every lane with events: a millisecond for all. */
const lookMilliseconds = 10;
/** Waves of failures that a target may have before all of its lanes wait: one bad event must not stop the others. */
const patience = 3;

interface LaneTrouble {
  /** The event that could not be delivered. */
  readonly eventId: string;
  readonly tries: number;
  readonly rest: Rest;
}

/**
 * Delivers the events of one queue: lanes side by side, the events of a lane one after the other, so that of one key no
 * event overtakes another. What the target does not take is tried again later, and nothing of its lane before it.
 */
export class TargetDelivery {
  readonly #context: DeliveryContext;
  readonly #parts: TargetParts;
  readonly #removals: RemovalBatch;
  /** Lanes that are worked on: something is being sent, or taken out of the queue. */
  readonly #running = new Map<number, Promise<void>>();
  #sending = 0;
  readonly #troubles = new Map<number, LaneTrouble>();
  #connection: Promise<TargetConnection> | undefined;
  /** Waves of failures since something was last taken. */
  #failures = 0;
  #pause: Rest | undefined;
  #nextLane = 0;

  constructor(context: DeliveryContext, parts: TargetParts) {
    this.#context = context;
    this.#removals = new RemovalBatch(context);
    this.#parts = parts;
  }

  /** Whether the lane is being delivered just now. */
  isBusy(lane: number): boolean {
    return this.#running.has(lane);
  }

  get isPaused(): boolean {
    return this.#pause?.isOver(this.#context.clock.now()) === false;
  }

  /** Goes on until nothing is left that could be delivered now, or until the signal; what is on its way is waited for. */
  async drain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.isPaused) {
      if (this.#sending <= eventLanes / 2) await this.#startLanes(signal);
      if (this.#running.size === 0) break;
      await this.#context.clock.sleep(lookMilliseconds, signal);
    }
    await Promise.all(this.#running.values());
  }

  async #startLanes(signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    const atOnce = this.#failures > patience ? 1 : eventLanes;
    const now = clock.now();
    const heads = await firstOfLanes(this.#context, this.#parts.queue, {
      from: this.#nextLane,
      limit: atOnce - this.#sending,
      skip: (lane) => this.#running.has(lane) || this.#troubles.get(lane)?.rest.isOver(now) === false,
    });
    for (const { place } of heads) {
      this.#nextLane = (place.lane + 1) % eventLanes;
      const delivering = this.#deliverLane(place.lane, signal).finally(() => this.#running.delete(place.lane));
      this.#running.set(place.lane, delivering);
    }
  }

  /** One batch of a lane. Never rejects: what cannot be stored now will be found again. */
  async #deliverLane(lane: number, signal: AbortSignal): Promise<void> {
    const { queue } = this.#parts;
    const taken: WaitingEvent[] = [];
    let dropped = 0;
    this.#sending++;
    try {
      const events = await eventsOfLane(this.#context, { queue, lane }, eventsPerBatch);
      for (const event of events) {
        if (signal.aborted || this.isPaused) break;
        if (!this.#parts.isFor(event.record.event.bucketOwnerId)) dropped++;
        else if (!(await this.#deliver(event))) break;
        taken.push(event);
      }
    } catch (error) {
      this.#sayBroken(error);
    } finally {
      this.#sending--;
    }
    if (taken.length === 0) return;
    try {
      await this.#removals.remove(taken, signal);
      const { name, numbers } = this.#parts;
      if (taken.length > dropped) numbers.count('delivered', name, taken.length - dropped);
      if (dropped === 0) return;
      numbers.count('dropped', name, dropped);
      this.#context.logger.warn({ target: name, dropped }, 'events of accounts that a target is not for were dropped');
    } catch (error) {
      this.#sayBroken(error);
    }
  }

  #sayBroken(error: unknown): void {
    const { name } = this.#parts;
    this.#context.logger.error({ err: error, target: name }, 'the queue of a target could not be worked off');
    this.#beginPause();
  }

  /** False where the rest of the lane has to wait. */
  async #deliver(event: WaitingEvent): Promise<boolean> {
    const { clock } = this.#context;
    const { timeoutMilliseconds } = this.#parts;
    const connecting = this.#connect();
    try {
      const sending = connecting.then((connection) => connection.send(messageOf(event)));
      await withinTime(sending, { clock, milliseconds: timeoutMilliseconds });
      this.#failures = 0;
      this.#troubles.delete(event.place.lane);
      return true;
    } catch (error) {
      await this.#fail(event, { error, connecting });
      return false;
    }
  }

  #connect(): Promise<TargetConnection> {
    this.#connection ??= this.#parts.open();
    return this.#connection;
  }

  async #fail(
    event: WaitingEvent,
    { error, connecting }: { readonly error: unknown; readonly connecting: Promise<TargetConnection> },
  ): Promise<void> {
    const { clock, logger } = this.#context;
    const { name, numbers, limits } = this.#parts;
    const { lane, id } = event.place;
    const now = clock.now();
    const words = error instanceof Error ? error.message : String(error);
    const isForGood = error instanceof RefusedForGoodError;
    if (!isForGood && !(error instanceof NotNowError)) this.#countWave(connecting, words);
    numbers.count('failed', name, 1);
    const trouble = this.#troubles.get(lane);
    const tries = (trouble?.eventId === id ? trouble.tries : 0) + 1;
    const age = now - event.record.event.at;
    const reason = reasonToGiveUp(isForGood ? 'never' : 'later', { tries, age }, limits);
    if (reason === undefined) {
      this.#troubles.set(lane, { eventId: id, tries, rest: new Rest(now, pauseAfter(tries, this.#chance())) });
      return;
    }
    this.#troubles.delete(lane);
    const buried = await buryEvents(this.#context, [event], `${reason}: ${words}`.slice(0, 500));
    numbers.count('dead', name, buried);
    logger.warn({ target: name, bucket: event.record.event.bucket, reason, answer: words }, 'an event was given up');
  }

  /** Lanes that shared a connection fail together: they count once, and the connection is made anew. */
  #countWave(connecting: Promise<TargetConnection>, words: string): void {
    if (this.#connection !== connecting) return;
    this.#connection = undefined;
    connecting.then((connection) => connection.close()).catch(() => undefined);
    this.#failures++;
    if (this.#failures <= patience) return;
    if (this.#failures === patience + 1) {
      this.#context.logger.warn(
        { target: this.#parts.name, answer: words },
        'a target takes no events; they wait for it',
      );
    }
    this.#beginPause();
  }

  #beginPause(): void {
    const pause = pauseAfter(Math.max(1, this.#failures - patience), this.#chance());
    this.#pause = new Rest(this.#context.clock.now(), pause);
  }

  #chance(): number {
    return this.#context.random.bytes(2).readUInt16BE() / 65_536;
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.then((open) => open.close()).catch(() => undefined);
  }
}
