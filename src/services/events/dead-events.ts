import type { DeadEventRecord } from '../../records/event-record.ts';
import { deadEventRecordType, eventQueueOf, eventRecordType } from '../../records/event-record.ts';
import { keyParts, keyspace, spans } from '../../records/keyspace.ts';
import { writeRecord } from '../../records/record-type.ts';
import type { QueueContext } from './event-queue.ts';

/** A dead letter, and the id that commands name it by. */
export interface DeadEvent extends DeadEventRecord {
  readonly id: string;
}

const batchSize = 256;

/** The dead letters of a target, the oldest first, behind the one with the id `after`. */
export async function listDeadEvents(
  { metadata }: Pick<QueueContext, 'metadata'>,
  target: string,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<readonly DeadEvent[]> {
  const entries = await metadata.range(spans.deadEventsOf(eventQueueOf(target), after, limit));
  return entries.map(({ key, value }) => ({ id: keyParts.deadEventId(key), ...deadEventRecordType.decode(value) }));
}

/**
 * Puts dead letters back into their queue, before what is newer there; what of their keys was delivered meanwhile they
 * come after, which their sequencers tell. Answers how many.
 */
export function retryDeadEvents(context: QueueContext, target: string, ids?: readonly string[]): Promise<number> {
  const { random } = context;
  return takeDeadEvents(context, { target, ids }, (tx, queue, dead) => {
    const { lane, event, format, configurationId } = dead;
    const key = keyspace.event({ queue, lane, sequence: event.sequence, id: random.bytes(8).toString('hex') });
    writeRecord(tx, { type: eventRecordType, key }, { target, format, configurationId, event });
    tx.add(keyspace.eventCounters(queue), [1]);
  });
}

/** Forgets dead letters. Answers how many. */
export function dropDeadEvents(context: QueueContext, target: string, ids?: readonly string[]): Promise<number> {
  return takeDeadEvents(context, { target, ids }, () => undefined);
}

type Transaction = Parameters<Parameters<QueueContext['metadata']['transact']>[0]>[0];

/** All of them where no ids are given, in batches; ones that come meanwhile stay. */
async function takeDeadEvents(
  context: QueueContext,
  { target, ids }: { readonly target: string; readonly ids: readonly string[] | undefined },
  take: (tx: Transaction, queue: string, dead: DeadEventRecord) => void,
): Promise<number> {
  const { metadata, clock } = context;
  const queue = eventQueueOf(target);
  const begun = clock.now();
  let taken = 0;
  let rest = ids === undefined ? undefined : [...ids];
  let after: string | undefined;
  for (;;) {
    let batch: readonly string[];
    if (rest !== undefined) {
      batch = rest.slice(0, batchSize).filter((id) => /^[0-9a-f]{32}$/.test(id));
      rest = rest.slice(batchSize);
    } else {
      const listed = await listDeadEvents(context, target, { after, limit: batchSize });
      batch = listed.filter(({ diedAt }) => diedAt <= begun).map(({ id }) => id);
      after = listed.at(-1)?.id;
    }
    if (batch.length > 0) {
      taken += await metadata.transact(async (tx) => {
        const found = await tx.getMany(batch.map((id) => keyspace.deadEvent(queue, id)));
        let count = 0;
        for (const [at, bytes] of found.entries()) {
          if (!bytes) continue;
          count++;
          tx.delete(keyspace.deadEvent(queue, batch[at]!));
          take(tx, queue, deadEventRecordType.decode(bytes));
        }
        if (count > 0) tx.add(keyspace.eventCounters(queue), [0, -count]);
        return count;
      });
    }
    if (rest !== undefined ? rest.length === 0 : batch.length < batchSize) return taken;
  }
}
