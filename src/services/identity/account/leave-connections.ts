import type { Span, Transaction } from '../../../engines/metadata/metadata-engine.ts';
import { type EventTargetRecord, eventTargetRecordType } from '../../../records/event-target-record.ts';
import { keyspace, spans } from '../../../records/keyspace.ts';
import { type RecordType, readRecord, writeRecord } from '../../../records/record-type.ts';
import { remoteRecordType } from '../../../records/remote-record.ts';
import { AccountRefusal } from './account-refusal.ts';

const pageSize = 500;

/**
 * An account that is deleted is taken off event targets that others share. Throws DeleteConflict where a target or a
 * remote is there for it alone: it is the operator's, with a secret of its own and perhaps events that wait for it, and
 * a target that names no account any more would be there for all.
 *
 * Whoever adds a target or a remote writes the account's record, which the deletion has read.
 */
export async function leaveConnections(tx: Transaction, accountId: string, nameOrId: string): Promise<void> {
  const targets = await readAll(tx, eventTargetRecordType, spans.eventTargets);
  const named = targets.filter(({ accountIds }) => accountIds.includes(accountId));
  const remotes = (await readAll(tx, remoteRecordType, spans.remotes)).filter(
    (remote) => remote.accountId === accountId,
  );
  const own = [
    ...named.filter(isForOne).map(({ name }) => `the event target ${name} (cairn target remove ${name})`),
    ...remotes.map(({ name }) => `the remote ${name} (cairn remote remove ${name})`),
  ];
  if (own.length > 0) {
    const shown = own.length > 5 ? [...own.slice(0, 5), `${own.length - 5} more`] : own;
    const what = `There is for the account ${nameOrId} alone: ${shown.join(', ')}.`;
    throw new AccountRefusal('DeleteConflict', `${what} Remove it first.`);
  }
  for (const { name } of named) {
    const place = { type: eventTargetRecordType, key: keyspace.eventTarget(name) };
    const target = await readRecord(tx, place.type, place.key);
    if (target) writeRecord(tx, place, { ...target, accountIds: target.accountIds.filter((id) => id !== accountId) });
  }
}

const isForOne = ({ accountIds }: EventTargetRecord): boolean => new Set(accountIds).size === 1;

async function readAll<T extends { readonly name: string }>(
  tx: Transaction,
  type: RecordType<T>,
  span: (after: string | undefined, limit: number) => Span,
): Promise<T[]> {
  const found: T[] = [];
  for (;;) {
    const entries = await tx.range(span(found.at(-1)?.name, pageSize));
    for (const { value } of entries) found.push(type.decode(value));
    if (entries.length < pageSize) return found;
  }
}
