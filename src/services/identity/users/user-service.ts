import { StorageError } from '../../../domain/errors.ts';
import { uniqueId, userArn } from '../../../domain/identity-arn.ts';
import type { Tag } from '../../../domain/tagging.ts';
import type { MetadataEngine } from '../../../engines/metadata/metadata-engine.ts';
import type { Clock } from '../../../foundation/clock.ts';
import type { Random } from '../../../foundation/random.ts';
import { keyspace } from '../../../records/keyspace.ts';
import type { UserRecord } from '../../../records/user-record.ts';
import { changeIdentity } from '../change-identity.ts';
import { users } from '../entity-table.ts';

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
}

/** The users of accounts. */
export class UserService {
  readonly #context: UserContext;

  constructor(context: UserContext) {
    this.#context = context;
  }

  /** Throws EntityAlreadyExists. */
  async create({ accountId, name, path, tags }: NewUser): Promise<UserRecord> {
    const { metadata, clock, random } = this.#context;
    const id = uniqueId(random, 'user');
    const user = { id, accountId, name, path, createdAt: clock.now(), tags, groups: [], attached: [], inline: [] };
    await changeIdentity(metadata, accountId, async (tx) => {
      // Read, so that this runs again where the account is deleted meanwhile, and written back, so that the deletion does.
      const account = await tx.get(keyspace.account(accountId));
      if (!account) throw new StorageError('NoSuchEntity', { message: `There is no account ${accountId}.` });
      tx.put(keyspace.account(accountId), account);
      await users.insert(tx, user);
    });
    return user;
  }

  /** Throws NoSuchEntity. */
  get(accountId: string, name: string): Promise<UserRecord> {
    return users.require(this.#context.metadata, accountId, name);
  }

  /** What policies are asked about; of a user who is not there, who could only be at the root path. */
  async arn(accountId: string, name: string): Promise<string> {
    const user = await users.findByName(this.#context.metadata, accountId, name);
    return userArn(user ?? { accountId, path: '/', name });
  }
}
