import { type MetadataEngine, readCounters } from '../../engines/metadata/metadata-engine.ts';
import { accessLogRecordType } from '../../records/access-log-record.ts';
import { keyParts, keyspace } from '../../records/keyspace.ts';
import { entriesOf, entryName } from './table-scan.ts';
import { type Violation, violation } from './violation.ts';

/** Lines that wait for their delivery, and the counter of each bucket's, which stands before them. */
export async function* verifyAccessLogs(metadata: MetadataEngine): AsyncGenerator<Violation, void> {
  let bucketId: string | undefined;
  let left = 0;
  for await (const { key, value } of entriesOf(metadata, 'accessLog')) {
    if (keyParts.bucketId(key) !== bucketId) {
      if (left !== 0) yield miscounted(bucketId!, left);
      bucketId = keyParts.bucketId(key);
      left = 0;
    }
    if (keyParts.timeOfAccessLog(key) === undefined) {
      left += readCounters(value, 1)[0]!;
      continue;
    }
    left -= value.length;
    try {
      accessLogRecordType.decodeExactly(value);
    } catch (error) {
      yield violation('unreadable', entryName('accessLog', key), {
        expected: `a record of type ${accessLogRecordType.name}`,
        found: (error as Error).message,
      });
    }
  }
  if (left !== 0) yield miscounted(bucketId!, left);
}

function miscounted(bucketId: string, surplus: number): Violation {
  const where = entryName('accessLog', keyspace.accessLogBytes(bucketId));
  return violation('usage', where, { expected: 'the bytes that wait', found: `${surplus} more` });
}
