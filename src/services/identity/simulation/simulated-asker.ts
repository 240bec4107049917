import { StorageError } from '../../../domain/errors.ts';
import { assumedRoleArn, parseIdentityArn, roleArn, userArn } from '../../../domain/identity-arn.ts';
import type { ConditionContext, PolicyPrincipal } from '../../../domain/policy/policy-request.ts';
import { parsePrincipal } from '../../../domain/policy/principals.ts';
import type { Account, SignedPrincipal } from '../../../domain/principal.ts';
import type { UserRecord } from '../../../records/user-record.ts';
import { policyPrincipal } from '../../authorization/policy-principal.ts';
import { principalCondition } from '../../authorization/principal-conditions.ts';
import type { HolderKind, HolderRecord } from '../policies/policy-holders.ts';

/** Who is simulated to ask. */
export interface SimulatedAsker {
  readonly principal: PolicyPrincipal;
  /** What is known of it, by condition key in lower case. */
  readonly values: ConditionContext['values'];
}

const sessionName = 'simulation';
const noRights = { identity: [], limits: [], asksForTags: false };

/** A user, or a session of a role; of a group it is some user of the account. */
export function askerOfSource(kind: HolderKind, entity: HolderRecord, account: Account): SimulatedAsker {
  if (kind === 'group') {
    const { accountId } = account;
    return {
      principal: { kind: 'user', accountId, arn: userArn({ accountId, path: '/', name: 'simulated' }) },
      values: () => undefined,
    };
  }
  const principal = kind === 'user' ? userOf(entity as UserRecord, account) : sessionOf(entity, account);
  return {
    principal: policyPrincipal(principal),
    // A session is simulated without the facts that only a real one has.
    values: (key) => (key === 'aws:tokenissuetime' ? undefined : principalCondition(principal, key)),
  };
}

function userOf(user: UserRecord, account: Account): SignedPrincipal {
  const who = { userId: user.id, userName: user.name, arn: userArn(user), tags: user.tags };
  return { kind: 'user', account, accessKeyId: '', rights: noRights, ...who };
}

function sessionOf(role: HolderRecord, account: Account): SignedPrincipal {
  return {
    kind: 'role-session',
    account,
    accessKeyId: '',
    rights: noRights,
    session: { issuedAt: 0, expiresAt: 0 },
    roleId: role.id,
    roleArn: roleArn(role),
    sessionName,
    arn: assumedRoleArn(account.accountId, role.name, sessionName),
    tags: 'tags' in role ? role.tags : [],
  };
}

/** Known by its ARN alone, whether it is there or not. Throws InvalidInput. */
export function askerByArn(arn: string): SimulatedAsker {
  const named = namedBy(arn);
  const { accountId } = named;
  const name = parseIdentityArn(arn)?.name;
  const known: Readonly<Record<string, readonly string[]>> = {
    'aws:principalarn': [arn],
    'aws:principalaccount': [accountId],
    ...(named.kind === 'user' && name !== undefined ? { 'aws:username': [name], 'aws:principaltype': ['User'] } : {}),
  };
  return { principal: named, values: (key) => (Object.hasOwn(known, key) ? known[key] : undefined) };
}

function namedBy(arn: string): Exclude<PolicyPrincipal, { kind: 'anonymous' | 'federated' | 'service' }> {
  const named = principalNamed(arn);
  switch (named?.kind) {
    case 'account':
      return { kind: 'account', accountId: named.accountId };
    case 'user':
      return { kind: 'user', accountId: named.accountId, arn };
    case 'role-session': {
      const [, role = ''] = arn.split('/');
      const names = { roleArn: roleArn({ accountId: named.accountId, path: '/', name: role }), sessionArn: arn };
      return { kind: 'role-session', accountId: named.accountId, ...names };
    }
    case 'role': {
      const sessionArn = assumedRoleArn(named.accountId, parseIdentityArn(arn)?.name ?? '', sessionName);
      return { kind: 'role-session', accountId: named.accountId, roleArn: arn, sessionArn };
    }
    default:
      throw new StorageError('InvalidInput', { message: `Invalid Caller Arn: ${arn}` });
  }
}

function principalNamed(arn: string) {
  try {
    return parsePrincipal('AWS', arn);
  } catch {
    return undefined;
  }
}

/** What is given, and what is known of the asker where nothing is given. */
export function conditionsOf(asker: SimulatedAsker, given: ReadonlyMap<string, readonly string[]>): ConditionContext {
  return { values: (key) => given.get(key) ?? asker.values(key) };
}
