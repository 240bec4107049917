import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { StorageError } from '../../src/domain/errors.ts';
import { memoryMetadataEngine } from '../../src/engines/metadata/memory/memory-metadata-engine.ts';
import { AccessKeyService } from '../../src/services/identity/access-keys/access-key-service.ts';
import { ServiceAccountService } from '../../src/services/identity/access-keys/service-account-service.ts';
import { GroupService } from '../../src/services/identity/groups/group-service.ts';
import { readIdentityCounters } from '../../src/services/identity/identity-counters.ts';
import { UserService } from '../../src/services/identity/users/user-service.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { MemoryStore } from '../memory-store.ts';

interface ModelUser {
  name: string;
  path: string;
  readonly groups: Set<string>;
  keys: number;
  serviceAccounts: number;
}

/** What should be there, by names in lower case. */
class Model {
  readonly users = new Map<string, ModelUser>();
  readonly groups = new Map<string, { name: string; id: number }>();
  #ids = 0;

  /** What should come of it: undefined for success. */
  apply(step: Step): string | undefined {
    const user = this.users.get(step.user.toLowerCase());
    const group = this.groups.get(step.group.toLowerCase());
    switch (step.action) {
      case 'create-user':
        if (user) return 'EntityAlreadyExists';
        this.users.set(step.user.toLowerCase(), {
          ...{ name: step.user, path: '/', groups: new Set(), keys: 0, serviceAccounts: 0 },
        });
        return undefined;
      case 'delete-user':
        if (!user) return 'NoSuchEntity';
        if (user.keys + user.serviceAccounts + user.groups.size > 0) return 'DeleteConflict';
        this.users.delete(step.user.toLowerCase());
        return undefined;
      case 'rename-user':
        if (!user) return 'NoSuchEntity';
        if (step.other.toLowerCase() !== step.user.toLowerCase() && this.users.has(step.other.toLowerCase())) {
          return 'EntityAlreadyExists';
        }
        this.users.delete(step.user.toLowerCase());
        user.name = step.other;
        this.users.set(step.other.toLowerCase(), user);
        return undefined;
      case 'create-group':
        if (group) return 'EntityAlreadyExists';
        this.groups.set(step.group.toLowerCase(), { name: step.group, id: this.#ids++ });
        return undefined;
      case 'delete-group':
        if (!group) return 'NoSuchEntity';
        if ([...this.users.values()].some(({ groups }) => groups.has(String(group.id)))) return 'DeleteConflict';
        this.groups.delete(step.group.toLowerCase());
        return undefined;
      case 'join':
      case 'leave':
        if (!group || !user) return 'NoSuchEntity';
        if (step.action === 'join') user.groups.add(String(group.id));
        else user.groups.delete(String(group.id));
        return undefined;
      case 'create-key':
        if (!user) return 'NoSuchEntity';
        if (user.keys === 2) return 'LimitExceeded';
        user.keys++;
        return undefined;
      case 'delete-key':
        if (!user || user.keys === 0) return 'NoSuchEntity';
        user.keys--;
        return undefined;
      case 'create-service-account':
        if (!user) return 'NoSuchEntity';
        user.serviceAccounts++;
        return undefined;
      case 'delete-service-account':
        if (!user || user.serviceAccounts === 0) return 'NoSuchEntity';
        user.serviceAccounts--;
        return undefined;
    }
  }
}

const actions = [
  'create-user',
  'delete-user',
  'rename-user',
  'create-group',
  'delete-group',
  'join',
  'leave',
  'create-key',
  'delete-key',
  'create-service-account',
  'delete-service-account',
] as const;

interface Step {
  readonly action: (typeof actions)[number];
  readonly user: string;
  readonly other: string;
  readonly group: string;
}

const userNames = fc.constantFrom('ann', 'ANN', 'bob', 'Bob', 'cid', 'dee');
const steps = fc.array(
  fc.record({
    action: fc.constantFrom(...actions),
    user: userNames,
    other: userNames,
    group: fc.constantFrom('staff', 'Staff', 'club'),
  }),
  { maxLength: 60 },
);

async function openServices() {
  const store = new MemoryStore();
  const metadata = memoryMetadataEngine({ lateAnswers: true, conflictRate: 0.1, random: { bytes: randomBytes } });
  const { identity } = store.servicesOver({ metadata, blobs: store.blobs });
  const { accountId } = await identity.createAccount({ name: 'owner' });
  const context = { metadata, clock: store.clock, random: { bytes: randomBytes }, identity };
  return {
    engines: { metadata, blobs: store.blobs },
    accountId,
    users: new UserService(context),
    groups: new GroupService(context),
    keys: new AccessKeyService(context),
    serviceAccounts: new ServiceAccountService(context),
  };
}

type Services = Awaited<ReturnType<typeof openServices>>;

async function perform({ users, groups, keys, serviceAccounts, accountId }: Services, step: Step): Promise<void> {
  const membership = { group: step.group, user: step.user };
  switch (step.action) {
    case 'create-user':
      await users.create({ accountId, name: step.user, path: '/', tags: [] });
      return;
    case 'delete-user':
      return users.delete(accountId, step.user);
    case 'rename-user':
      return users.update(accountId, step.user, { name: step.other });
    case 'create-group':
      await groups.create(accountId, { name: step.group, path: '/' });
      return;
    case 'delete-group':
      return groups.delete(accountId, step.group);
    case 'join':
      return groups.addUser(accountId, membership);
    case 'leave':
      return groups.removeUser(accountId, membership);
    default: {
      const owner = { accountId, user: await users.get(accountId, step.user) };
      if (step.action === 'create-key') await keys.create(owner);
      else if (step.action === 'delete-key') {
        const [key] = await keys.list(owner);
        await keys.delete(owner, key?.accessKeyId ?? 'none');
      } else if (step.action === 'create-service-account') {
        await serviceAccounts.create(owner, { name: 'program', description: '' });
      } else {
        const [account] = await serviceAccounts.list(owner);
        await serviceAccounts.delete(owner, account?.accessKeyId ?? 'none');
      }
    }
  }
}

async function outcome(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof StorageError) return error.kind;
    throw error;
  }
}

test('users, groups and keys are what plain maps say', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const services = await openServices();
      const { users, groups, keys, serviceAccounts, accountId, engines } = services;
      const model = new Model();
      for (const step of sequence) {
        assert.equal(await outcome(perform(services, step)), model.apply(step), JSON.stringify(step));
      }
      const all = { after: undefined, limit: 100, pathPrefix: '/' };
      const listed = (await users.list(accountId, all)).entities;
      const byName = (a: string, b: string) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1);
      assert.deepEqual(
        listed.map(({ name }) => name),
        [...model.users.values()].map(({ name }) => name).sort(byName),
      );
      for (const user of listed) {
        const expected = model.users.get(user.name.toLowerCase())!;
        const owner = { accountId, user };
        assert.equal((await keys.list(owner)).length, expected.keys);
        assert.equal((await serviceAccounts.list(owner)).length, expected.serviceAccounts);
        assert.equal((await groups.groupsOf(user)).length, expected.groups.size);
      }
      const groupNames = (await groups.list(accountId, all)).entities.map(({ name }) => name);
      assert.deepEqual(groupNames, [...model.groups.values()].map(({ name }) => name).sort(byName));
      const counters = await readIdentityCounters(engines.metadata, accountId);
      assert.deepEqual([counters.user, counters.group], [model.users.size, model.groups.size]);
      assert.deepEqual(await Array.fromAsync(verifyStore(engines)), []);
    }),
    { numRuns: 60 },
  );
});

test('side by side nothing is left that leads nowhere', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 2, maxLength: 4 }), async (sequences) => {
      const services = await openServices();
      await Promise.all(
        sequences.map(async (sequence) => {
          for (const step of sequence.slice(0, 20)) await outcome(perform(services, step));
        }),
      );
      assert.deepEqual(await Array.fromAsync(verifyStore(services.engines)), []);
      const { entities } = await services.users.list(services.accountId, {
        ...{ after: undefined, limit: 100, pathPrefix: '/' },
      });
      for (const user of entities) {
        assert.ok((await services.keys.list({ accountId: services.accountId, user })).length <= 2);
      }
    }),
    { numRuns: 40 },
  );
});

test('of two users of one name at once one is made', async () => {
  for (let i = 0; i < 20; i++) {
    const services = await openServices();
    const make = (name: string) =>
      outcome(services.users.create({ accountId: services.accountId, name, path: '/', tags: [] }));
    const outcomes = await Promise.all([make('twin'), make('TWIN')]);
    assert.deepEqual(outcomes.sort(), ['EntityAlreadyExists', undefined]);
  }
});

test('a group that is deleted while somebody joins is empty, or stays', async () => {
  for (let i = 0; i < 20; i++) {
    const { users, groups, accountId, engines } = await openServices();
    await users.create({ accountId, name: 'user', path: '/', tags: [] });
    await groups.create(accountId, { name: 'group', path: '/' });
    const [joined, deleted] = await Promise.all([
      outcome(groups.addUser(accountId, { group: 'group', user: 'user' })),
      outcome(groups.delete(accountId, 'group')),
    ]);
    assert.ok(
      (joined === undefined && deleted === 'DeleteConflict') || (joined === 'NoSuchEntity' && deleted === undefined),
      `${joined} ${deleted}`,
    );
    assert.deepEqual(await Array.fromAsync(verifyStore(engines)), []);
  }
});

test('a user who is deleted while a key is made has none, or stays', async () => {
  for (let i = 0; i < 20; i++) {
    const { users, keys, accountId, engines } = await openServices();
    const user = await users.create({ accountId, name: 'user', path: '/', tags: [] });
    const [made, deleted] = await Promise.all([
      outcome(keys.create({ accountId, user })),
      outcome(users.delete(accountId, 'user')),
    ]);
    assert.ok(
      (made === undefined && deleted === 'DeleteConflict') || (made === 'NoSuchEntity' && deleted === undefined),
      `${made} ${deleted}`,
    );
    assert.deepEqual(await Array.fromAsync(verifyStore(engines)), []);
  }
});

test('three keys at once are two, of a user and of a root', async () => {
  const { users, keys, accountId } = await openServices();
  const user = await users.create({ accountId, name: 'user', path: '/', tags: [] });
  for (const owner of [{ accountId, user }, { accountId }]) {
    const outcomes = await Promise.all(Array.from({ length: 3 }, () => outcome(keys.create(owner))));
    assert.equal(outcomes.filter((made) => made === undefined).length, 2, String(outcomes));
    assert.equal((await keys.list(owner)).length, 2);
  }
});
