import { StorageError } from '../../../domain/errors.ts';
import { parsePolicy } from '../../../domain/policy/parse-policy.ts';
import type { Transaction } from '../../../engines/metadata/metadata-engine.ts';
import {
  type AccessKeyRecord,
  accessKeyRecordType,
  type ServiceAccountFields,
} from '../../../records/account-record.ts';
import { keyspace } from '../../../records/keyspace.ts';
import { readRecord, writeRecord } from '../../../records/record-type.ts';
import { deleteAccessKeyEntries } from '../access-key-entries.ts';
import { changeIdentity } from '../change-identity.ts';
import { isOwnedBy } from './access-key-service.ts';
import { insertKey, type KeyContext, type NewKey } from './insert-key.ts';
import { type KeyOwner, keysOf } from './key-owner.ts';

const maximumServiceAccounts = 100;

/** An access key that is one program's alone. */
export type ServiceAccountRecord = AccessKeyRecord & { readonly serviceAccount: ServiceAccountFields };

/** What is left out stays; `null` takes it away. */
export interface ServiceAccountChange {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly policy?: string | null | undefined;
  readonly expiresAt?: number | null | undefined;
  readonly status?: AccessKeyRecord['status'] | undefined;
}

/**
 * Keys that act for a user, or a root, within a policy of their own, which only narrows, and until a time. That nobody
 * makes one wider than himself the caller sees to: `refuseNarrowed`.
 */
export class ServiceAccountService {
  readonly #context: KeyContext;

  constructor(context: KeyContext) {
    this.#context = context;
  }

  /** Throws MalformedPolicy, InvalidInput for a time that is over, and LimitExceeded. */
  create(owner: KeyOwner, serviceAccount: ServiceAccountFields): Promise<NewKey> {
    this.#check(serviceAccount);
    return insertKey(this.#context, {
      owner,
      serviceAccount,
      checkLimit(keys) {
        if (keys.filter(isServiceAccount).length < maximumServiceAccounts) return;
        throw new StorageError('LimitExceeded', {
          message: `Cannot exceed quota for ServiceAccountsPerUser: ${maximumServiceAccounts}`,
        });
      },
    });
  }

  /** In the order of their access key ids. */
  async list(owner: KeyOwner): Promise<readonly ServiceAccountRecord[]> {
    return (await keysOf(this.#context.metadata, owner)).filter(isServiceAccount);
  }

  /** Undefined for what is no service account of that account. */
  async find(accountId: string, accessKeyId: string): Promise<ServiceAccountRecord | undefined> {
    const key = await readRecord(this.#context.metadata, accessKeyRecordType, keyspace.accessKey(accessKeyId));
    return key?.accountId === accountId && isServiceAccount(key) ? key : undefined;
  }

  /** In force with the next request. Throws NoSuchEntity, MalformedPolicy, InvalidInput. */
  async change(owner: KeyOwner, accessKeyId: string, change: ServiceAccountChange): Promise<void> {
    this.#check({ policy: change.policy ?? undefined, expiresAt: change.expiresAt ?? undefined });
    await changeIdentity(this.#context.metadata, owner.accountId, async (tx) => {
      const key = await requireServiceAccount(tx, owner, accessKeyId);
      const changed: ServiceAccountRecord = {
        ...key,
        status: change.status ?? key.status,
        serviceAccount: fieldsAfter(key.serviceAccount, change),
      };
      writeRecord(tx, { type: accessKeyRecordType, key: keyspace.accessKey(accessKeyId) }, changed);
    });
  }

  /** Throws NoSuchEntity. */
  async delete(owner: KeyOwner, accessKeyId: string): Promise<void> {
    await changeIdentity(this.#context.metadata, owner.accountId, async (tx) => {
      deleteAccessKeyEntries(tx, await requireServiceAccount(tx, owner, accessKeyId));
    });
  }

  #check({ policy, expiresAt }: Pick<ServiceAccountFields, 'policy' | 'expiresAt'>): void {
    if (policy !== undefined) parsePolicy(policy, { kind: 'session' });
    if (expiresAt === undefined || expiresAt > this.#context.clock.now()) return;
    throw new StorageError('InvalidInput', { message: 'The expiration has to be in the future.' });
  }
}

function fieldsAfter(before: ServiceAccountFields, change: ServiceAccountChange): ServiceAccountFields {
  const policy = change.policy === undefined ? before.policy : (change.policy ?? undefined);
  const expiresAt = change.expiresAt === undefined ? before.expiresAt : (change.expiresAt ?? undefined);
  return {
    name: change.name ?? before.name,
    description: change.description ?? before.description,
    ...(policy === undefined ? {} : { policy }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

function isServiceAccount(key: AccessKeyRecord): key is ServiceAccountRecord {
  return key.serviceAccount !== undefined;
}

async function requireServiceAccount(
  tx: Transaction,
  owner: KeyOwner,
  accessKeyId: string,
): Promise<ServiceAccountRecord> {
  const key = await readRecord(tx, accessKeyRecordType, keyspace.accessKey(accessKeyId));
  if (key && isServiceAccount(key) && isOwnedBy(key, owner)) return key;
  throw noSuchServiceAccount(accessKeyId);
}

export function noSuchServiceAccount(accessKeyId: string): StorageError {
  return new StorageError('NoSuchEntity', { message: `The service account with id ${accessKeyId} cannot be found.` });
}
