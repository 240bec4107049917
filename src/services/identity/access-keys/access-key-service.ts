import { StorageError } from '../../../domain/errors.ts';
import type { Transaction } from '../../../engines/metadata/metadata-engine.ts';
import { type AccessKeyRecord, accessKeyRecordType } from '../../../records/account-record.ts';
import { keyspace } from '../../../records/keyspace.ts';
import { type LastUseRecord, lastUseRecordType } from '../../../records/last-use-record.ts';
import { readRecord, writeRecord } from '../../../records/record-type.ts';
import { deleteAccessKeyEntries } from '../access-key-entries.ts';
import { changeIdentity } from '../change-identity.ts';
import { insertKey, type KeyContext, type NewKey } from './insert-key.ts';
import { type KeyOwner, keysOf } from './key-owner.ts';

const maximumKeys = 2;

/** Access keys of users and roots; those of service accounts are another matter. */
export class AccessKeyService {
  readonly #context: KeyContext;

  constructor(context: KeyContext) {
    this.#context = context;
  }

  /** Throws LimitExceeded for a third. */
  create(owner: KeyOwner): Promise<NewKey> {
    return insertKey(this.#context, {
      owner,
      checkLimit(keys) {
        if (keys.filter(isPlain).length < maximumKeys) return;
        throw new StorageError('LimitExceeded', {
          message: `Cannot exceed quota for AccessKeysPerUser: ${maximumKeys}`,
        });
      },
    });
  }

  /** In the order of their ids; without service accounts. */
  async list(owner: KeyOwner): Promise<readonly AccessKeyRecord[]> {
    return (await keysOf(this.#context.metadata, owner)).filter(isPlain);
  }

  /** Of whatever owner. */
  find(accessKeyId: string): Promise<AccessKeyRecord | undefined> {
    return readRecord(this.#context.metadata, accessKeyRecordType, keyspace.accessKey(accessKeyId));
  }

  /** With the next request it is so, on every process. Throws NoSuchEntity for a key that is not the owner's. */
  async setStatus(owner: KeyOwner, accessKeyId: string, status: AccessKeyRecord['status']): Promise<void> {
    await changeIdentity(this.#context.metadata, owner.accountId, async (tx) => {
      const key = await requireKey(tx, owner, accessKeyId);
      writeRecord(tx, { type: accessKeyRecordType, key: keyspace.accessKey(accessKeyId) }, { ...key, status });
    });
  }

  /** Throws NoSuchEntity for a key that is not the owner's. */
  async delete(owner: KeyOwner, accessKeyId: string): Promise<void> {
    await changeIdentity(this.#context.metadata, owner.accountId, async (tx) => {
      deleteAccessKeyEntries(tx, await requireKey(tx, owner, accessKeyId));
    });
  }

  /** To some minutes; undefined for one that has not been used. */
  lastUse(accessKeyId: string): Promise<LastUseRecord | undefined> {
    return readRecord(this.#context.metadata, lastUseRecordType, keyspace.lastUse(accessKeyId));
  }
}

const isPlain = ({ serviceAccount }: AccessKeyRecord): boolean => serviceAccount === undefined;

async function requireKey(tx: Transaction, owner: KeyOwner, accessKeyId: string): Promise<AccessKeyRecord> {
  const key = await readRecord(tx, accessKeyRecordType, keyspace.accessKey(accessKeyId));
  if (key && isPlain(key) && isOwnedBy(key, owner)) return key;
  throw noSuchKey(accessKeyId);
}

export function isOwnedBy({ accountId, userId }: AccessKeyRecord, owner: KeyOwner): boolean {
  return accountId === owner.accountId && userId === owner.user?.id;
}

export function noSuchKey(accessKeyId: string): StorageError {
  return new StorageError('NoSuchEntity', { message: `The Access Key with id ${accessKeyId} cannot be found.` });
}
