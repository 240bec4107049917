import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { readCounters } from '../../engines/metadata/metadata-engine.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
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
export function linkContent(tx: Transaction, content: Content): MaybePromise<void> {
  if (content.kind === 'empty') return;
  return whenReady(changeLinks(tx, content.id, +1), () => undefined);
}

/** Takes one link away. What nobody links to any more is deleted (inline) or left to the reclaim worker. */
export function unlinkContent(tx: Transaction, content: Content, context: ServiceContext): MaybePromise<void> {
  if (content.kind === 'empty') return;
  return whenReady(changeLinks(tx, content.id, -1), (hadMore) => {
    if (hadMore) return;
    if (content.kind === 'inline') {
      tx.delete(keyspace.inlineContent(content.id));
      return;
    }
    const dueAt = context.clock.now() + context.storage.reclaimGraceMilliseconds;
    leaveToReclaim(tx, { kind: 'content', content }, { id: content.id, dueAt });
  });
}

/** Answers false when there is no extra link to take away. */
function changeLinks(tx: Transaction, id: string, change: 1 | -1): MaybePromise<boolean> {
  const key = keyspace.links(id);
  return whenReady(tx.get(key), (stored) => {
    const [extra] = readCounters(stored, 1) as [number];
    invariant(extra >= 0, 'links are never negative', { id, extra });
    if (extra === 0 && change < 0) return false;
    tx.add(key, [change]);
    return true;
  });
}

/** Puts work on the reclaim list. `dueAt`: milliseconds since the epoch; `id`: 32 hex digits, unique per entry. */
export function leaveToReclaim(tx: Transaction, record: ReclaimRecord, entry: { id: string; dueAt: number }): void {
  writeRecord(tx, { type: reclaimRecordType, key: keyspace.reclaim(entry.dueAt, entry.id) }, record);
}
