import type { WriteId } from './attempt.ts';
import type { Model, Outcome } from './model.ts';

/** What a call means for the users, the group and the policy of one account. Users are named by numbers, keys by the call that made them. */
export type UserStep =
  | { readonly kind: UserVerb; readonly user: number }
  | { readonly kind: 'create-user-key'; readonly user: number; readonly key: WriteId }
  | { readonly kind: 'set-user-key'; readonly key: WriteId; readonly isActive: boolean }
  | { readonly kind: 'delete-user-key' | 'key-works'; readonly key: WriteId }
  | { readonly kind: AccountVerb };

type UserVerb =
  | 'create-user'
  | 'delete-user'
  | 'join-group'
  | 'leave-group'
  | 'attach-to-user'
  | 'detach-from-user'
  | 'user-may';
type AccountVerb =
  | 'create-group'
  | 'delete-group'
  | 'create-policy'
  | 'delete-policy'
  | 'attach-to-group'
  | 'detach-from-group';

interface ModelUser {
  readonly isMember: boolean;
  readonly hasPolicy: boolean;
}
interface ModelKey {
  readonly user: number;
  readonly isActive: boolean;
}

/** Never changed: each step makes another. */
export interface UserState {
  readonly users: ReadonlyMap<number, ModelUser>;
  readonly keys: ReadonlyMap<WriteId, ModelKey>;
  /** Whether it has the policy; undefined where there is no group. */
  readonly group: { readonly hasPolicy: boolean } | undefined;
  readonly hasPolicy: boolean;
}

const mostKeys = 2;

/** Of all of them together: what is done to one concerns others. */
export const userModel: Model<UserState, UserStep> = {
  initial: { users: new Map(), keys: new Map(), group: undefined, hasPolicy: false },
  apply(state, step) {
    if ('key' in step) return applyToKey(state, step);
    return 'user' in step ? applyToUser(state, step) : applyToAccount(state, step.kind);
  },
  fingerprint: ({ users, keys, group, hasPolicy }) =>
    JSON.stringify([[...users].sort(([a], [b]) => a - b), [...keys].sort(), group ?? null, hasPolicy]),
  describe: (state) => userModel.fingerprint(state),
};

type State = UserState;
type KeyStep = Extract<UserStep, { readonly key: WriteId }>;
const stays = (next: State, reply: string): Outcome<State> => ({ next, reply });
const becomes = (next: State): Outcome<State> => ({ next, reply: 'ok' });

function applyToUser(state: State, { kind, user }: { readonly kind: UserVerb; readonly user: number }): Outcome<State> {
  const found = state.users.get(user);
  const put = (changed: ModelUser) => becomes({ ...state, users: new Map(state.users).set(user, changed) });
  if (kind === 'create-user') return found ? stays(state, 'taken') : put({ isMember: false, hasPolicy: false });
  if (!found) return stays(state, kind === 'user-may' ? 'nobody' : 'gone');
  switch (kind) {
    case 'delete-user': {
      const hasKeys = [...state.keys.values()].some((key) => key.user === user);
      if (found.isMember || found.hasPolicy || hasKeys) return stays(state, 'conflict');
      return becomes({ ...state, users: new Map([...state.users].filter(([id]) => id !== user)) });
    }
    case 'join-group':
      return state.group ? put({ ...found, isMember: true }) : stays(state, 'gone');
    case 'leave-group':
      return state.group ? put({ ...found, isMember: false }) : stays(state, 'gone');
    case 'attach-to-user':
      return state.hasPolicy ? put({ ...found, hasPolicy: true }) : stays(state, 'gone');
    case 'detach-from-user':
      return found.hasPolicy ? put({ ...found, hasPolicy: false }) : stays(state, 'gone');
    case 'user-may':
      return stays(state, found.hasPolicy || (found.isMember && state.group?.hasPolicy) ? 'yes' : 'no');
  }
}

function applyToAccount(state: State, kind: AccountVerb): Outcome<State> {
  const { group, hasPolicy, users } = state;
  const everyone = [...users.values()];
  switch (kind) {
    case 'create-group':
      return group ? stays(state, 'taken') : becomes({ ...state, group: { hasPolicy: false } });
    case 'delete-group':
      if (!group) return stays(state, 'gone');
      if (group.hasPolicy || everyone.some(({ isMember }) => isMember)) return stays(state, 'conflict');
      return becomes({ ...state, group: undefined });
    case 'create-policy':
      return hasPolicy ? stays(state, 'taken') : becomes({ ...state, hasPolicy: true });
    case 'delete-policy':
      if (!hasPolicy) return stays(state, 'gone');
      if (group?.hasPolicy || everyone.some((user) => user.hasPolicy)) return stays(state, 'conflict');
      return becomes({ ...state, hasPolicy: false });
    case 'attach-to-group':
      return group && hasPolicy ? becomes({ ...state, group: { hasPolicy: true } }) : stays(state, 'gone');
    case 'detach-from-group':
      return group?.hasPolicy ? becomes({ ...state, group: { hasPolicy: false } }) : stays(state, 'gone');
  }
}

function applyToKey(state: State, step: KeyStep): Outcome<State> {
  const found = state.keys.get(step.key);
  const put = (key: ModelKey) => becomes({ ...state, keys: new Map(state.keys).set(step.key, key) });
  if (step.kind === 'create-user-key') {
    if (!state.users.has(step.user)) return stays(state, 'gone');
    const held = [...state.keys.values()].filter(({ user }) => user === step.user);
    return held.length < mostKeys ? put({ user: step.user, isActive: true }) : stays(state, 'limit');
  }
  if (step.kind === 'key-works') return stays(state, found?.isActive ? 'yes' : 'no');
  if (!found) return stays(state, 'gone');
  if (step.kind === 'set-user-key') return put({ ...found, isActive: step.isActive });
  return becomes({ ...state, keys: new Map([...state.keys].filter(([key]) => key !== step.key)) });
}
