import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { keyParts, keyspace, type TableName } from '../../records/keyspace.ts';
import { lockClockRecordType } from '../../records/lock-clock-record.ts';
import { counterNames, isSameUsage, noUsage, type Usage, usageOf } from '../../records/usage-record.ts';
import type { Recount } from './recount.ts';
import { entriesOf, entryName, readEntry } from './table-scan.ts';
import { type Violation, violation } from './violation.ts';

/** The counters of buckets and of accounts against what was counted. */
export async function* verifyUsage(metadata: MetadataEngine, recount: Recount): AsyncGenerator<Violation, void> {
  yield* verifyCounters(metadata, {
    table: 'usage',
    expected: recount.usage,
    idOf: keyParts.idAfterTable,
    nameOf: (id) => recount.nameOf(id),
  });
  yield* verifyCounters(metadata, {
    table: 'accountUsage',
    expected: recount.usageOfAccounts(),
    idOf: keyParts.afterTable,
    nameOf: (id) => (recount.uncountedAccounts.has(id) ? undefined : `account ${id}`),
  });
}

interface Counters {
  readonly table: TableName;
  readonly expected: ReadonlyMap<string, Usage>;
  readonly idOf: (key: Buffer) => string;
  /** Undefined for counters that nobody promises anything of. */
  readonly nameOf: (id: string) => string | undefined;
}

async function* verifyCounters(
  metadata: MetadataEngine,
  { table, expected, idOf, nameOf }: Counters,
): AsyncGenerator<Violation, void> {
  const met = new Set<string>();
  for await (const { key, value } of entriesOf(metadata, table)) {
    const id = idOf(key);
    const name = nameOf(id);
    met.add(id);
    if (name === undefined) continue;
    if (value.length % 8 !== 0 || value.length > counterNames.length * 8) {
      yield violation('unreadable', entryName(table, key), { expected: 'counters', found: `${value.length} bytes` });
      continue;
    }
    const counted = expected.get(id) ?? noUsage;
    const found = usageOf(value);
    if (!isSameUsage(counted, found)) yield violation('usage', name, { expected: counted, found });
  }
  for (const [id, counted] of expected) {
    const name = nameOf(id);
    if (name === undefined || met.has(id) || isSameUsage(counted, noUsage)) continue;
    yield violation('usage', name, { expected: counted, found: noUsage });
  }
}

/** How late it is known to be in buckets with object lock. */
export async function* verifyLockClocks(metadata: MetadataEngine, recount: Recount): AsyncGenerator<Violation, void> {
  for await (const entry of entriesOf(metadata, 'lockClock')) {
    const bucketId = keyParts.idAfterTable(entry.key);
    const { wrong } = readEntry({ table: 'lockClock', type: lockClockRecordType }, entry, () =>
      keyspace.lockClock(bucketId),
    );
    if (wrong) yield wrong;
    if (recount.buckets.has(bucketId)) continue;
    yield violation('ownerless', entryName('lockClock', entry.key), { expected: 'a bucket', found: undefined });
  }
}
