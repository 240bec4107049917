import { StorageError } from '../domain/errors.ts';
import { type Grant, type Grants, onIdentity } from '../domain/grant.ts';
import { userArn } from '../domain/identity-arn.ts';
import { arnOfPrincipal, type SignedPrincipal } from '../domain/principal.ts';
import type { UserRecord } from '../records/user-record.ts';
import type { KeyOwner } from '../services/identity/access-keys/key-owner.ts';
import {
  noSuchServiceAccount,
  type ServiceAccountRecord,
} from '../services/identity/access-keys/service-account-service.ts';
import type { IdentityServices } from '../services/identity/identity-services.ts';
import { text as parameter } from '../wire/query/parameters.ts';
import { element, optional, text, timestamp } from '../wire/xml/schema.ts';

export const userName = parameter({ min: 1, max: 64, pattern: '[\\w+=,.@-]+' });
export const accessKeyId = parameter({ min: 3, max: 128, pattern: '[\\w.-]+' });
export const serviceAccountName = parameter({ max: 64, pattern: '[\\w+=,.@ -]*' });
export const description = parameter({ max: 256, pattern: '\\P{Cc}*' });
/** Parsed as what narrows. */
export const policy = parameter({ max: 20_480 });
/** ISO 8601. */
export const expiration = parameter({ max: 64 });
export const status = parameter({ oneOf: ['Active', 'Inactive'] });

/** Throws ValidationError for what is no time. */
export function timeOf(written: string): number {
  const isWritten = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/.test(written);
  const time = isWritten ? Date.parse(written) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new StorageError('ValidationError', {
    message: 'Expiration is no time of ISO 8601, such as 2027-01-31T12:00:00Z.',
  });
}

export const serviceAccountElement = element({
  AccessKeyId: text(),
  UserName: optional(text()),
  Name: text(),
  Description: text(),
  Status: text(),
  CreateDate: timestamp(),
  Expiration: optional(timestamp()),
  Policy: optional(text()),
});

/** Without the secret. Of a root's the user's name is left out. */
export function serviceAccountAnswer(key: ServiceAccountRecord, user: UserRecord | undefined) {
  const { name, description, expiresAt, policy } = key.serviceAccount;
  return {
    AccessKeyId: key.accessKeyId,
    ...(user ? { UserName: user.name } : {}),
    Name: name,
    Description: description,
    Status: key.status === 'active' ? 'Active' : 'Inactive',
    CreateDate: key.createdAt,
    ...(expiresAt === undefined ? {} : { Expiration: expiresAt }),
    ...(policy === undefined ? {} : { Policy: policy }),
  };
}

interface NamesUser {
  readonly UserName: string | undefined;
}

/** For actions on all service accounts of one user, by default of the caller. */
export function onServiceAccountsOf(action: Grant['action']) {
  return async ({ UserName }: NamesUser, caller: SignedPrincipal, { users }: IdentityServices): Promise<Grants> => {
    const { accountId } = caller.account;
    const arn = UserName === undefined ? arnOfPrincipal(caller) : await users.arn(accountId, UserName);
    return [onIdentity(action, accountId, arn)];
  };
}

/** Throws NoSuchEntity, and ValidationError for a caller who is neither a user nor the root, and names nobody. */
export async function ownerNamed(
  { UserName }: NamesUser,
  caller: SignedPrincipal,
  { users }: IdentityServices,
): Promise<KeyOwner> {
  const { accountId } = caller.account;
  if (UserName === undefined && caller.kind === 'account') return { accountId };
  const name = UserName ?? (caller.kind === 'user' ? caller.userName : undefined);
  if (name !== undefined) return { accountId, user: await users.get(accountId, name) };
  throw new StorageError('ValidationError', {
    message: 'UserName has to be given by who is neither a user nor the root.',
  });
}

interface NamesServiceAccount {
  readonly AccessKeyId: string;
}

/** For actions on one service account: on the user whom it belongs to. One that is not there could be any user's. */
export function onServiceAccount(action: Grant['action']) {
  return async (
    { AccessKeyId }: NamesServiceAccount,
    { account: { accountId } }: SignedPrincipal,
    { serviceAccounts, users }: IdentityServices,
  ): Promise<Grants> => {
    const key = await serviceAccounts.find(accountId, AccessKeyId);
    if (key && key.userId === undefined) return [onIdentity(action, accountId, `arn:aws:iam::${accountId}:root`)];
    const user = key?.userId === undefined ? undefined : await users.findById(accountId, key.userId);
    return [onIdentity(action, accountId, userArn(user ?? { accountId, path: '/', name: '*' }))];
  };
}

/** The root's are for the root alone to see. Throws NoSuchEntity. */
export async function serviceAccountNamed(
  { AccessKeyId }: NamesServiceAccount,
  caller: SignedPrincipal,
  { serviceAccounts, users }: IdentityServices,
): Promise<{ readonly key: ServiceAccountRecord; readonly owner: KeyOwner }> {
  const { accountId } = caller.account;
  const key = await serviceAccounts.find(accountId, AccessKeyId);
  if (!key) throw noSuchServiceAccount(AccessKeyId);
  if (key.userId === undefined) {
    if (caller.kind !== 'account') throw noSuchServiceAccount(AccessKeyId);
    return { key, owner: { accountId } };
  }
  const user = await users.findById(accountId, key.userId);
  if (!user) throw noSuchServiceAccount(AccessKeyId);
  return { key, owner: { accountId, user } };
}
