import { type MetadataEngine, readCounters } from '../../engines/metadata/metadata-engine.ts';
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

  /** In one commit. What is kept already, after a commit of which nobody knew the outcome, stays as it is. */
  async keep(refusals: readonly RefusalRecord[], milliseconds: number): Promise<void> {
    await this.#metadata.transact(async (tx) => {
      const known = await tx.getMany(refusals.map(({ requestId }) => keyspace.refusal(requestId)));
      let added = 0;
      for (const [i, refusal] of refusals.entries()) {
        if (known[i]) continue;
        added++;
        writeRecord(tx, { type: refusalRecordType, key: keyspace.refusal(refusal.requestId) }, refusal);
        tx.put(keyspace.refusalDue(refusal.at + milliseconds, refusal.requestId), nothing);
        for (const accountId of toldOf(refusal)) tx.put(keyspace.refusalOfAccount(accountId, refusal), nothing);
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
      let forgotten = 0;
      for (const { key } of entries) {
        const record = await readRecord(tx, refusalRecordType, keyspace.refusal(keyParts.refusalId(key)));
        tx.delete(key);
        if (!record) continue;
        forgotten++;
        tx.delete(keyspace.refusal(record.requestId));
        for (const accountId of toldOf(record)) tx.delete(keyspace.refusalOfAccount(accountId, record));
      }
      if (forgotten > 0) tx.add(keyspace.refusalCount(), [-forgotten]);
      return entries.length;
    });
  }
}
