import { StorageError } from '../domain/errors.ts';
import type { Grant, Grants } from '../domain/grant.ts';
import { onIdentity } from '../domain/grant.ts';
import { arnOfPrincipal, type Principal, type SignedPrincipal } from '../domain/principal.ts';
import type { UserRecord } from '../records/user-record.ts';
import type { KeyOwner } from '../services/identity/access-keys/key-owner.ts';
import { refuseNarrowed } from '../services/identity/access-keys/narrowed-makers.ts';
import type { IdentityServices } from '../services/identity/identity-services.ts';
import type { MoreConditions } from '../wire/query/query-operation.ts';
import { resourceTagConditions } from './tags.ts';

interface NamesUser {
  readonly UserName?: string | undefined;
}

/** The caller's own name, for requests that name nobody. Undefined for the root. Throws ValidationError for those who are no user. */
export function ownName(caller: SignedPrincipal): string | undefined {
  if (caller.kind === 'account') return undefined;
  if (caller.kind === 'user') return caller.userName;
  throw new StorageError('ValidationError', {
    message: 'Must specify userName when calling with non-User credentials',
  });
}

/** For actions on one user, by default on the caller. */
export function onSubject(action: Grant['action']) {
  return async ({ UserName }: NamesUser, caller: SignedPrincipal, { users }: IdentityServices): Promise<Grants> => {
    const { accountId } = caller.account;
    const name = UserName ?? ownName(caller);
    const arn = name === undefined ? arnOfPrincipal(caller) : await users.arn(accountId, name);
    return [onIdentity(action, accountId, arn)];
  };
}

/** Whose keys a request is about. Throws NoSuchEntity. */
export async function subjectOwner(
  { UserName }: NamesUser,
  caller: SignedPrincipal,
  { users }: IdentityServices,
): Promise<KeyOwner> {
  const { accountId } = caller.account;
  const name = UserName ?? ownName(caller);
  return name === undefined ? { accountId } : { accountId, user: await users.get(accountId, name) };
}

/** For what only users have. Throws ValidationError for a root that names nobody, and NoSuchEntity. */
export async function subjectUser(
  input: NamesUser,
  caller: SignedPrincipal,
  services: IdentityServices,
): Promise<UserRecord> {
  const { user } = await subjectOwner(input, caller, services);
  if (user) return user;
  throw new StorageError('ValidationError', { message: 'Must specify userName when calling with root credentials' });
}

/** Policies may ask for the tags of the user that a request is about. */
export async function subjectTags(
  { UserName }: NamesUser,
  { users }: IdentityServices,
  caller: Principal,
): Promise<MoreConditions> {
  if (caller.kind === 'anonymous') return {};
  if (UserName === undefined) return resourceTagConditions('tags' in caller ? caller.tags : []);
  return resourceTagConditions((await users.find(caller.account.accountId, UserName))?.tags ?? []);
}

/**
 * Nobody who has less than whom it speaks for makes credentials of that one; what it may do to others its policies say.
 * Throws AccessDenied.
 */
export async function refuseToWiden(
  caller: SignedPrincipal,
  owner: KeyOwner,
  { identity }: IdentityServices,
): Promise<void> {
  const isOwn =
    owner.user === undefined ||
    (caller.kind === 'user' && caller.userId === owner.user.id) ||
    caller.kind === 'federated-user';
  if (isOwn) await refuseNarrowed(caller, identity.credentials);
}
