import { isNegated, parsePolicyBoolean } from './condition-operators.ts';
import { compileValueTest, no, unknown, type ValueTest, type Verdict, yes } from './condition-values.ts';
import type { ConditionClause, PolicyEffect, PolicyVersion } from './policy-document.ts';
import type { ConditionContext } from './policy-request.ts';

/** A condition made ready for many requests. */
export interface CompiledCondition {
  readonly clause: ConditionClause;
  /** The key in lower case. */
  readonly key: string;
  holds(context: ConditionContext): boolean;
}

/**
 * Makes a condition ready. What cannot be decided (a number that is none, a variable without a value in a negated
 * comparison) counts against the requester: it fulfils a condition of a Deny and does not fulfil that of an Allow.
 */
export function compileCondition(
  clause: ConditionClause,
  statement: { readonly version: PolicyVersion; readonly effect: PolicyEffect },
): CompiledCondition {
  const key = clause.key.toLowerCase();
  if (clause.operator === 'Null') {
    const wanted = new Set(clause.values.map(parsePolicyBoolean));
    return { clause, key, holds: (context) => wanted.has(isMissing(context.values(key))) };
  }
  const negated = isNegated(clause.operator);
  const test = compileValueTest(clause, statement.version);
  const judge = judgeOf(clause, negated, test);
  const whenMissing = clause.ifExists || clause.quantifier === 'for-all-values' || (negated && !isForAny(clause));
  const whenUnknown = statement.effect === 'Deny';
  return {
    clause,
    key,
    holds(context) {
      const values = context.values(key);
      if (values === undefined || values.length === 0) return whenMissing;
      const verdict = judge(values, context);
      return verdict === unknown ? whenUnknown : verdict === yes;
    },
  };
}

const isForAny = (clause: ConditionClause): boolean => clause.quantifier === 'for-any-value';

function isMissing(values: readonly string[] | undefined): boolean {
  return values === undefined || values.length === 0;
}

type Judge = (values: readonly string[], context: ConditionContext) => Verdict;

function judgeOf(clause: ConditionClause, negated: boolean, test: ValueTest): Judge {
  switch (clause.quantifier) {
    case 'for-all-values':
      return (values, context) => {
        let verdict: Verdict = yes;
        for (const value of values) {
          const one = inverted(test(value, context), negated);
          if (one === no) return no;
          if (one === unknown) verdict = unknown;
        }
        return verdict;
      };
    case 'for-any-value':
      return (values, context) => anyOf(values, context, (value) => inverted(test(value, context), negated));
    case 'none':
      // A key of several values and no quantifier: one that matches is enough, and the negated form is its opposite.
      return (values, context) => inverted(anyOf(values, context, test), negated);
  }
}

function anyOf(values: readonly string[], context: ConditionContext, test: ValueTest): Verdict {
  let verdict: Verdict = no;
  for (const value of values) {
    const one = test(value, context);
    if (one === yes) return yes;
    if (one === unknown) verdict = unknown;
  }
  return verdict;
}

function inverted(verdict: Verdict, negated: boolean): Verdict {
  if (!negated || verdict === unknown) return verdict;
  return verdict === yes ? no : yes;
}
