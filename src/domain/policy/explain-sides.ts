import type { CompiledPolicy } from './compile-policy.ts';
import { explain, type StatementExplanation } from './explain.ts';
import type { RightsLimit } from './identity-rights.ts';
import type { ConditionContext, PolicyRequest } from './policy-request.ts';

/** How the policies of one kind took a request. */
export interface ExplainedSide {
  /** `resource`: the policy of a bucket, or the trust policy of a role. */
  readonly kind: 'identity' | RightsLimit['kind'] | 'resource';
  /** The names of the policies, the first ones of many. */
  readonly policies: readonly string[];
  /** What has the most to do with the request first. */
  readonly statements: readonly StatementExplanation[];
  /** How many statements more there are, which have less to do with it. */
  readonly omitted: number;
}

interface Side {
  readonly kind: ExplainedSide['kind'];
  readonly policies: readonly CompiledPolicy[];
}

/** Bounds that keep an explanation to some kilobytes, whatever policies say. */
const shownPolicies = 30;
const shownStatements = 12;
const shownValues = 10;
const shownLength = 200;

/**
 * Explains a request by all policies that it was weighed by, in a form that is small, and fit to be kept: of the request
 * it has nothing but the values of condition keys that policies ask for.
 */
export function explainSides(sides: readonly Side[], request: PolicyRequest): readonly ExplainedSide[] {
  const asked = { ...request, context: guarded(request.context) };
  return sides.map(({ kind, policies }) => {
    const all = explain(policies, asked);
    const telling = all.toSorted((a, b) => closeness(b) - closeness(a)).slice(0, shownStatements);
    return {
      kind,
      policies: policies.slice(0, shownPolicies).map(({ name }) => name),
      statements: telling.map(bounded),
      omitted: all.length - telling.length,
    };
  });
}

/** Conditions that the decision never came to are asked here too: what cannot be read there is no value. */
function guarded(context: ConditionContext): ConditionContext {
  return {
    values(key) {
      try {
        return context.values(key);
      } catch {
        return undefined;
      }
    },
  };
}

/** How much a statement has to do with what was asked: those that deny it before those that could allow it. */
function closeness({ applies, action, resource, principal, statement }: StatementExplanation): number {
  if (applies) return statement.effect === 'Deny' ? 100 : 90;
  const near = (action ? 8 : 0) + (resource ? 4 : 0) + (principal ? 2 : 0);
  return statement.effect === 'Allow' ? near + 1 : near;
}

function bounded({ conditions, ...explanation }: StatementExplanation): StatementExplanation {
  return {
    ...explanation,
    conditions: conditions.slice(0, shownValues).map((condition) => ({
      ...condition,
      expected: shortened(condition.expected),
      actual: condition.actual && shortened(condition.actual.map((value) => withoutSecrets(condition.key, value))),
    })),
  };
}

function shortened(values: readonly string[]): readonly string[] {
  const shown = values
    .slice(0, shownValues)
    .map((value) => (value.length > shownLength ? `${value.slice(0, shownLength)}…` : value).toWellFormed());
  return values.length > shownValues ? [...shown, `… ${values.length - shownValues} more`] : shown;
}

/** The page that linked here may have been a presigned URL. */
function withoutSecrets(key: string, value: string): string {
  return key.toLowerCase() === 'aws:referer' ? value.replace(/[?#].*$/s, '?…') : value;
}
