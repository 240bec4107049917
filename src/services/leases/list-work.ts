import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { spans } from '../../records/keyspace.ts';
import { type WorkRecord, workRecordType } from '../../records/work-record.ts';

const mostWork = 1000;

/** How all kinds of background work stand, by name. */
export async function listWork(metadata: MetadataEngine): Promise<readonly WorkRecord[]> {
  const entries = await metadata.range(spans.table('work', undefined, mostWork));
  return entries.map(({ value }) => workRecordType.decode(value));
}
