import { type MetadataEngine, readCounters } from '../../engines/metadata/metadata-engine.ts';
import { deadEventRecordType, eventQueueOf, eventRecordType, journalRecordType } from '../../records/event-record.ts';
import { eventTargetRecordType } from '../../records/event-target-record.ts';
import { keyParts, keyspace } from '../../records/keyspace.ts';
import { readSequence } from '../events/event-outbox.ts';
import { entriesOf, entryName, readEntry } from './table-scan.ts';
import { type Violation, violation } from './violation.ts';

/** Targets, what waits for them and what was given up, and the counters and sequences of both. */
export async function* verifyEvents(metadata: MetadataEngine): AsyncGenerator<Violation, void> {
  const counted = new Map<string, [waiting: number, dead: number]>();
  const count = (queue: string, [waiting, dead]: readonly [number, number]) => {
    const [before, deadBefore] = counted.get(queue) ?? [0, 0];
    counted.set(queue, [before + waiting, deadBefore + dead]);
  };
  for await (const entry of entriesOf(metadata, 'eventTarget')) {
    const reading = readEntry({ table: 'eventTarget', type: eventTargetRecordType }, entry, ({ name }) =>
      keyspace.eventTarget(name),
    );
    if (reading.wrong) yield reading.wrong;
  }
  const newest = new Map<string, number>();
  for await (const { key, value } of entriesOf(metadata, 'eventSequence')) {
    newest.set(key.toString('hex', 1), readSequence(value));
  }
  for await (const entry of entriesOf(metadata, 'event')) {
    const place = keyParts.eventPlace(entry.key);
    count(place.queue, [1, 0]);
    const reading = readEntry({ table: 'event', type: eventRecordType }, entry, ({ target, event }) =>
      keyspace.event({ ...place, queue: eventQueueOf(target), sequence: event.sequence }),
    );
    if (reading.wrong) yield reading.wrong;
    const last = newest.get(keyspace.eventSequence(place.queue, place.lane).toString('hex', 1)) ?? 0;
    if (last < place.sequence) {
      yield violation('index', entryName('event', entry.key), {
        expected: `a sequence up to ${last}`,
        found: place.sequence,
      });
    }
  }
  for await (const entry of entriesOf(metadata, 'deadEvent')) {
    count(keyParts.eventQueue(entry.key), [0, 1]);
    const id = keyParts.deadEventId(entry.key);
    const reading = readEntry({ table: 'deadEvent', type: deadEventRecordType }, entry, ({ target }) =>
      keyspace.deadEvent(eventQueueOf(target), id),
    );
    if (reading.wrong) yield reading.wrong;
  }
  for await (const entry of entriesOf(metadata, 'journal')) {
    const bucketId = keyParts.bucketId(entry.key);
    const reading = readEntry({ table: 'journal', type: journalRecordType }, entry, ({ sequence }) =>
      keyspace.journal(bucketId, sequence),
    );
    if (reading.wrong) yield reading.wrong;
  }
  for await (const { key, value } of entriesOf(metadata, 'eventCounters')) {
    const queue = keyParts.eventQueue(key);
    const found = readCounters(value, 2);
    const expected = counted.get(queue) ?? [0, 0];
    counted.delete(queue);
    if (found[0] !== expected[0] || found[1] !== expected[1]) {
      yield violation('usage', entryName('eventCounters', key), { expected, found });
    }
  }
  for (const [queue, expected] of counted) {
    yield violation('usage', entryName('eventCounters', keyspace.eventCounters(queue)), { expected, found: undefined });
  }
}
