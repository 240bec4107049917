import { type MetadataEngine, readCounters, type Transaction } from '../../engines/metadata/metadata-engine.ts';
import { keyspace } from '../../records/keyspace.ts';

/** What GetAccountSummary counts, in the order in which it is stored: new ones go to the end. */
export const identityCounters = ['user', 'group', 'role', 'policy', 'loginProfile', 'oidcProvider'] as const;
export type IdentityCounter = (typeof identityCounters)[number];

/** Adds within a commit, and conflicts with none. */
export function countIdentity(tx: Transaction, accountId: string, counter: IdentityCounter, by: 1 | -1): void {
  const deltas = identityCounters.map((name) => (name === counter ? by : 0));
  tx.add(keyspace.identityCounters(accountId), deltas);
}

export async function readIdentityCounters(
  metadata: Pick<MetadataEngine, 'get'>,
  accountId: string,
): Promise<Readonly<Record<IdentityCounter, number>>> {
  const counts = readCounters(await metadata.get(keyspace.identityCounters(accountId)), identityCounters.length);
  return Object.fromEntries(identityCounters.map((name, i) => [name, counts[i]!])) as Record<IdentityCounter, number>;
}
