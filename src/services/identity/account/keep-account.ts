import { StorageError } from '../../../domain/errors.ts';
import type { Transaction } from '../../../engines/metadata/metadata-engine.ts';
import { keyspace } from '../../../records/keyspace.ts';

/**
 * For commits that make something in an account: its record is read, so that they run again where the account is deleted
 * meanwhile, and written back, so that the deletion does. Throws NoSuchEntity.
 */
export async function keepAccount(tx: Transaction, accountId: string): Promise<void> {
  const account = await tx.get(keyspace.account(accountId));
  if (!account) throw new StorageError('NoSuchEntity', { message: `There is no account ${accountId}.` });
  tx.put(keyspace.account(accountId), account);
}

/**
 * The same for what the operator adds for accounts: one that is not there may be made later, and one that is deleted
 * meanwhile finds what was added.
 */
export async function keepAccountIfThere(tx: Transaction, accountId: string): Promise<void> {
  const account = await tx.get(keyspace.account(accountId));
  if (account) tx.put(keyspace.account(accountId), account);
}
