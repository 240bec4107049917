import { type MetadataEngine, readCounters, type Transaction } from '../../engines/metadata/metadata-engine.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { Random } from '../../foundation/random.ts';
import { deadEventRecordType, type EventRecord, eventLanes, eventRecordType } from '../../records/event-record.ts';
import { type EventPlace, keyParts, keyspace, spans } from '../../records/keyspace.ts';
import { writeRecord } from '../../records/record-type.ts';

/** An event as it waits. */
export interface WaitingEvent {
  readonly key: Buffer;
  readonly place: EventPlace;
  readonly record: EventRecord;
}

export interface QueueContext {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
  readonly random: Random;
}

/** The queues in which something waits, a look at each. */
export async function queuesWithEvents({ metadata }: Pick<QueueContext, 'metadata'>): Promise<readonly string[]> {
  const queues: string[] = [];
  for (;;) {
    const [first] = await metadata.range(spans.eventsBehindQueue(queues.at(-1), 1));
    if (!first) return queues;
    queues.push(keyParts.eventQueue(first.key));
  }
}

/**
 * The first event of each lane in which something waits, from the lane `from` on and around, but for those that `skip`
 * names, at most `limit`.
 */
export async function firstOfLanes(
  { metadata }: Pick<QueueContext, 'metadata'>,
  queue: string,
  { from, limit, skip }: { readonly from: number; readonly limit: number; readonly skip: (lane: number) => boolean },
): Promise<readonly WaitingEvent[]> {
  const found: WaitingEvent[] = [];
  for (const [start, end] of [
    [from, eventLanes],
    [0, from],
  ] as const) {
    let lane = start;
    while (lane < end && found.length < limit) {
      const [first] = await metadata.range(spans.eventsFromLane(queue, lane, 1));
      if (!first) break;
      const event = waitingEvent(first);
      if (event.place.lane >= end) break;
      if (!skip(event.place.lane)) found.push(event);
      lane = event.place.lane + 1;
    }
  }
  return found;
}

/** The oldest events of a lane, in their order. */
export async function eventsOfLane(
  { metadata }: Pick<QueueContext, 'metadata'>,
  { queue, lane }: Pick<EventPlace, 'queue' | 'lane'>,
  limit: number,
): Promise<readonly WaitingEvent[]> {
  return (await metadata.range(spans.eventsOfLane(queue, lane, limit))).map(waitingEvent);
}

function waitingEvent({ key, value }: { readonly key: Buffer; readonly value: Buffer }): WaitingEvent {
  return { key, place: keyParts.eventPlace(key), record: eventRecordType.decode(value) };
}

/** Takes delivered events out of their queue. Those that are gone already are not counted again. */
export async function removeEvents(
  { metadata }: Pick<QueueContext, 'metadata'>,
  events: readonly WaitingEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await metadata.transact(async (tx) => {
    for (const { place } of await stillWaiting(tx, events)) tx.add(keyspace.eventCounters(place.queue), [-1]);
  });
}

/** Gives events up: they become dead letters, for the operator to look at. Answers how many. */
export async function buryEvents(
  { metadata, clock, random }: QueueContext,
  events: readonly WaitingEvent[],
  reason: string,
): Promise<number> {
  return metadata.transact(async (tx) => {
    const buried = await stillWaiting(tx, events);
    const now = clock.now();
    for (const [at, { place, record }] of buried.entries()) {
      const key = keyspace.deadEvent(place.queue, deadId(now, at, random));
      writeRecord(tx, { type: deadEventRecordType, key }, { ...record, diedAt: now, reason, lane: place.lane });
      tx.add(keyspace.eventCounters(place.queue), [-1, 1]);
    }
    return buried.length;
  });
}

/** Deletes the events that are still there, and answers them. */
async function stillWaiting(tx: Transaction, events: readonly WaitingEvent[]): Promise<readonly WaitingEvent[]> {
  const found = await tx.getMany(events.map(({ key }) => key));
  const there = events.filter((_, at) => found[at] !== undefined);
  for (const { key } of there) tx.delete(key);
  return there;
}

/** 32 hex digits: as a timed id, and in the order of the batch. */
function deadId(now: number, at: number, random: Random): string {
  return now.toString(16).padStart(12, '0') + at.toString(16).padStart(4, '0') + random.bytes(8).toString('hex');
}

export interface QueueNumbers {
  readonly waiting: number;
  readonly dead: number;
}

export async function queueNumbers({ metadata }: Pick<QueueContext, 'metadata'>, queue: string): Promise<QueueNumbers> {
  const [waiting, dead] = readCounters(await metadata.get(keyspace.eventCounters(queue)), 2);
  return { waiting: waiting!, dead: dead! };
}

const batchSize = 256;

/**
 * The `count` oldest events of a queue, or somewhat fewer: of each lane no more than a batch is looked at. Lanes that
 * `skip` names are left in peace.
 */
export async function oldestEvents(
  context: Pick<QueueContext, 'metadata'>,
  queue: string,
  { count, skip }: { readonly count: number; readonly skip: (lane: number) => boolean },
): Promise<readonly WaitingEvent[]> {
  const heads = await firstOfLanes(context, queue, { from: 0, limit: eventLanes, skip });
  const perLane = Math.min(batchSize, Math.ceil(count / Math.max(1, heads.length)) + 1);
  const candidates: WaitingEvent[] = [];
  for (const { place } of heads) candidates.push(...(await eventsOfLane(context, place, perLane)));
  candidates.sort((a, b) => a.place.sequence - b.place.sequence);
  return candidates.slice(0, Math.min(count, batchSize));
}

/** Forgets the oldest dead letters of a queue; answers how many. */
export async function dropOldestDead(
  { metadata }: Pick<QueueContext, 'metadata'>,
  queue: string,
  count: number,
): Promise<number> {
  const oldest = await metadata.range(spans.deadEventsOf(queue, undefined, Math.min(count, batchSize)));
  return metadata.transact(async (tx) => {
    const found = await tx.getMany(oldest.map(({ key }) => key));
    const there = oldest.filter((_, at) => found[at] !== undefined);
    for (const { key } of there) tx.delete(key);
    if (there.length > 0) tx.add(keyspace.eventCounters(queue), [0, -there.length]);
    return there.length;
  });
}
