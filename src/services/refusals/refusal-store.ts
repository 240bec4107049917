import type { ExplainedSide } from '../../domain/policy/explain-sides.ts';
import { type MetadataEngine, readCounters, type Transaction } from '../../engines/metadata/metadata-engine.ts';
import { keyParts, keyspace, spans } from '../../records/keyspace.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import { type RefusalRecord, refusalRecordType } from '../../records/refusal-record.ts';

const nothing = Buffer.alloc(0);
/** That one commit forgets. */
const forgottenAtOnce = 500;

export interface RefusalPage {
  readonly refusals: readonly RefusalRecord[];
  /** Behind which the next page begins; undefined at the end. */
  readonly next: Buffer | undefined;
}

/** The accounts that may be told of a refusal: that of who asked, and the owner of what was asked for. */
export function toldOf({ accountId, resourceAccountId }: RefusalRecord): readonly string[] {
  const accounts = new Set([accountId, resourceAccountId]);
  return [...accounts].filter((id) => id !== undefined);
}

/** Refusals that are kept for a while, so that people who ask why can be told. */
export class RefusalStore {
  readonly #metadata: MetadataEngine;

  constructor(metadata: MetadataEngine) {
    this.#metadata = metadata;
  }

  /**
   * In one commit. What is kept already, after a commit of which nobody knew the outcome, stays as it is, and what is left
   * of an account that was deleted meanwhile goes with it.
   */
  async keep(refusals: readonly RefusalRecord[], milliseconds: number): Promise<void> {
    await this.#metadata.transact(async (tx) => {
      const known = await tx.getMany(refusals.map(({ requestId }) => keyspace.refusal(requestId)));
      const there = await accountsThere(tx, refusals);
      let added = 0;
      for (const [i, refusal] of refusals.entries()) {
        if (known[i] || isOfDeleted(refusal, there)) continue;
        added++;
        writeRecord(tx, { type: refusalRecordType, key: keyspace.refusal(refusal.requestId) }, refusal);
        const dueKey = keyspace.refusalDue(refusal.at + milliseconds, refusal.requestId);
        tx.put(dueKey, nothing);
        for (const accountId of toldOf(refusal)) tx.put(keyspace.refusalOfAccount(accountId, refusal), dueKey);
      }
      if (added > 0) tx.add(keyspace.refusalCount(), [added]);
    });
  }

  find(requestId: string): Promise<RefusalRecord | undefined> {
    return readRecord(this.#metadata, refusalRecordType, keyspace.refusal(requestId));
  }

  /** Those that an account may be told of, newest first; fewer than `limit` only at the end. */
  async page(accountId: string, after: Buffer | undefined, limit: number): Promise<RefusalPage> {
    const refusals: RefusalRecord[] = [];
    let behind = after;
    for (;;) {
      const wanted = limit - refusals.length + 1;
      const entries = await this.#metadata.range(spans.refusalsOfAccount(accountId, behind, wanted));
      for (const { key } of entries) {
        if (refusals.length === limit) return { refusals, next: behind };
        const refusal = await this.find(keyParts.refusalOfAccount(key).requestId);
        // It may have been forgotten since the list was read.
        if (refusal) refusals.push(refusal);
        behind = key;
      }
      if (entries.length < wanted) return { refusals, next: undefined };
    }
  }

  /** Forgets some of what is due at `now`, or beyond `maximum`, oldest first; answers how many. */
  async forget(now: number, maximum: number): Promise<number> {
    // Read before: within the commit it would conflict with every refusal that is kept meanwhile.
    const kept = readCounters(await this.#metadata.get(keyspace.refusalCount()), 1)[0]!;
    return this.#metadata.transact(async (tx) => {
      const due = await tx.range(spans.refusalsDue(now, forgottenAtOnce));
      const excess = Math.min(kept - maximum, forgottenAtOnce);
      const entries = excess > due.length ? await tx.range(spans.refusalsByAge(excess)) : due;
      const forgotten = await forgetThem(
        tx,
        entries.map(({ key }) => keyParts.refusalId(key)),
      );
      for (const { key } of entries) tx.delete(key);
      if (forgotten > 0) tx.add(keyspace.refusalCount(), [-forgotten]);
      return entries.length;
    });
  }
}

/**
 * Forgets what an account may be told of, and with it what others may be told of the same requests: as much as one commit
 * should. Every refusal that is kept counts, and the counter is read here: of two at the same moment one runs again.
 */
export async function forgetRefusalsOf(tx: Transaction, accountId: string): Promise<'all' | 'more'> {
  await tx.get(keyspace.refusalCount());
  const entries = await tx.range(spans.refusalsOfAccount(accountId, undefined, forgottenAtOnce + 1));
  const now = entries.slice(0, forgottenAtOnce);
  // With each stands where it is listed by its time.
  for (const { value } of now) if (value.length > 0) tx.delete(value);
  const forgotten = await forgetThem(
    tx,
    now.map(({ key }) => keyParts.refusalOfAccount(key).requestId),
  );
  if (forgotten > 0) tx.add(keyspace.refusalCount(), [-forgotten]);
  return entries.length > forgottenAtOnce ? 'more' : 'all';
}

/** Answers how many of them were there. */
async function forgetThem(tx: Transaction, requestIds: readonly string[]): Promise<number> {
  let forgotten = 0;
  for (const requestId of requestIds) {
    const record = await readRecord(tx, refusalRecordType, keyspace.refusal(requestId));
    if (!record) continue;
    forgotten++;
    tx.delete(keyspace.refusal(record.requestId));
    for (const accountId of toldOf(record)) tx.delete(keyspace.refusalOfAccount(accountId, record));
  }
  return forgotten;
}

/** Which of the accounts that are to be told are there. */
async function accountsThere(tx: Transaction, refusals: readonly RefusalRecord[]): Promise<ReadonlySet<string>> {
  const told = [...new Set(refusals.flatMap(toldOf))];
  const stored = await tx.getMany(told.map((accountId) => keyspace.account(accountId)));
  return new Set(told.filter((_, i) => stored[i] !== undefined));
}

/** Whether who asked, or what was weighed on the other side, was of an account that has been deleted since. */
function isOfDeleted(refusal: RefusalRecord, there: ReadonlySet<string>): boolean {
  const { accountId, resourceAccountId, statements } = refusal;
  if (accountId !== undefined && !there.has(accountId)) return true;
  if (resourceAccountId === undefined || there.has(resourceAccountId)) return false;
  // People name accounts that never were, and may ask why that was refused.
  return (JSON.parse(statements) as readonly ExplainedSide[]).some(({ kind }) => kind === 'resource');
}
