import { type MetadataEngine, readCounters } from '../../engines/metadata/metadata-engine.ts';
import { keyParts, keyspace, type ReplicationPlace } from '../../records/keyspace.ts';
import { remoteRecordType } from '../../records/remote-record.ts';
import { destinationHash, replicationRecordType, resyncRecordType } from '../../records/replication-record.ts';
import { entriesOf, entryName, readEntry } from './table-scan.ts';
import { type Violation, violation } from './violation.ts';

/** What waits to be replicated or was refused, its counters, and where it goes. */
export async function* verifyReplication(metadata: MetadataEngine): AsyncGenerator<Violation, void> {
  yield* verifyEntries(metadata, 'replicationQueue');
  yield* verifyEntries(metadata, 'replicationFailed');
  for await (const entry of entriesOf(metadata, 'resync')) {
    const { wrong } = readEntry({ table: 'resync', type: resyncRecordType }, entry, () => entry.key);
    if (wrong) yield wrong;
  }
  for await (const entry of entriesOf(metadata, 'remote')) {
    const { wrong } = readEntry({ table: 'remote', type: remoteRecordType }, entry, ({ name }) =>
      keyspace.remote(name),
    );
    if (wrong) yield wrong;
  }
}

async function* verifyEntries(
  metadata: MetadataEngine,
  table: ReplicationPlace['table'],
): AsyncGenerator<Violation, void> {
  let place: ReplicationPlace | undefined;
  let surplus = [0, 0];
  for await (const entry of entriesOf(metadata, table)) {
    const { key, value } = entry;
    const found = { table, bucketId: keyParts.bucketId(key), destination: keyParts.replicationDestination(key) };
    if (place?.bucketId !== found.bucketId || place.destination !== found.destination) {
      if (place) yield* miscounted(place, surplus);
      place = found;
      surplus = [0, 0];
    }
    const sequence = keyParts.replicationSequence(key);
    if (sequence === undefined) {
      surplus = readCounters(value, 2);
      continue;
    }
    const { record, wrong } = readEntry({ table, type: replicationRecordType }, entry, ({ target }) =>
      keyspace.replicationEntry({ ...found, destination: destinationHash(target) }, sequence),
    );
    if (wrong) yield wrong;
    surplus = [surplus[0]! - 1, surplus[1]! - (record?.size ?? 0)];
  }
  if (place) yield* miscounted(place, surplus);
}

function* miscounted(place: ReplicationPlace, surplus: readonly number[]): Generator<Violation, void> {
  if (surplus.every((one) => one === 0)) return;
  const where = entryName(place.table, keyspace.replicationCounters(place));
  yield violation('usage', where, { expected: 'what is there, and its bytes', found: `${surplus.join(' and ')} more` });
}
