import { StorageError } from '../../../domain/errors.ts';
import { uniqueId, userArn } from '../../../domain/identity-arn.ts';
import type { Tag } from '../../../domain/tagging.ts';
import type { MetadataEngine, Transaction } from '../../../engines/metadata/metadata-engine.ts';
import type { Clock } from '../../../foundation/clock.ts';
import type { Random } from '../../../foundation/random.ts';
import { keyspace } from '../../../records/keyspace.ts';
import type { UserRecord } from '../../../records/user-record.ts';
import { keysOfUser } from '../access-keys/key-owner.ts';
import { keepAccount } from '../account/keep-account.ts';
import { deleteAttachment, putAttachment } from '../attachments.ts';
import { changeIdentity } from '../change-identity.ts';
import { users } from '../entity-table.ts';
import { requireAttachable } from '../policies/find-policy.ts';
import { withoutTags, withTags } from './user-tags.ts';

interface UserContext {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
  readonly random: Random;
}

export interface NewUser {
  readonly accountId: string;
  readonly name: string;
  readonly path: string;
  readonly tags: readonly Tag[];
  /** The ARN of a managed policy. */
  readonly boundary?: string | undefined;
}

interface PageOfNames {
  readonly after: string | undefined;
  readonly limit: number;
  readonly pathPrefix: string;
}

/** The users of accounts. */
export class UserService {
  readonly #context: UserContext;

  constructor(context: UserContext) {
    this.#context = context;
  }

  /** Throws EntityAlreadyExists, and NoSuchEntity for a boundary that is not there. */
  async create({ accountId, name, path, tags, boundary }: NewUser): Promise<UserRecord> {
    const { metadata, clock, random } = this.#context;
    const id = uniqueId(random, 'user');
    const user: UserRecord = {
      ...{ id, accountId, name, path, createdAt: clock.now(), tags, groups: [], attached: [], inline: [] },
      ...(boundary === undefined ? {} : { boundary }),
    };
    await changeIdentity(metadata, accountId, async (tx) => {
      await keepAccount(tx, accountId);
      if (boundary !== undefined) {
        await requireAttachable(tx, accountId, boundary);
        putAttachment(tx, { accountId, policyArn: boundary, as: 'boundary', kind: 'user', id });
      }
      await users.insert(tx, user);
    });
    return user;
  }

  /** Throws NoSuchEntity. */
  get(accountId: string, name: string): Promise<UserRecord> {
    return users.require(this.#context.metadata, accountId, name);
  }

  find(accountId: string, name: string): Promise<UserRecord | undefined> {
    return users.findByName(this.#context.metadata, accountId, name);
  }

  /** Of that account alone. */
  async findById(accountId: string, id: string): Promise<UserRecord | undefined> {
    const user = await users.find(this.#context.metadata, id);
    return user?.accountId === accountId ? user : undefined;
  }

  /** What policies are asked about; of a user who is not there, who could only be at the root path. */
  async arn(accountId: string, name: string): Promise<string> {
    const user = await this.find(accountId, name);
    return userArn(user ?? { accountId, path: '/', name });
  }

  /** In the order of names, whatever their case. */
  list(accountId: string, page: PageOfNames) {
    return users.page(this.#context.metadata, accountId, page);
  }

  /** Throws NoSuchEntity, and EntityAlreadyExists where another has the new name. */
  update(accountId: string, name: string, change: { readonly name?: string; readonly path?: string }): Promise<void> {
    return this.#change(accountId, name, (user) => ({ ...user, ...change }));
  }

  /** Throws LimitExceeded for more than fifty. */
  tag(accountId: string, name: string, tags: readonly Tag[]): Promise<void> {
    return this.#change(accountId, name, (user) => ({ ...user, tags: withTags(user.tags, tags) }));
  }

  untag(accountId: string, name: string, keys: readonly string[]): Promise<void> {
    return this.#change(accountId, name, (user) => ({ ...user, tags: withoutTags(user.tags, keys) }));
  }

  #change(accountId: string, name: string, change: (user: UserRecord) => UserRecord): Promise<void> {
    return changeIdentity(this.#context.metadata, accountId, async (tx) => {
      const user = await users.require(tx, accountId, name);
      await users.replace(tx, user, change(user));
    });
  }

  /** Throws DeleteConflict while anything hangs on the user but tags and a boundary. */
  async delete(accountId: string, name: string): Promise<void> {
    await changeIdentity(this.#context.metadata, accountId, async (tx) => {
      const user = await users.require(tx, accountId, name);
      await requireBare(tx, user);
      const { id, boundary } = user;
      if (boundary !== undefined) {
        deleteAttachment(tx, { accountId, policyArn: boundary, as: 'boundary', kind: 'user', id });
      }
      tx.delete(keyspace.lastUse(id));
      users.remove(tx, user);
    });
  }
}

/** Whoever makes a key writes the user's record, whoever makes a login profile reads it: one of two runs again. */
async function requireBare(tx: Transaction, user: UserRecord): Promise<void> {
  const keys = await keysOfUser(tx, user);
  if (keys.some(({ serviceAccount }) => !serviceAccount)) throw stillHas('delete access keys');
  if (keys.length > 0) throw stillHas('delete service accounts');
  if (await tx.get(keyspace.loginProfile(user.id))) throw stillHas('delete login profile');
  if (user.groups.length > 0) throw stillHas('remove users from group');
  if (user.attached.length > 0) throw stillHas('detach all policies');
  if (user.inline.length > 0) throw stillHas('delete policies');
}

function stillHas(what: string): StorageError {
  return new StorageError('DeleteConflict', { message: `Cannot delete entity, must ${what} first.` });
}
