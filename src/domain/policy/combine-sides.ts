import type { CompiledPolicy, StatementReference } from './compile-policy.ts';
import type { Decision } from './evaluate.ts';
import type { IdentitySide, RightsLimit } from './identity-rights.ts';
import type { PolicyPrincipal } from './policy-request.ts';
import { type Naming, namingOf } from './principals.ts';

/** What stands on the resource (a bucket's policy, an ACL, a role's trust policy) says of a request. */
export interface ResourceSide {
  readonly effect: Decision['effect'];
  /** As whom it allows the principal: the closest that applies. Means nothing where it does not allow. */
  readonly naming: Naming;
  readonly statements: readonly StatementReference[];
}

export interface Sides {
  /** Whether the resource belongs to the principal's own account. */
  readonly isOwnAccount: boolean;
  readonly identity: IdentitySide;
  readonly resource: ResourceSide;
}

/** What came of it, and the kind of policy that it hung on. */
export interface Combination {
  readonly allowed: boolean;
  readonly by: 'identity' | 'resource' | RightsLimit['kind'];
  readonly statements: readonly StatementReference[];
}

const none: readonly StatementReference[] = Object.freeze([]);

/**
 * Joins all kinds of policies, as AWS documents it
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html):
 *
 * - An explicit deny anywhere wins.
 * - Within one account the identity's policies or the resource's have to allow, and across accounts both.
 * - Boundaries and session policies have to allow, too; but not what a resource of the same account gives to the very
 *   user or session by its own ARN. What it gives to a session's role, or to the user behind a federated one, they limit.
 * - What a resource gives to an account is that account's to hand on: the identity's policies have to allow it.
 * - What it gives to everyone needs no identity policy within the account, and is limited as what is given to a role:
 *   AWS does not say, and this is the narrower reading.
 *
 * A service account's policy, which AWS does not have, limits all of it: the key of a service account never does more
 * than was meant for it, whatever names its user.
 */
export function combineSides({ isOwnAccount, identity, resource }: Sides): Combination {
  const denied = explicitDeny(identity, resource);
  if (denied) return denied;
  const narrowed = missingLimit(identity, true);
  if (narrowed) return narrowed;
  const gives = resource.effect === 'allow';
  if (isOwnAccount && gives && resource.naming === 'itself') return allowedBy('resource', resource.statements);
  const mayByIdentity = identity.identity === undefined || identity.identity.effect === 'allow';
  if (isOwnAccount) {
    if (!mayByIdentity && !(gives && resource.naming !== 'account')) return refusedBy('identity');
  } else {
    if (!gives) return refusedBy('resource');
    if (!mayByIdentity) return refusedBy('identity');
  }
  const limited = missingLimit(identity, false);
  if (limited) return limited;
  if (isOwnAccount && mayByIdentity) return allowedBy('identity', identity.identity?.statements ?? none);
  return allowedBy(
    'resource',
    isOwnAccount ? resource.statements : [...statementsOf(identity), ...resource.statements],
  );
}

function explicitDeny({ identity, limits }: IdentitySide, resource: ResourceSide): Combination | undefined {
  if (resource.effect === 'explicit-deny') return refusedBy('resource', resource.statements);
  if (identity?.effect === 'explicit-deny') return refusedBy('identity', identity.statements);
  for (const { kind, decision } of limits) {
    if (decision.effect === 'explicit-deny') return refusedBy(kind, decision.statements);
  }
  return undefined;
}

/** Service accounts are asked about before all else, the other limits only where they count. */
function missingLimit({ limits }: IdentitySide, ofServiceAccounts: boolean): Combination | undefined {
  for (const { kind, decision } of limits) {
    if ((kind === 'service-account') === ofServiceAccounts && decision.effect !== 'allow') return refusedBy(kind);
  }
  return undefined;
}

const statementsOf = ({ identity }: IdentitySide): readonly StatementReference[] => identity?.statements ?? none;

function allowedBy(by: Combination['by'], statements: readonly StatementReference[]): Combination {
  return { allowed: true, by, statements };
}

function refusedBy(by: Combination['by'], statements: readonly StatementReference[] = none): Combination {
  return { allowed: false, by, statements };
}

/** The resource's side, as one policy decided it. */
export function sideOfPolicy(policy: CompiledPolicy, said: Decision, principal: PolicyPrincipal): ResourceSide {
  return { ...said, naming: said.effect === 'allow' ? closestNaming(policy, said, principal) : 'account' };
}

const closeness: readonly Naming[] = ['account', 'everyone', 'parent', 'itself'];

function closestNaming(policy: CompiledPolicy, { statements }: Decision, principal: PolicyPrincipal): Naming {
  let closest: Naming = 'account';
  for (const { index } of statements) {
    const { principals } = policy.statements[index]!;
    const naming = principals === undefined ? 'everyone' : namingOf(principals, principal);
    if (closeness.indexOf(naming) > closeness.indexOf(closest)) closest = naming;
  }
  return closest;
}
