import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { type AccessKeyRecord, accessKeyRecordType } from '../../records/account-record.ts';
import { keyspace } from '../../records/keyspace.ts';
import { writeRecord } from '../../records/record-type.ts';

const nothing = Buffer.alloc(0);

/** Writes a key and the indexes that list it. That its id is free, and its owner there, the caller has read in this commit. */
export function putAccessKey(tx: Transaction, key: AccessKeyRecord): void {
  writeRecord(tx, { type: accessKeyRecordType, key: keyspace.accessKey(key.accessKeyId) }, key);
  // So that the keys of a root are found among those of thousands of users without reading these.
  const user = key.userId === undefined ? nothing : Buffer.from(key.userId);
  tx.put(keyspace.accessKeyOfAccount(key.accountId, key.accessKeyId), user);
  if (key.userId !== undefined) tx.put(keyspace.accessKeyOfUser(key.userId, key.accessKeyId), nothing);
}

/** `key` was read in this commit. */
export function deleteAccessKeyEntries(tx: Transaction, key: AccessKeyRecord): void {
  tx.delete(keyspace.accessKey(key.accessKeyId));
  tx.delete(keyspace.accessKeyOfAccount(key.accountId, key.accessKeyId));
  tx.delete(keyspace.lastUse(key.accessKeyId));
  if (key.userId !== undefined) tx.delete(keyspace.accessKeyOfUser(key.userId, key.accessKeyId));
}
