import type { Reply } from './attempt.ts';
import type { Model, Outcome } from './model.ts';

/** What a call means for accounts and access keys, which are named by numbers. */
export type IdentityStep =
  | { readonly kind: 'create-account' | 'delete-account' | 'account-shown'; readonly account: number }
  | { readonly kind: 'create-key'; readonly account: number; readonly accessKey: number; readonly secret: string }
  | { readonly kind: 'set-key'; readonly accessKey: number; readonly to: KeyStatus }
  | { readonly kind: 'delete-key' | 'sign-in'; readonly accessKey: number }
  | { readonly kind: 'key-shown'; readonly account: number; readonly accessKey: number }
  | { readonly kind: 'create-own-bucket' | 'delete-own-bucket' | 'own-bucket-shown'; readonly account: number };

export type KeyStatus = 'active' | 'inactive';

interface ModelKey {
  readonly account: number;
  readonly secret: string;
  readonly status: KeyStatus;
}

/** All accounts but the owner of the other buckets. Never changed: each step makes another. */
export interface IdentityState {
  readonly accounts: ReadonlySet<number>;
  readonly keys: ReadonlyMap<number, ModelKey>;
  /** Accounts that have their bucket. */
  readonly buckets: ReadonlySet<number>;
}

/** Of all accounts and access keys together: what is done to one concerns others. */
export const identityModel: Model<IdentityState, IdentityStep> = {
  initial: { accounts: new Set(), keys: new Map(), buckets: new Set() },
  apply: (state, step) => ('accessKey' in step ? applyToKey(state, step) : applyToAccount(state, step)),
  fingerprint({ accounts, keys, buckets }) {
    const held = [...keys]
      .sort(([a], [b]) => a - b)
      .map(([id, { account, secret, status }]) => [id, account, secret, status]);
    return JSON.stringify([[...accounts].sort(), held, [...buckets].sort()]);
  },
  describe: (state) => identityModel.fingerprint(state),
};

type KeyStep = Extract<IdentityStep, { readonly accessKey: number }>;
type AccountStep = Exclude<IdentityStep, KeyStep>;

function applyToAccount(state: IdentityState, { kind, account }: AccountStep): Outcome<IdentityState> {
  const exists = state.accounts.has(account);
  const hasBucket = state.buckets.has(account);
  const stays = (...reply: readonly Reply[]) => ({ next: state, reply });
  switch (kind) {
    case 'create-account':
      if (exists) return stays('taken');
      return { next: { ...state, accounts: new Set(state.accounts).add(account) }, reply: 'ok' };
    case 'delete-account':
      if (!exists) return stays('no account');
      if (hasBucket) return stays('owns buckets');
      return { next: withoutAccount(state, account), reply: 'ok' };
    case 'account-shown':
      return stays(exists ? 'yes' : 'no');
    case 'create-own-bucket':
      if (!exists) return stays('no account');
      if (hasBucket) return stays('BucketAlreadyOwnedByYou');
      return { next: { ...state, buckets: new Set(state.buckets).add(account) }, reply: 'ok' };
    case 'delete-own-bucket':
      if (!hasBucket) return stays('NoSuchBucket');
      return { next: { ...state, buckets: without(state.buckets, account) }, reply: 'ok' };
    case 'own-bucket-shown':
      // Whoever found the account just before it went finds no buckets.
      if (!exists) return stays('no account', 'no');
      return stays(hasBucket ? 'yes' : 'no');
  }
}

function applyToKey(state: IdentityState, step: KeyStep): Outcome<IdentityState> {
  const key = state.keys.get(step.accessKey);
  const stays = (...reply: readonly Reply[]) => ({ next: state, reply });
  const becomes = (changed: ModelKey) => ({
    next: { ...state, keys: new Map(state.keys).set(step.accessKey, changed) },
    reply: 'ok',
  });
  switch (step.kind) {
    case 'create-key':
      // Whoever found the account just before it went hears what stands in the way first.
      if (!state.accounts.has(step.account)) return key ? stays('no account', 'taken') : stays('no account');
      if (key) return stays('taken');
      return becomes({ account: step.account, secret: step.secret, status: 'active' });
    case 'set-key':
      return key ? becomes({ ...key, status: step.to }) : stays('no key');
    case 'delete-key':
      if (!key) return stays('no key');
      return { next: { ...state, keys: withoutKeys(state.keys, (id) => id === step.accessKey) }, reply: 'ok' };
    case 'sign-in':
      return stays(key?.status === 'active' ? `account ${key.account} ${key.secret}` : 'refused');
    case 'key-shown':
      if (!state.accounts.has(step.account)) return stays('no account', 'no');
      return stays(key?.account === step.account ? key.status : 'no');
  }
}

function withoutAccount(state: IdentityState, account: number): IdentityState {
  const { accounts, keys } = state;
  return {
    ...state,
    accounts: without(accounts, account),
    keys: withoutKeys(keys, (_, key) => key.account === account),
  };
}

function without(set: ReadonlySet<number>, member: number): ReadonlySet<number> {
  return new Set([...set].filter((other) => other !== member));
}

function withoutKeys(
  keys: ReadonlyMap<number, ModelKey>,
  isGone: (id: number, key: ModelKey) => boolean,
): ReadonlyMap<number, ModelKey> {
  return new Map([...keys].filter(([id, key]) => !isGone(id, key)));
}
