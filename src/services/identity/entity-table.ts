import { StorageError } from '../../domain/errors.ts';
import type { MetadataEngine, Transaction } from '../../engines/metadata/metadata-engine.ts';
import { type GroupRecord, groupRecordType } from '../../records/group-record.ts';
import { type IdentityKind, keyParts, keyspace, spans } from '../../records/keyspace.ts';
import { type ManagedPolicyRecord, managedPolicyRecordType } from '../../records/managed-policy-record.ts';
import { type RecordReader, type RecordType, readRecord, writeRecord } from '../../records/record-type.ts';
import { type RoleRecord, roleRecordType } from '../../records/role-record.ts';
import { type UserRecord, userRecordType } from '../../records/user-record.ts';
import { countIdentity } from './identity-counters.ts';

/** What users, groups, roles and managed policies have in common. */
interface Entity {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly path: string;
}

interface EntityPage {
  /** The name (in lower case) behind which the page begins. */
  readonly after: string | undefined;
  readonly limit: number;
  /** `/` for all. */
  readonly pathPrefix: string;
}

/** Names that one page looks at, at most: a path that few have makes short pages, and never a slow one. */
const lookedAt = 2000;

/**
 * One kind of named thing of an account: found by id or, whatever its case, by name. What changes it is called inside a
 * commit (`changeIdentity`).
 */
export class EntityTable<T extends Entity> {
  readonly #kind: IdentityKind;
  readonly #type: RecordType<T>;
  readonly #keyOf: (id: string) => Buffer;
  /** As errors call it: `user`. */
  readonly #word: string;

  constructor(kind: IdentityKind, { type, keyOf }: { type: RecordType<T>; keyOf: (id: string) => Buffer }) {
    this.#kind = kind;
    this.#type = type;
    this.#keyOf = keyOf;
    this.#word = kind;
  }

  find(reader: RecordReader, id: string): Promise<T | undefined> {
    return readRecord(reader, this.#type, this.#keyOf(id));
  }

  async findByName(reader: RecordReader, accountId: string, name: string): Promise<T | undefined> {
    const id = await reader.get(keyspace.identityName(accountId, this.#kind, name));
    return id && this.find(reader, id.toString());
  }

  /** Throws NoSuchEntity. */
  async require(reader: RecordReader, accountId: string, name: string): Promise<T> {
    const found = await this.findByName(reader, accountId, name);
    if (!found) throw noSuchEntity(this.#word, name);
    return found;
  }

  /** Throws EntityAlreadyExists where the name is taken. Counted. */
  async insert(tx: Transaction, entity: T): Promise<void> {
    await this.#takeName(tx, entity);
    writeRecord(tx, { type: this.#type, key: this.#keyOf(entity.id) }, entity);
    countIdentity(tx, entity.accountId, this.#kind, 1);
  }

  /** `before` was read in this very commit. A new name must be free: EntityAlreadyExists. */
  async replace(tx: Transaction, before: T, after: T): Promise<void> {
    if (before.name.toLowerCase() !== after.name.toLowerCase()) {
      await this.#takeName(tx, after);
      tx.delete(keyspace.identityName(before.accountId, this.#kind, before.name));
    }
    writeRecord(tx, { type: this.#type, key: this.#keyOf(after.id) }, after);
  }

  /** What hangs on it has been removed by the caller. `entity` was read in this very commit. */
  remove(tx: Transaction, entity: T): void {
    tx.delete(keyspace.identityName(entity.accountId, this.#kind, entity.name));
    tx.delete(this.#keyOf(entity.id));
    countIdentity(tx, entity.accountId, this.#kind, -1);
  }

  /** In the order of names. `next` is where the following page begins; undefined at the end. */
  async page(
    metadata: Pick<MetadataEngine, 'get' | 'range'>,
    accountId: string,
    { after, limit, pathPrefix }: EntityPage,
  ): Promise<{ readonly entities: readonly T[]; readonly next: string | undefined }> {
    const entities: T[] = [];
    let behind = after;
    for (let looked = 0; looked < lookedAt; ) {
      const wanted = Math.min(limit - entities.length + 1, lookedAt);
      const entries = await metadata.range(spans.identityNames(accountId, this.#kind, behind, wanted));
      for (const { key, value } of entries) {
        const entity = await this.find(metadata, value.toString());
        // It may have been removed, or have another name, since the names were read.
        if (entity?.path.startsWith(pathPrefix)) {
          if (entities.length === limit) return { entities, next: behind };
          entities.push(entity);
        }
        behind = keyParts.identityName(key);
      }
      looked += entries.length;
      if (entries.length < wanted) return { entities, next: undefined };
    }
    return { entities, next: behind };
  }

  async #takeName(tx: Transaction, { accountId, name, id }: T): Promise<void> {
    const key = keyspace.identityName(accountId, this.#kind, name);
    if (await tx.get(key)) {
      throw new StorageError('EntityAlreadyExists', {
        message: `${capitalised(this.#word)} with name ${name} already exists.`,
      });
    }
    tx.put(key, Buffer.from(id));
  }
}

/** In IAM's words: `The user with name alice cannot be found.` */
export function noSuchEntity(word: string, name: string): StorageError {
  return new StorageError('NoSuchEntity', { message: `The ${word} with name ${name} cannot be found.` });
}

const capitalised = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

export const users = new EntityTable<UserRecord>('user', { type: userRecordType, keyOf: keyspace.user });
export const groups = new EntityTable<GroupRecord>('group', { type: groupRecordType, keyOf: keyspace.group });
export const roles = new EntityTable<RoleRecord>('role', { type: roleRecordType, keyOf: keyspace.role });
export const managedPolicies = new EntityTable<ManagedPolicyRecord>('policy', {
  type: managedPolicyRecordType,
  keyOf: keyspace.managedPolicy,
});
