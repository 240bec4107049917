import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { keyParts, keyspace } from '../../records/keyspace.ts';
import { lifecycleProgressRecordType } from '../../records/lifecycle-progress-record.ts';
import { placementRecordType } from '../../records/placement-record.ts';
import { entriesOf, readEntry } from './table-scan.ts';
import type { Violation } from './violation.ts';

/** What lifecycle rules and restores have still to do. Their versions and buckets may be gone: they are then forgotten. */
export async function* verifyLifecycle(metadata: MetadataEngine): AsyncGenerator<Violation, void> {
  for await (const entry of entriesOf(metadata, 'placement')) {
    const { wrong } = readEntry({ table: 'placement', type: placementRecordType }, entry, () =>
      keyspace.placement(keyParts.placementDueAt(entry.key), keyParts.placementId(entry.key)),
    );
    if (wrong) yield wrong;
  }
  for await (const entry of entriesOf(metadata, 'lifecycleProgress')) {
    const { wrong } = readEntry({ table: 'lifecycleProgress', type: lifecycleProgressRecordType }, entry, () =>
      keyspace.lifecycleProgress(keyParts.idAfterTable(entry.key)),
    );
    if (wrong) yield wrong;
  }
}
