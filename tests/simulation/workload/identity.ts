import { StorageError } from '../../../src/domain/errors.ts';
import type { Reply } from '../attempt.ts';
import { accessKeyCount, tenantCount } from '../call-draws.ts';
import type { IdentityStep, KeyStatus } from '../identity-model.ts';
import { together } from '../ledger.ts';
import type { Caller, Operations, Services } from '../operation.ts';
import { fail } from './answers.ts';

interface OfAccount<Kind extends string> {
  readonly kind: Kind;
  readonly account: number;
}
interface CreateKey extends OfAccount<'create-key'> {
  readonly accessKey: number;
}
interface SetKey {
  readonly kind: 'set-key';
  readonly accessKey: number;
  readonly to: KeyStatus;
}
interface OfKey<Kind extends string> {
  readonly kind: Kind;
  readonly accessKey: number;
}
interface ListAccounts {
  readonly kind: 'list-accounts';
  readonly limit: number;
}
interface ListKeys extends OfAccount<'list-keys'> {
  readonly limit: number;
}

export type IdentityCall =
  | OfAccount<'create-account'>
  | OfAccount<'delete-account'>
  | ListAccounts
  | CreateKey
  | SetKey
  | OfKey<'delete-key'>
  | OfKey<'sign-in'>
  | ListKeys
  | OfAccount<'create-own-bucket'>
  | OfAccount<'delete-own-bucket'>
  | OfAccount<'list-own-buckets'>;

/** Seldom: most of them stay alone, except in the runs that do nothing else. */
const weight = 4;

/** Accounts, access keys and signing in; and what ties them to the rest: an account that owns a bucket stays. */
export const identityOperations: Operations<IdentityCall> = {
  'create-account': {
    weight,
    draw: (draws) => ({ account: draws.account() }),
    perform: (caller, { account }) =>
      change(caller, { kind: 'create-account', account }, ({ identity }) =>
        identity.createAccount({ name: accountName(account), email: `${accountName(account)}@example.com` }),
      ),
  },
  'delete-account': {
    weight,
    draw: (draws) => ({ account: draws.account() }),
    perform: (caller, { account }) =>
      change(caller, { kind: 'delete-account', account }, async ({ identity }) => {
        await identity.deleteAccount(accountName(account));
        caller.marks.hit('account deleted');
      }),
  },
  'list-accounts': { weight, draw: (draws) => ({ limit: draws.of([1, 1000]) }), perform: listAccounts },
  'create-key': {
    weight,
    draw: (draws) => ({ account: draws.account(), accessKey: draws.accessKey() }),
    perform: createKey,
  },
  'set-key': {
    weight,
    draw: (draws) => ({ accessKey: draws.accessKey(), to: draws.of(['active', 'inactive'] as const) }),
    perform: (caller, { accessKey, to }) =>
      change(caller, { kind: 'set-key', accessKey, to }, ({ identity }) =>
        identity.setAccessKeyStatus(accessKeyId(accessKey), to),
      ),
  },
  'delete-key': {
    weight,
    draw: (draws) => ({ accessKey: draws.accessKey() }),
    perform: (caller, { accessKey }) =>
      change(caller, { kind: 'delete-key', accessKey }, ({ identity }) =>
        identity.deleteAccessKey(accessKeyId(accessKey)),
      ),
  },
  'sign-in': { weight: 2 * weight, draw: (draws) => ({ accessKey: draws.accessKey() }), perform: signIn },
  'list-keys': {
    weight,
    draw: (draws) => ({ account: draws.account(), limit: draws.of([1, 2, 1000]) }),
    perform: listKeys,
  },
  'create-own-bucket': {
    weight,
    draw: (draws) => ({ account: draws.account() }),
    perform: (caller, { account }) =>
      change(caller, { kind: 'create-own-bucket', account }, async ({ identity, buckets }) => {
        const { accountId } = await identity.resolveAccount(accountName(account));
        await buckets.create(ownBucket(account), { accountId, region: 'r', locationConstraint: '' });
      }),
  },
  'delete-own-bucket': {
    weight,
    draw: (draws) => ({ account: draws.account() }),
    perform: (caller, { account }) =>
      change(caller, { kind: 'delete-own-bucket', account, commits: 2 }, async ({ buckets }) =>
        buckets.delete(await buckets.get(ownBucket(account))),
      ),
  },
  'list-own-buckets': { weight, draw: (draws) => ({ account: draws.account() }), perform: listOwnBuckets },
};

const accountName = (account: number) => `tenant-${account}`;
const accessKeyId = (accessKey: number) => `key-${accessKey}`;
const ownBucket = (account: number) => `bucket-of-tenant-${account}`;
const accounts = Array.from({ length: tenantCount }, (_, account) => account);
const accessKeys = Array.from({ length: accessKeyCount }, (_, accessKey) => accessKey);

/** A call that is one step, which is answered `ok`. */
async function change(
  caller: Caller,
  { commits = 1, ...step }: IdentityStep & { readonly commits?: number },
  make: (services: Services) => Promise<unknown>,
): Promise<void> {
  const attempt = caller.ledger.beginIdentity(caller.client, step);
  try {
    await make(caller.services);
    attempt.answer('ok');
  } catch (error) {
    const reply = refusalOf(error);
    if (reply === 'owns buckets') caller.marks.hit('account kept for its buckets');
    fail(caller, attempt, { error, commits, refusal: () => reply });
  }
}

const refusals: readonly (readonly [RegExp, Reply])[] = [
  [/is taken already/, 'taken'],
  [/There is no account/, 'no account'],
  [/There is no access key/, 'no key'],
  [/owns buckets/, 'owns buckets'],
];

function refusalOf(error: unknown): Reply | undefined {
  if (!(error instanceof StorageError)) return undefined;
  if (error.kind === 'BucketAlreadyOwnedByYou' || error.kind === 'NoSuchBucket') return error.kind;
  // To CreateBucket the account of whoever signed the request is gone.
  if (error.kind === 'AccessDenied') return 'no account';
  return error.kind === 'InvalidRequest' ? refusals.find(([words]) => words.test(error.message))?.[1] : undefined;
}

async function createKey(caller: Caller, { account, accessKey }: CreateKey): Promise<void> {
  const secret = `secret-of-${caller.ledger.newWrite(caller.client)}`;
  await change(caller, { kind: 'create-key', account, accessKey, secret }, ({ identity }) =>
    identity.createAccessKey({
      account: accountName(account),
      accessKeyId: accessKeyId(accessKey),
      secretAccessKey: secret,
    }),
  );
}

async function signIn(caller: Caller, { accessKey }: OfKey<'sign-in'>): Promise<void> {
  const { ledger, services, client, marks } = caller;
  const attempt = ledger.beginIdentity(client, { kind: 'sign-in', accessKey });
  try {
    const found = await services.identity.findCredential(accessKeyId(accessKey));
    if (found?.principal.kind !== 'account') return attempt.answer('refused');
    marks.hit('signed in');
    const { displayName } = found.principal.account;
    attempt.answer(`account ${displayName.replace('tenant-', '')} ${found.secretAccessKey}`);
  } catch (error) {
    fail(caller, attempt, { error });
  }
}

type Described = readonly [name: string, reply: Reply];

/** What a listing shows by name, each thing as it is at one moment of the listing: `no` where it does not show it. */
async function show(
  { ledger, client, ...rest }: Caller,
  steps: readonly (readonly [name: string, step: IdentityStep])[],
  readAll: () => Promise<readonly Described[]>,
): Promise<void> {
  const open = steps.map(([name, step]) => ({ name, attempt: ledger.beginIdentity(client, step) }));
  try {
    const shown = new Map(await readAll());
    for (const { name, attempt } of open) attempt.answer(shown.get(name) ?? 'no');
  } catch (error) {
    const attempt = together(open.map((each) => each.attempt));
    fail({ ledger, client, ...rest }, attempt, { error, refusal: refusalOf });
  }
}

/** Until a page shows that nothing comes after it. */
async function pageByPage<Entry>(
  limit: number,
  read: (after: string | undefined) => Promise<readonly Entry[]>,
  nameOf: (entry: Entry) => string,
): Promise<Entry[]> {
  const all: Entry[] = [];
  for (;;) {
    const last = all.at(-1);
    const page = await read(last && nameOf(last));
    all.push(...page);
    if (page.length < limit) return all;
  }
}

function listAccounts(caller: Caller, { limit }: ListAccounts): Promise<void> {
  const { identity } = caller.services;
  return show(
    caller,
    accounts.map((account) => [accountName(account), { kind: 'account-shown', account }]),
    async () => {
      const read = (after: string | undefined) =>
        identity.listAccounts(after === undefined ? { limit } : { after, limit });
      const all = await pageByPage(limit, read, ({ accountId }) => accountId);
      return all.map(({ displayName }) => [displayName, 'yes']);
    },
  );
}

function listKeys(caller: Caller, { account, limit }: ListKeys): Promise<void> {
  const { identity } = caller.services;
  return show(
    caller,
    accessKeys.map((accessKey) => [accessKeyId(accessKey), { kind: 'key-shown', account, accessKey }]),
    async () => {
      const owner = await identity.resolveAccount(accountName(account));
      const read = (after: string | undefined) =>
        identity.listAccessKeys(owner, after === undefined ? { limit } : { after, limit });
      const all = await pageByPage(limit, read, (key) => key.accessKeyId);
      return all.map(({ accessKeyId, status }) => [accessKeyId, status]);
    },
  );
}

function listOwnBuckets(caller: Caller, { account }: OfAccount<'list-own-buckets'>): Promise<void> {
  const { identity, buckets } = caller.services;
  return show(caller, [[ownBucket(account), { kind: 'own-bucket-shown', account }]], async () => {
    const { accountId } = await identity.resolveAccount(accountName(account));
    const query = { ownerAccountId: accountId, prefix: '', after: undefined, limit: 1000, region: undefined };
    return (await buckets.list(query)).buckets.map(({ name }) => [name, 'yes']);
  });
}
