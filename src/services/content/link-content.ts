import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { readCounters } from '../../engines/metadata/metadata-engine.ts';
import { invariant } from '../../foundation/invariant.ts';
import { keyspace } from '../../records/keyspace.ts';
import { type ReclaimRecord, reclaimRecordType } from '../../records/reclaim-record.ts';
import { writeRecord } from '../../records/record-type.ts';
import type { Content } from '../../records/version-record.ts';
import type { ServiceContext } from '../service-context.ts';

/**
 * One content may belong to several versions: a copy links, it moves no bytes. The counter holds the links beyond the
 * first, and is absent where there is only one. The caller has read, in the same transaction, the record that it
 * copies the content from, so that the content cannot vanish meanwhile.
 */
export async function linkContent(tx: Transaction, content: Content): Promise<void> {
  if (content.kind === 'empty') return;
  await changeLinks(tx, content.id, +1);
}

/** Takes one link away. What nobody links to any more is deleted (inline) or left to the reclaim worker. */
export async function unlinkContent(tx: Transaction, content: Content, context: ServiceContext): Promise<void> {
  if (content.kind === 'empty') return;
  if (await changeLinks(tx, content.id, -1)) return;
  if (content.kind === 'inline') {
    tx.delete(keyspace.inlineContent(content.id));
    return;
  }
  leaveToReclaim(
    tx,
    { kind: 'content', content },
    {
      id: content.id,
      dueAt: context.clock.now() + context.storage.reclaimGraceMilliseconds,
    },
  );
}

/** Returns false when there is no extra link to take away. */
async function changeLinks(tx: Transaction, id: string, change: 1 | -1): Promise<boolean> {
  const key = keyspace.links(id);
  const [extra] = readCounters(await tx.get(key), 1) as [number];
  invariant(extra >= 0, 'links are never negative', { id, extra });
  if (extra === 0 && change < 0) return false;
  tx.add(key, [change]);
  return true;
}

/** Puts work on the reclaim list. `dueAt`: milliseconds since the epoch; `id`: 32 hex digits, unique per entry. */
export function leaveToReclaim(tx: Transaction, record: ReclaimRecord, entry: { id: string; dueAt: number }): void {
  writeRecord(tx, { type: reclaimRecordType, key: keyspace.reclaim(entry.dueAt, entry.id) }, record);
}
