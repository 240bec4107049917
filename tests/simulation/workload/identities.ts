import { StorageError } from '../../../src/domain/errors.ts';
import { policyArn } from '../../../src/domain/identity-arn.ts';
import { weighIdentity } from '../../../src/domain/policy/identity-rights.ts';
import type { Principal } from '../../../src/domain/principal.ts';
import { policyPrincipal } from '../../../src/services/authorization/policy-principal.ts';
import { AccessKeyService } from '../../../src/services/identity/access-keys/access-key-service.ts';
import { GroupService } from '../../../src/services/identity/groups/group-service.ts';
import { AttachmentService } from '../../../src/services/identity/policies/attachment-service.ts';
import { ManagedPolicyService } from '../../../src/services/identity/policies/managed-policy-service.ts';
import { UserService } from '../../../src/services/identity/users/user-service.ts';
import type { Reply } from '../attempt.ts';
import { userCount } from '../call-draws.ts';
import { together } from '../ledger.ts';
import type { Caller, Operations } from '../operation.ts';
import type { UserStep } from '../user-model.ts';
import { fail } from './answers.ts';

interface OfUser<Kind extends string> {
  readonly kind: Kind;
  readonly user: number;
}
/** Which of the keys that somebody has heard of is meant, `pick` says. */
interface OfUserKey<Kind extends string> {
  readonly kind: Kind;
  readonly pick: number;
}
interface SetUserKey extends OfUserKey<'set-user-key'> {
  readonly isActive: boolean;
}
interface OfAccount<Kind extends string> {
  readonly kind: Kind;
}

export type UserCall =
  | OfUser<'create-user'>
  | OfUser<'delete-user'>
  | OfUser<'join-group'>
  | OfUser<'leave-group'>
  | OfUser<'attach-to-user'>
  | OfUser<'detach-from-user'>
  | OfUser<'create-user-key'>
  | SetUserKey
  | OfUserKey<'delete-user-key'>
  | OfUserKey<'user-signs-in'>
  | OfAccount<'create-group'>
  | OfAccount<'delete-group'>
  | OfAccount<'create-policy'>
  | OfAccount<'delete-policy'>
  | OfAccount<'attach-to-group'>
  | OfAccount<'detach-from-group'>;

/** Seldom, but in the runs that do nothing else. */
const weight = 2;
const group = 'group';
const policy = 'policy';
const text = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }],
});
const userName = (user: number) => `user-${user}`;

/** Users of the account that owns the buckets, its group and its policy. */
export const userOperations: Operations<UserCall> = {
  'create-user': ofUser('create-user', ({ users, accountId, name }) =>
    users.create({ accountId, name, path: '/', tags: [] }),
  ),
  'delete-user': ofUser('delete-user', ({ users, accountId, name }) => users.delete(accountId, name)),
  'join-group': ofUser('join-group', ({ groups, accountId, name }) => groups.addUser(accountId, { group, user: name })),
  'leave-group': ofUser('leave-group', ({ groups, accountId, name }) =>
    groups.removeUser(accountId, { group, user: name }),
  ),
  'attach-to-user': ofUser('attach-to-user', ({ attachments, accountId, name, arn }) =>
    attachments.attach({ kind: 'user', accountId, name }, arn),
  ),
  'detach-from-user': ofUser('detach-from-user', ({ attachments, accountId, name, arn }) =>
    attachments.detach({ kind: 'user', accountId, name }, arn),
  ),
  'create-user-key': { weight, draw: (draws) => ({ user: draws.integer(userCount) }), perform: createKey },
  'set-user-key': {
    weight,
    draw: (draws) => ({ pick: draws.pick(), isActive: draws.of([true, false]) }),
    perform: (caller, { pick, isActive }) =>
      ofKey(
        caller,
        pick,
        (key) => ({ kind: 'set-user-key', key, isActive }),
        (parts, owner, id) => parts.accessKeys.setStatus(owner, id, isActive ? 'active' : 'inactive'),
      ),
  },
  'delete-user-key': {
    weight,
    draw: (draws) => ({ pick: draws.pick() }),
    perform: (caller, { pick }) =>
      ofKey(
        caller,
        pick,
        (key) => ({ kind: 'delete-user-key', key }),
        (parts, owner, id) => parts.accessKeys.delete(owner, id),
      ),
  },
  'user-signs-in': { weight: 3 * weight, draw: (draws) => ({ pick: draws.pick() }), perform: signIn },
  'create-group': ofAccount('create-group', ({ groups, accountId }) =>
    groups.create(accountId, { name: group, path: '/' }),
  ),
  'delete-group': ofAccount('delete-group', ({ groups, accountId }) => groups.delete(accountId, group)),
  'create-policy': ofAccount('create-policy', ({ policies, accountId }) =>
    policies.create({ accountId, name: policy, path: '/', description: '', text, tags: [] }),
  ),
  'delete-policy': ofAccount('delete-policy', ({ policies, arn }) => policies.delete(arn)),
  'attach-to-group': ofAccount('attach-to-group', ({ attachments, accountId, arn }) =>
    attachments.attach({ kind: 'group', accountId, name: group }, arn),
  ),
  'detach-from-group': ofAccount('detach-from-group', ({ attachments, accountId, arn }) =>
    attachments.detach({ kind: 'group', accountId, name: group }, arn),
  ),
};

/** What the actions of IAM call. */
function partsOf({ services: { context, identity }, accountId }: Caller) {
  return {
    users: new UserService(context),
    groups: new GroupService(context),
    policies: new ManagedPolicyService(context),
    attachments: new AttachmentService(context),
    accessKeys: new AccessKeyService({ ...context, identity }),
    accountId,
    arn: policyArn({ accountId, path: '/', name: policy }),
  };
}
type Parts = ReturnType<typeof partsOf>;

function ofUser<Kind extends Exclude<Extract<UserStep, { user: number }>['kind'], 'create-user-key'>>(
  kind: Kind,
  make: (parts: Parts & { readonly name: string }) => Promise<unknown>,
) {
  return {
    weight,
    draw: (draws: { integer(limit: number): number }) => ({ user: draws.integer(userCount) }),
    perform: (caller: Caller, { user }: { readonly user: number }) =>
      change(caller, { kind, user } as UserStep, () => make({ ...partsOf(caller), name: userName(user) })),
  };
}

function ofAccount(
  kind: Exclude<UserStep, { readonly user: number } | { readonly key: string }>['kind'],
  make: (parts: Parts) => Promise<unknown>,
) {
  return {
    weight,
    draw: () => ({}),
    perform: (caller: Caller) => change(caller, { kind }, () => make(partsOf(caller))),
  };
}

/** A call that is one step, which is answered `ok`. */
async function change(caller: Caller, step: UserStep, make: () => Promise<unknown>): Promise<void> {
  const attempt = caller.ledger.beginUser(caller.client, step);
  try {
    await make();
    attempt.answer('ok');
  } catch (error) {
    fail(caller, attempt, { error, refusal: refusalOf });
  }
}

const refusals: Readonly<Record<string, Reply>> = {
  EntityAlreadyExists: 'taken',
  NoSuchEntity: 'gone',
  DeleteConflict: 'conflict',
  LimitExceeded: 'limit',
};

const refusalOf = (error: unknown): Reply | undefined =>
  error instanceof StorageError ? refusals[error.kind] : undefined;

async function createKey(caller: Caller, { user }: OfUser<'create-user-key'>): Promise<void> {
  const { ledger, client, accountId } = caller;
  const key = ledger.newWrite(client);
  await change(caller, { kind: 'create-user-key', user, key }, async () => {
    const { users, accessKeys } = partsOf(caller);
    const owner = { accountId, user: await users.get(accountId, userName(user)) };
    const made = await accessKeys.create(owner);
    ledger.userKeys.push({ user, key, accessKeyId: made.key.accessKeyId });
  });
}

interface Owner {
  readonly accountId: string;
  readonly user: Awaited<ReturnType<UserService['get']>>;
}

async function ofKey(
  caller: Caller,
  pick: number,
  stepOf: (key: string) => UserStep,
  make: (parts: Parts, owner: Owner, accessKeyId: string) => Promise<unknown>,
): Promise<void> {
  const { userKeys } = caller.ledger;
  const known = userKeys[Math.floor(pick * userKeys.length)];
  if (!known) return;
  await change(caller, stepOf(known.key), async () => {
    const parts = partsOf(caller);
    const user = await parts.users.get(caller.accountId, userName(known.user));
    await make(parts, { accountId: caller.accountId, user }, known.accessKeyId);
  });
}

/** Whether the key works is one thing, what its user may another: each as it is at one moment of the call. */
async function signIn(caller: Caller, { pick }: OfUserKey<'user-signs-in'>): Promise<void> {
  const { ledger, services, client, marks } = caller;
  const known = ledger.userKeys[Math.floor(pick * ledger.userKeys.length)];
  if (!known) return;
  const works = ledger.beginUser(client, { kind: 'key-works', key: known.key });
  const may = ledger.beginUser(client, { kind: 'user-may', user: known.user });
  try {
    const found = await services.identity.findCredential(known.accessKeyId);
    works.answer(found ? 'yes' : 'no');
    if (!found) return may.withdraw();
    marks.hit('user signed in');
    const allowed = mayRead(found.principal);
    if (allowed) marks.hit('user was allowed');
    may.answer(allowed ? 'yes' : 'no');
  } catch (error) {
    fail(caller, together([works, may]), { error });
  }
}

function mayRead(principal: Principal): boolean {
  if (principal.kind !== 'user' || !principal.rights) return false;
  const request = {
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::bucket/key',
    principal: policyPrincipal(principal),
    context: { values: () => undefined },
  };
  return weighIdentity(principal.rights, request).identity?.effect === 'allow';
}

/** What runs of users begin with: else they would seldom come as far as somebody who may do something. */
export async function makeUsers(caller: Caller): Promise<void> {
  await userOperations['create-group'].perform(caller, { kind: 'create-group' });
  await userOperations['create-policy'].perform(caller, { kind: 'create-policy' });
  for (let user = 0; user < userCount; user++) {
    await userOperations['create-user'].perform(caller, { kind: 'create-user', user });
    await userOperations['create-user-key'].perform(caller, { kind: 'create-user-key', user });
  }
}

/** Takes everything off users, group and policy, and removes them: they leave nothing behind. */
export async function removeUsers(caller: Caller): Promise<void> {
  const { users, groups, policies, attachments, accessKeys, accountId, arn } = partsOf(caller);
  const ifThere = async (remove: () => Promise<unknown>) => {
    try {
      await remove();
    } catch (error) {
      if (refusalOf(error) !== 'gone') throw error;
    }
  };
  for (let number = 0; number < userCount; number++) {
    const name = userName(number);
    const user = await users.find(accountId, name);
    if (!user) continue;
    const owner = { accountId, user };
    for (const { accessKeyId } of await accessKeys.list(owner)) await accessKeys.delete(owner, accessKeyId);
    await ifThere(() => attachments.detach({ kind: 'user', accountId, name }, arn));
    await ifThere(() => groups.removeUser(accountId, { group, user: name }));
    await users.delete(accountId, name);
  }
  await ifThere(() => attachments.detach({ kind: 'group', accountId, name: group }, arn));
  await ifThere(() => groups.delete(accountId, group));
  await ifThere(() => policies.delete(arn));
}
