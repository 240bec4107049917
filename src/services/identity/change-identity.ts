import { type MetadataEngine, readCounters, type Transaction } from '../../engines/metadata/metadata-engine.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import { keyspace } from '../../records/keyspace.ts';

/**
 * A commit that changes what somebody of an account may do: its users, groups, roles, policies, and what hangs on them.
 * Every such change goes through here: it moves the account's revision, by which each worker knows that what it has
 * compiled of the account's principals holds no longer. Changes of one account do not conflict by it.
 */
export function changeIdentity<T>(
  metadata: MetadataEngine,
  accountId: string,
  body: (tx: Transaction) => MaybePromise<T>,
): Promise<T> {
  return metadata.transact((tx) => {
    touchIdentity(tx, accountId);
    return body(tx);
  });
}

/** For commits that change more than one account, or are made elsewhere. */
export function touchIdentity(tx: Transaction, accountId: string): void {
  tx.add(keyspace.identityRevision(accountId), [1]);
}

/** How often the account's principals have changed. Never goes back. */
export function identityRevision(metadata: MetadataEngine, accountId: string): MaybePromise<number> {
  return whenReady(metadata.get(keyspace.identityRevision(accountId)), (bytes) => readCounters(bytes, 1)[0]!);
}
