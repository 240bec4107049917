import { StorageError } from '../../../domain/errors.ts';
import { groupArn, uniqueId } from '../../../domain/identity-arn.ts';
import { type MetadataEngine, readCounters, type Transaction } from '../../../engines/metadata/metadata-engine.ts';
import type { Clock } from '../../../foundation/clock.ts';
import type { Random } from '../../../foundation/random.ts';
import type { GroupRecord } from '../../../records/group-record.ts';
import { keyParts, keyspace, spans } from '../../../records/keyspace.ts';
import type { UserRecord } from '../../../records/user-record.ts';
import { keepAccount } from '../account/keep-account.ts';
import { changeIdentity } from '../change-identity.ts';
import { groups, users } from '../entity-table.ts';

interface GroupContext {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
  readonly random: Random;
}

interface PageOfNames {
  readonly after: string | undefined;
  readonly limit: number;
  readonly pathPrefix: string;
}

const maximumGroups = 10;
const nothing = Buffer.alloc(0);

/** Groups of users, and who is in them. */
export class GroupService {
  readonly #context: GroupContext;

  constructor(context: GroupContext) {
    this.#context = context;
  }

  /** Throws EntityAlreadyExists. */
  async create(accountId: string, { name, path }: { readonly name: string; readonly path: string }) {
    const { metadata, clock, random } = this.#context;
    const id = uniqueId(random, 'group');
    const group: GroupRecord = { id, accountId, name, path, createdAt: clock.now(), attached: [], inline: [] };
    await changeIdentity(metadata, accountId, async (tx) => {
      await keepAccount(tx, accountId);
      await groups.insert(tx, group);
    });
    return group;
  }

  /** Throws NoSuchEntity. */
  get(accountId: string, name: string): Promise<GroupRecord> {
    return groups.require(this.#context.metadata, accountId, name);
  }

  find(accountId: string, name: string): Promise<GroupRecord | undefined> {
    return groups.findByName(this.#context.metadata, accountId, name);
  }

  /** What policies are asked about; of a group that is not there, which could only be at the root path. */
  async arn(accountId: string, name: string): Promise<string> {
    const group = await this.find(accountId, name);
    return groupArn(group ?? { accountId, path: '/', name });
  }

  /** In the order of names, whatever their case. */
  list(accountId: string, page: PageOfNames) {
    return groups.page(this.#context.metadata, accountId, page);
  }

  /** Throws NoSuchEntity, and EntityAlreadyExists where another has the new name. */
  update(accountId: string, name: string, change: { readonly name?: string; readonly path?: string }): Promise<void> {
    return changeIdentity(this.#context.metadata, accountId, async (tx) => {
      const group = await groups.require(tx, accountId, name);
      await groups.replace(tx, group, { ...group, ...change });
    });
  }

  /** Throws DeleteConflict while it has members or policies. */
  async delete(accountId: string, name: string): Promise<void> {
    await changeIdentity(this.#context.metadata, accountId, async (tx) => {
      const group = await groups.require(tx, accountId, name);
      // Read as a point: who puts a user in meanwhile makes this run again.
      const [members] = readCounters(await tx.get(keyspace.groupMembers(group.id)), 1);
      if (members! > 0) throw stillHas('remove users from group');
      if (group.attached.length > 0) throw stillHas('detach all policies');
      if (group.inline.length > 0) throw stillHas('delete policies');
      groups.remove(tx, group);
    });
  }

  /** A user who is in it already stays. Throws NoSuchEntity, and LimitExceeded for an eleventh group. */
  async addUser(accountId: string, { group, user }: Membership): Promise<void> {
    await changeIdentity(this.#context.metadata, accountId, async (tx) => {
      const found = await readMembership(tx, accountId, { group, user });
      if (found.user.groups.includes(found.group.id)) return;
      if (found.user.groups.length >= maximumGroups) {
        throw new StorageError('LimitExceeded', { message: `Cannot exceed quota for GroupsPerUser: ${maximumGroups}` });
      }
      await users.replace(tx, found.user, { ...found.user, groups: [...found.user.groups, found.group.id] });
      tx.put(keyspace.groupMember(found.group.id, found.user.id), nothing);
      tx.add(keyspace.groupMembers(found.group.id), [1]);
    });
  }

  /** Throws NoSuchEntity for a group or a user that is not there. A user who is not in it stays out. */
  async removeUser(accountId: string, { group, user }: Membership): Promise<void> {
    await changeIdentity(this.#context.metadata, accountId, async (tx) => {
      const found = await readMembership(tx, accountId, { group, user });
      if (!found.user.groups.includes(found.group.id)) return;
      const left = found.user.groups.filter((id) => id !== found.group.id);
      await users.replace(tx, found.user, { ...found.user, groups: left });
      tx.delete(keyspace.groupMember(found.group.id, found.user.id));
      tx.add(keyspace.groupMembers(found.group.id), [-1]);
    });
  }

  /** Those in a group, in the order of their ids, behind the id `after`. */
  async members(
    { id }: Pick<GroupRecord, 'id'>,
    { after, limit }: { readonly after: string | undefined; readonly limit: number },
  ): Promise<{ readonly users: readonly UserRecord[]; readonly next: string | undefined }> {
    const { metadata } = this.#context;
    const entries = await metadata.range(spans.groupMembers(id, after, limit + 1));
    const found: UserRecord[] = [];
    let last: string | undefined;
    for (const { key } of entries.slice(0, limit)) {
      [, last] = keyParts.ownedPart(key);
      const user = await users.find(metadata, last);
      if (user) found.push(user);
    }
    return { users: found, next: entries.length > limit ? last : undefined };
  }

  /** In the order of their names. */
  async groupsOf(user: UserRecord): Promise<readonly GroupRecord[]> {
    const found = await Promise.all(user.groups.map((id) => groups.find(this.#context.metadata, id)));
    const order = (group: GroupRecord) => group.name.toLowerCase();
    return found.filter((group) => group !== undefined).sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }
}

/** By their names. */
interface Membership {
  readonly group: string;
  readonly user: string;
}

/** Both records are read in the commit: it runs again where one of them is deleted or changed meanwhile. */
async function readMembership(tx: Transaction, accountId: string, { group, user }: Membership) {
  return { group: await groups.require(tx, accountId, group), user: await users.require(tx, accountId, user) };
}

function stillHas(what: string): StorageError {
  return new StorageError('DeleteConflict', { message: `Cannot delete entity, must ${what} first.` });
}
