import { type CompiledPolicy, matchesAction, matchesResource, type StatementReference } from './compile-policy.ts';
import { writtenOperator } from './condition-operators.ts';
import type { PolicyRequest } from './policy-request.ts';
import { matchesPrincipal } from './principals.ts';

/** How one statement took a request, element by element. An element that the statement does not have matches. */
export interface StatementExplanation {
  readonly statement: StatementReference;
  /** Whether the statement applies: everything below matches. */
  readonly applies: boolean;
  readonly principal: boolean;
  readonly action: boolean;
  readonly resource: boolean;
  readonly conditions: readonly ConditionExplanation[];
}

export interface ConditionExplanation {
  /** As written: `ForAnyValue:StringLikeIfExists`. */
  readonly operator: string;
  readonly key: string;
  readonly expected: readonly string[];
  /** What the request has; undefined where it has nothing of the kind. */
  readonly actual: readonly string[] | undefined;
  readonly holds: boolean;
}

/** Says of every statement what matched and what did not. For people who ask why; `evaluate` decides the same. */
export function explain(policies: readonly CompiledPolicy[], request: PolicyRequest): readonly StatementExplanation[] {
  const action = request.action.toLowerCase();
  return policies.flatMap((policy) =>
    policy.statements.map((statement): StatementExplanation => {
      const { principals, resources, source } = statement;
      const conditions = statement.conditions.map((condition) => ({
        operator: writtenOperator(condition.clause),
        key: condition.clause.key,
        expected: condition.clause.values,
        actual: request.context.values(condition.key),
        holds: condition.holds(request.context),
      }));
      const elements = {
        principal: principals === undefined || matchesPrincipal(principals, request.principal, source.effect),
        action: matchesAction(statement.actions, action),
        resource: resources === undefined || matchesResource(resources, request.resource, request.context),
      };
      const applies =
        elements.principal && elements.action && elements.resource && conditions.every((condition) => condition.holds);
      return { statement: statement.reference, applies, ...elements, conditions };
    }),
  );
}
