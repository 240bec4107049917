import { StorageError } from '../../domain/errors.ts';
import { onIdentity } from '../../domain/grant.ts';
import { userArn } from '../../domain/identity-arn.ts';
import { type AccessKeyRecord, accessKeyRecordType } from '../../records/account-record.ts';
import { keyspace } from '../../records/keyspace.ts';
import { type LoginProfileRecord, loginProfileRecordType } from '../../records/login-profile-record.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import type { UserRecord } from '../../records/user-record.ts';
import { putAccessKey } from '../identity/access-key-entries.ts';
import { keysOf } from '../identity/access-keys/key-owner.ts';
import { keepAccount } from '../identity/account/keep-account.ts';
import { changeIdentity } from '../identity/change-identity.ts';
import { users } from '../identity/entity-table.ts';
import { countIdentity } from '../identity/identity-counters.ts';
import { keySecretOwner, profileOwner } from './export-tenant.ts';
import type { ImportContext } from './import-context.ts';
import {
  type CallConditions,
  type ImportMode,
  type ImportStep,
  isSame,
  leave,
  refuse,
  resourceTags,
  unlessReplaced,
} from './import-step.ts';
import type { PassphraseBox } from './passphrase-box.ts';
import { policyProblem, type TenantToPlan } from './plan-identities.ts';
import { type AccessKeyEntry, type ProfileEntry, readProfile, type UserEntry } from './transfer-document.ts';

export interface CredentialsToPlan extends TenantToPlan {
  /** Undefined where no passphrase was given: then keys and passwords stay as they are. */
  readonly box: PassphraseBox | undefined;
  /** Whether administrators of the system account import: they may bring keys of roots, and the limits of keys. */
  readonly isFromSystem: boolean;
  /** Why whoever imports may make no credentials at all; undefined where it may. */
  readonly narrowed: string | undefined;
}

/** Access keys, service accounts and passwords. They come when all that their users may do stands. */
export async function* planCredentials(
  context: ImportContext,
  plan: CredentialsToPlan,
): AsyncGenerator<ImportStep, void> {
  const { tenant, box, accountId } = plan;
  if (!box) return;
  const seen = new Set<string>();
  for (const user of tenant.users) {
    if (user.loginProfile !== undefined) yield await planProfile(context, plan, { user, box });
    yield* planKeys(context, plan, { entries: user.accessKeys ?? [], user, box, seen });
  }
  const rootKeys = tenant.rootAccessKeys ?? [];
  if (plan.isFromSystem) yield* planKeys(context, plan, { entries: rootKeys, user: undefined, box, seen });
  else {
    for (const { accessKeyId } of rootKeys) {
      const of = { kind: 'access key', tenant: accountId, name: accessKeyId };
      yield leave(of, 'Keys of the root are brought by the system account alone.');
    }
  }
}

interface KeysToPlan {
  readonly entries: readonly AccessKeyEntry[];
  /** Undefined for those of the root. */
  readonly user: UserEntry | undefined;
  readonly box: PassphraseBox;
  /** Ids that the document has had already. */
  readonly seen: Set<string>;
}

const mostPlainKeys = 2;
const mostServiceAccounts = 100;

async function* planKeys(
  context: ImportContext,
  plan: CredentialsToPlan,
  { entries, user, box, seen }: KeysToPlan,
): AsyncGenerator<ImportStep, void> {
  const { accountId } = plan;
  for (const entry of entries) {
    const isPlain = entry.serviceAccount === undefined;
    const of = { kind: isPlain ? 'access key' : 'service account', tenant: accountId, name: entry.accessKeyId };
    const isTwice = seen.has(entry.accessKeyId);
    seen.add(entry.accessKeyId);
    yield isTwice ? refuse(of, 'It is in the document twice.') : await planKey(context, plan, { of, entry, user, box });
  }
}

interface KeyToPlan {
  readonly of: Pick<ImportStep, 'kind' | 'tenant' | 'name'>;
  readonly entry: AccessKeyEntry;
  readonly user: UserEntry | undefined;
  readonly box: PassphraseBox;
}

/** The forms of ids that are drawn here: others could be meant for somebody who chooses their own. */
const drawnForm = /^AK[A-Z2-7]{14,30}$/;

async function planKey(
  { metadata, identity, clock }: ImportContext,
  { accountId, mode, isFromSystem, narrowed }: CredentialsToPlan,
  { of, entry, user, box }: KeyToPlan,
): Promise<ImportStep> {
  const { accessKeyId, status, serviceAccount, rateLimits } = entry;
  const secret = box.open(entry.secret, keySecretOwner(accessKeyId));
  const record = user && (await users.findByName(metadata, accountId, user.name));
  const before = await readRecord(metadata, accessKeyRecordType, keyspace.accessKey(accessKeyId));
  // Of a user who is yet to be made nothing is there, and what has no user is the root's.
  const isOfOwner = user ? record !== undefined && before?.userId === record.id : before?.userId === undefined;
  const isOwn = before?.accountId === accountId && isOfOwner;
  if (before && !isOwn) return refuse(of, 'The access key id is taken.');
  if (!isFromSystem && !drawnForm.test(accessKeyId)) return refuse(of, 'The id is none that is drawn.');
  if (!/^[\x21-\x7e]{8,128}$/.test(secret)) return refuse(of, 'Its secret is none.');
  const problem = serviceAccount?.policy === undefined ? undefined : policyProblem(serviceAccount.policy, 'session');
  if (problem !== undefined) return refuse(of, problem);
  if (before) {
    const isSameKey =
      before.status === status &&
      isSame(serviceFields(before.serviceAccount), serviceFields(serviceAccount)) &&
      (!isFromSystem || isSame(before.rateLimits, rateLimits)) &&
      identity.secrets.open(before.sealedSecret, accessKeyId) === secret;
    if (isSameKey) return leave(of);
    const kept = unlessReplaced(of, mode);
    if (kept) return kept;
    if ((before.serviceAccount === undefined) !== (serviceAccount === undefined)) {
      return refuse(of, 'A key becomes no service account, nor the other way round.');
    }
  }
  if (narrowed !== undefined) return refuse(of, narrowed);
  const isPlain = serviceAccount === undefined;
  const { arn: owner, conditions } = user
    ? userAsWeighed({ accountId, mode }, user, record)
    : { arn: `arn:aws:iam::${accountId}:root`, conditions: {} };
  const verb = before ? 'Update' : 'Create';
  const actions = isPlain ? ['iam:CreateAccessKey'] : [`cairn:${verb}ServiceAccount`];
  if (isPlain && (before || status === 'inactive')) actions.push('iam:UpdateAccessKey');
  // A key in place of another is made, and the other deleted.
  if (isPlain && before) actions.push('iam:DeleteAccessKey');
  if (!isPlain && before) actions.push('cairn:CreateServiceAccount', 'cairn:DeleteServiceAccount');
  return {
    ...of,
    action: before ? 'change' : 'create',
    calls: actions.map((action) => ({
      grant: onIdentity(action as 'iam:CreateAccessKey', accountId, owner),
      conditions,
    })),
    apply: () =>
      changeIdentity(metadata, accountId, async (tx) => {
        await keepAccount(tx, accountId);
        const now = user && (await users.require(tx, accountId, user.name));
        if (record && now?.id !== record.id) throw new StorageError('ConcurrentModification');
        const stored = await readRecord(tx, accessKeyRecordType, keyspace.accessKey(accessKeyId));
        if (stored && (stored.accountId !== accountId || stored.userId !== now?.id || !before)) {
          throw new StorageError('ConcurrentModification');
        }
        // Commands on the server's own machine give a root as many as they like: what was there comes back.
        if (!stored && now) checkLimit(isPlain, await keysOf(tx, { accountId, user: now }));
        // Written back as it is, so that of two that add keys one runs again.
        if (now) await users.replace(tx, now, now);
        const limits = isFromSystem || !stored ? rateLimits : stored.rateLimits;
        putAccessKey(tx, {
          accessKeyId,
          accountId,
          sealedSecret: identity.sealSecret(secret, accessKeyId),
          status,
          createdAt: stored?.createdAt ?? clock.now(),
          ...(now ? { userId: now.id } : {}),
          ...(limits ? { rateLimits: limits } : {}),
          ...(serviceAccount ? { serviceAccount } : {}),
        } satisfies AccessKeyRecord);
      }),
  };
}

/**
 * A user as it will be when its credentials come. One that is left as it is has the path and the tags that it has,
 * whatever the document says.
 */
function userAsWeighed(
  { accountId, mode }: { readonly accountId: string; readonly mode: ImportMode },
  entry: UserEntry,
  record: UserRecord | undefined,
): { readonly arn: string; readonly conditions: CallConditions } {
  const { path, tags } = record && mode !== 'replace' ? record : entry;
  return { arn: userArn({ accountId, path, name: entry.name }), conditions: resourceTags(tags) };
}

const serviceFields = (fields: AccessKeyRecord['serviceAccount'] | AccessKeyEntry['serviceAccount']) =>
  fields && [fields.name, fields.description, fields.policy ?? null, fields.expiresAt ?? null];

function checkLimit(isPlain: boolean, keys: readonly AccessKeyRecord[]): void {
  const count = keys.filter(({ serviceAccount }) => (serviceAccount === undefined) === isPlain).length;
  const most = isPlain ? mostPlainKeys : mostServiceAccounts;
  if (count < most) return;
  const quota = isPlain ? 'AccessKeysPerUser' : 'ServiceAccountsPerUser';
  throw new StorageError('LimitExceeded', { message: `Cannot exceed quota for ${quota}: ${most}` });
}

/** That the clock of another machine may be wrong by. */
const mostAhead = 3_600_000;

/** Nobody shall bring a hash that takes the server's memory, or an hour, to try. */
const hashForm = /^\$argon2id\$v=19\$m=(\d{4,6}),t=(\d{1,2}),p=([1-4])\$[A-Za-z0-9+/]{11,88}\$[A-Za-z0-9+/]{22,86}$/;
const largestMemory = 131_072;
const mostPasses = 8;

export function isBearableHash(hash: string): boolean {
  const [, memory, passes] = hashForm.exec(hash) ?? [];
  return memory !== undefined && Number(memory) <= largestMemory && Number(passes) <= mostPasses && Number(passes) > 0;
}

async function planProfile(
  { metadata, clock }: ImportContext,
  { accountId, mode, narrowed }: CredentialsToPlan,
  { user, box }: { readonly user: UserEntry; readonly box: PassphraseBox },
): Promise<ImportStep> {
  const of = { kind: 'login profile', tenant: accountId, name: user.name };
  const profile = readProfile(box.open(user.loginProfile!, profileOwner(user.name)));
  if (![profile.passwordHash, ...profile.earlierHashes].every(isBearableHash)) {
    return refuse(of, 'Its hashes are none that are taken.');
  }
  // It would never be too old.
  if (profile.passwordChangedAt > clock.now() + mostAhead) return refuse(of, 'It was changed in the future.');
  const record = await users.findByName(metadata, accountId, user.name);
  const before = record && (await readRecord(metadata, loginProfileRecordType, keyspace.loginProfile(record.id)));
  if (before && isSame(profileFields(before), profileFields(profile))) return leave(of);
  const kept = before && unlessReplaced(of, mode);
  if (kept) return kept;
  if (narrowed !== undefined) return refuse(of, narrowed);
  const action = before ? 'iam:UpdateLoginProfile' : 'iam:CreateLoginProfile';
  const { arn, conditions } = userAsWeighed({ accountId, mode }, user, record);
  return {
    ...of,
    action: before ? 'change' : 'create',
    calls: [{ grant: onIdentity(action, accountId, arn), conditions }],
    apply: () =>
      changeIdentity(metadata, accountId, async (tx) => {
        const now = await users.require(tx, accountId, user.name);
        if (record && now.id !== record.id) throw new StorageError('ConcurrentModification');
        const key = keyspace.loginProfile(now.id);
        const stored = await readRecord(tx, loginProfileRecordType, key);
        if (stored && !before) throw new StorageError('ConcurrentModification');
        if (!stored) countIdentity(tx, accountId, 'loginProfile', 1);
        // Written back as it is: whoever deletes the user runs again.
        await users.replace(tx, now, now);
        const created = { userId: now.id, createdAt: stored?.createdAt ?? clock.now() };
        writeRecord(tx, { type: loginProfileRecordType, key }, { ...stored, ...created, ...profile });
      }),
  };
}

const profileFields = (profile: LoginProfileRecord | ProfileEntry) => [
  profile.passwordHash,
  profile.passwordChangedAt,
  profile.resetRequired,
  profile.earlierHashes,
];
