import {
  type ActionStatements,
  type CompiledPolicy,
  type CompiledStatement,
  matchesResource,
  type StatementReference,
  statementsAbout,
} from './compile-policy.ts';
import type { PolicyRequest } from './policy-request.ts';
import { matchesPrincipal } from './principals.ts';

/** What policies say of a request, and which statements said it. */
export interface Decision {
  readonly effect: 'allow' | 'explicit-deny' | 'implicit-deny';
  /** All statements that deny; where none does, all that allow. */
  readonly statements: readonly StatementReference[];
}

const implicitDeny: Decision = Object.freeze({ effect: 'implicit-deny', statements: Object.freeze([]) });

/**
 * Decides about a request by policies of one kind taken together: all that stand on a user and its groups, or the one
 * of a bucket. An explicit deny wins, whatever allows; without an allow the answer is no. How the kinds join (identity
 * and bucket, session, tenant) is for the caller.
 */
export function evaluate(policies: readonly CompiledPolicy[], request: PolicyRequest): Decision {
  const denying = applying(policies, request, 'denies');
  if (denying !== undefined) return { effect: 'explicit-deny', statements: denying };
  const allowing = applying(policies, request, 'allows');
  return allowing === undefined ? implicitDeny : { effect: 'allow', statements: allowing };
}

/** The statements that apply; undefined, and nothing allocated, where none does. */
function applying(
  policies: readonly CompiledPolicy[],
  request: PolicyRequest,
  group: keyof ActionStatements,
): StatementReference[] | undefined {
  let found: StatementReference[] | undefined;
  for (const policy of policies) {
    for (const statement of statementsAbout(policy, request.action)[group]) {
      if (!appliesTo(statement, request)) continue;
      found ??= [];
      found.push(statement.reference);
    }
  }
  return found;
}

/** Whether a statement about the action is about the rest of the request, too; what costs least is asked first. */
function appliesTo(statement: CompiledStatement, request: PolicyRequest): boolean {
  const { principals, resources, conditions } = statement;
  if (principals !== undefined && !matchesPrincipal(principals, request.principal, statement.source.effect)) {
    return false;
  }
  if (resources !== undefined && !matchesResource(resources, request.resource, request.context)) return false;
  for (let i = 0; i < conditions.length; i++) if (!conditions[i]!.holds(request.context)) return false;
  return true;
}
