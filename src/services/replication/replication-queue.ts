import { type Entry, readCounters, type Transaction } from '../../engines/metadata/metadata-engine.ts';
import type { Random } from '../../foundation/random.ts';
import { keyParts, keyspace, type ReplicationPlace, spans } from '../../records/keyspace.ts';
import { writeRecord } from '../../records/record-type.ts';
import { destinationHash, type ReplicationRecord, replicationRecordType } from '../../records/replication-record.ts';
import { orderOfToken } from '../../records/tokens.ts';
import type { ServiceContext } from '../service-context.ts';

/** A change that waits for a destination, or that one has refused, and where it stands. */
export interface QueuedReplication {
  readonly place: ReplicationPlace;
  readonly sequence: string;
  readonly record: ReplicationRecord;
}

/** What waits for a destination, or what it has refused. */
export interface ReplicationBacklog {
  readonly entries: number;
  readonly bytes: number;
}

const live = '00';
const existing = '01';
const sequenceBytes = 17;

/**
 * Where an entry stands among the others: what happens now before what was there already, and of one key in the order
 * of its versions; what is said anew of a version behind the version itself. `sequenceBytes` in hex.
 */
export function sequenceOf(
  { kind, token, isExisting }: Pick<ReplicationRecord, 'kind' | 'token' | 'isExisting'>,
  { now, random }: { readonly now: number; readonly random: Random },
): string {
  const made = orderOfToken(token);
  const order = kind === 'description' ? Math.max(now * 1000, made + 1) : made;
  const rest = kind === 'description' || isExisting ? random.bytes(9).toString('hex') : token.slice(14);
  return (isExisting ? existing : live) + order.toString(16).padStart(14, '0') + rest;
}

/** Puts one change into the queue of a destination. */
export function enqueue(
  tx: Transaction,
  { bucketId, record }: { readonly bucketId: string; readonly record: ReplicationRecord },
  context: Pick<ServiceContext, 'clock' | 'random'>,
): void {
  const place = { table: 'replicationQueue', bucketId, destination: destinationHash(record.target) } as const;
  const sequence = sequenceOf(record, { now: context.clock.now(), random: context.random });
  put(tx, { place, sequence, record });
}

function put(tx: Transaction, { place, sequence, record }: QueuedReplication): void {
  writeRecord(tx, { type: replicationRecordType, key: keyspace.replicationEntry(place, sequence) }, record);
  tx.add(keyspace.replicationCounters(place), [1, record.size]);
}

/** Takes an entry out, inside a commit. False where somebody else has done so. */
export async function take(tx: Transaction, { place, sequence, record }: QueuedReplication): Promise<boolean> {
  const key = keyspace.replicationEntry(place, sequence);
  if ((await tx.get(key)) === undefined) return false;
  tx.delete(key);
  tx.add(keyspace.replicationCounters(place), [-1, -record.size]);
  return true;
}

/** From the queue to what was refused, or back. */
export async function move(
  tx: Transaction,
  entry: QueuedReplication,
  to: { readonly table: ReplicationPlace['table']; readonly failure: string | undefined },
): Promise<boolean> {
  if (!(await take(tx, entry))) return false;
  put(tx, {
    ...entry,
    place: { ...entry.place, table: to.table },
    record: { ...entry.record, failure: to.failure },
  });
  return true;
}

type Reads = Pick<ServiceContext, 'metadata'>;

/** The entries of one destination in their order, behind `after`. */
export async function readQueue(
  { metadata }: Reads,
  place: ReplicationPlace,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<readonly QueuedReplication[]> {
  return (await metadata.range(spans.replicationOf(place, after, limit))).map(asQueued(place));
}

/** The first of what happens now, and the first of what was there already: there may be always something before it. */
export async function readFirstOfEach(context: Reads, place: ReplicationPlace): Promise<readonly QueuedReplication[]> {
  const [first] = await readQueue(context, place, { limit: 1 });
  if (!first || first.sequence.startsWith(existing)) return first ? [first] : [];
  const [second] = await readQueue(context, place, { after: existing + '00'.repeat(sequenceBytes - 1), limit: 1 });
  return second ? [first, second] : [first];
}

function asQueued(place: ReplicationPlace): (entry: Entry) => QueuedReplication {
  return ({ key, value }) => ({
    place,
    sequence: keyParts.replicationSequence(key)!,
    record: replicationRecordType.decode(value),
  });
}

/** Every destination of every bucket with entries in a table: a look each. */
export async function* placesWithEntries(
  { metadata }: Reads,
  table: ReplicationPlace['table'],
): AsyncGenerator<ReplicationPlace, void> {
  let after: ReplicationPlace | undefined;
  for (;;) {
    const [first] = await metadata.range(spans.replicationBehind(table, after, 1));
    if (!first) return;
    after = {
      table,
      bucketId: keyParts.bucketId(first.key),
      destination: keyParts.replicationDestination(first.key),
    };
    yield after;
  }
}

export async function readBacklog({ metadata }: Reads, place: ReplicationPlace): Promise<ReplicationBacklog> {
  const [entries, bytes] = readCounters(await metadata.get(keyspace.replicationCounters(place)), 2) as [number, number];
  return { entries, bytes };
}
