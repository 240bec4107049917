import { StorageError } from '../../../domain/errors.ts';
import type { MetadataEngine } from '../../../engines/metadata/metadata-engine.ts';
import { accountRecordType } from '../../../records/account-record.ts';
import { identitySettingsRecordType, type PasswordPolicyFields } from '../../../records/identity-settings-record.ts';
import { keyspace } from '../../../records/keyspace.ts';
import { type RecordReader, readRecord, writeRecord } from '../../../records/record-type.ts';
import { keepAccount } from './keep-account.ts';

/** What IAM keeps of an account as a whole: its alias, and what its passwords have to be like. */
export class AccountSettingsService {
  readonly #metadata: MetadataEngine;

  constructor({ metadata }: { readonly metadata: MetadataEngine }) {
    this.#metadata = metadata;
  }

  async alias(accountId: string): Promise<string | undefined> {
    return (await readRecord(this.#metadata, accountRecordType, keyspace.account(accountId)))?.alias;
  }

  /** The account that has the alias. */
  async accountOfAlias(alias: string): Promise<string | undefined> {
    return (await this.#metadata.get(keyspace.accountByAlias(alias)))?.toString();
  }

  /** An account has one: the one of before is given up. Throws EntityAlreadyExists where it is another account's. */
  async setAlias(accountId: string, alias: string): Promise<void> {
    // By a number people sign in, too: nobody shall pass for another account.
    if (/^\d{12,15}$/.test(alias))
      throw new StorageError('InvalidInput', { message: 'An alias is no account number.' });
    const key = keyspace.account(accountId);
    await this.#metadata.transact(async (tx) => {
      const account = await readRecord(tx, accountRecordType, key);
      if (!account) throw new StorageError('NoSuchEntity', { message: `There is no account ${accountId}.` });
      const owner = (await tx.get(keyspace.accountByAlias(alias)))?.toString();
      if (owner !== undefined && owner !== accountId) {
        throw new StorageError('EntityAlreadyExists', { message: `The account alias ${alias} already exists.` });
      }
      if (account.alias !== undefined) tx.delete(keyspace.accountByAlias(account.alias));
      tx.put(keyspace.accountByAlias(alias), Buffer.from(accountId));
      writeRecord(tx, { type: accountRecordType, key }, { ...account, alias });
    });
  }

  /** Throws NoSuchEntity where the account has another alias, or none. */
  async deleteAlias(accountId: string, alias: string): Promise<void> {
    const key = keyspace.account(accountId);
    await this.#metadata.transact(async (tx) => {
      const account = await readRecord(tx, accountRecordType, key);
      if (account?.alias !== alias) {
        throw new StorageError('NoSuchEntity', { message: `The account alias ${alias} cannot be found.` });
      }
      tx.delete(keyspace.accountByAlias(alias));
      writeRecord(tx, { type: accountRecordType, key }, { ...account, alias: undefined });
    });
  }

  /** Undefined where the account has none of its own. */
  passwordPolicy(accountId: string): Promise<PasswordPolicyFields | undefined> {
    return readPasswordPolicy(this.#metadata, accountId);
  }

  async setPasswordPolicy(accountId: string, passwordPolicy: PasswordPolicyFields): Promise<void> {
    const key = keyspace.identitySettings(accountId);
    await this.#metadata.transact(async (tx) => {
      await keepAccount(tx, accountId);
      const settings = (await readRecord(tx, identitySettingsRecordType, key)) ?? {};
      writeRecord(tx, { type: identitySettingsRecordType, key }, { ...settings, passwordPolicy });
    });
  }

  /** Throws NoSuchEntity. */
  async deletePasswordPolicy(accountId: string): Promise<void> {
    const key = keyspace.identitySettings(accountId);
    await this.#metadata.transact(async (tx) => {
      await keepAccount(tx, accountId);
      const settings = await readRecord(tx, identitySettingsRecordType, key);
      if (!settings?.passwordPolicy) throw noPasswordPolicy(accountId);
      const { passwordPolicy: _, ...rest } = settings;
      if (Object.keys(rest).length === 0) tx.delete(key);
      else writeRecord(tx, { type: identitySettingsRecordType, key }, rest);
    });
  }
}

export async function readPasswordPolicy(
  reader: RecordReader,
  accountId: string,
): Promise<PasswordPolicyFields | undefined> {
  return (await readRecord(reader, identitySettingsRecordType, keyspace.identitySettings(accountId)))?.passwordPolicy;
}

/** In IAM's words. */
export function noPasswordPolicy(accountId: string): StorageError {
  return new StorageError('NoSuchEntity', {
    message: `The Password Policy with domain name ${accountId} cannot be found.`,
  });
}
