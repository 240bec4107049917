import type { MetadataEngine, Transaction } from '../../../engines/metadata/metadata-engine.ts';
import { type AccessKeyRecord, accessKeyRecordType } from '../../../records/account-record.ts';
import { keyParts, keyspace, spans } from '../../../records/keyspace.ts';
import { readRecord } from '../../../records/record-type.ts';
import type { UserRecord } from '../../../records/user-record.ts';

/** Whom an access key speaks for. */
export interface KeyOwner {
  readonly accountId: string;
  /** Left out for the root of the account. */
  readonly user?: UserRecord;
}

type Reader = Pick<MetadataEngine, 'get' | 'range'> | Transaction;

/** More than a user may have, of all kinds. */
const keysOfOneUser = 1000;
const keysAtOnce = 1000;

/** Keys and service accounts, in the order of their ids. */
export async function keysOf(reader: Reader, owner: KeyOwner): Promise<readonly AccessKeyRecord[]> {
  return owner.user ? keysOfUser(reader, owner.user) : keysOfRoot(reader, owner.accountId);
}

/** Within a commit each key is a point read. */
export async function keysOfUser(reader: Reader, { id }: Pick<UserRecord, 'id'>): Promise<readonly AccessKeyRecord[]> {
  const keys: AccessKeyRecord[] = [];
  for (const entry of await reader.range(spans.accessKeysOfUser(id, undefined, keysOfOneUser))) {
    const [, accessKeyId] = keyParts.ownedPart(entry.key);
    const key = await readRecord(reader, accessKeyRecordType, keyspace.accessKey(accessKeyId));
    if (key?.userId === id) keys.push(key);
  }
  return keys;
}

/** They stand among those of the account's users, whose entries name the user: only the root's own are read. */
export async function keysOfRoot(reader: Reader, accountId: string): Promise<readonly AccessKeyRecord[]> {
  const keys: AccessKeyRecord[] = [];
  let after: string | undefined;
  for (;;) {
    const entries = await reader.range(spans.accessKeysOfAccount(accountId, after, keysAtOnce));
    for (const { key: entry, value } of entries) {
      after = keyParts.afterTable(entry).slice(accountId.length + 1);
      if (value.length > 0) continue;
      const key = await readRecord(reader, accessKeyRecordType, keyspace.accessKey(after));
      if (key?.accountId === accountId && key.userId === undefined) keys.push(key);
    }
    if (entries.length < keysAtOnce) return keys;
  }
}

/** Of the root and of all users, in the order of their ids. */
export async function* keysOfAccount(reader: Reader, accountId: string): AsyncGenerator<AccessKeyRecord, void> {
  let after: string | undefined;
  for (;;) {
    const entries = await reader.range(spans.accessKeysOfAccount(accountId, after, keysAtOnce));
    for (const entry of entries) {
      after = keyParts.afterTable(entry.key).slice(accountId.length + 1);
      const key = await readRecord(reader, accessKeyRecordType, keyspace.accessKey(after));
      if (key?.accountId === accountId) yield key;
    }
    if (entries.length < keysAtOnce) return;
  }
}
