import {
  arnParts,
  canonicalBase64,
  familyOf,
  isNegated,
  parsePolicyBoolean,
  parsePolicyNumber,
} from './condition-operators.ts';
import { type IpNetwork, isInNetwork, parseIpAddress, parseIpNetwork } from './ip-network.ts';
import type { PatternUnits } from './pattern-units.ts';
import { parsePolicyDate } from './policy-date.ts';
import type { ConditionClause, ConditionOperator, PolicyVersion } from './policy-document.ts';
import type { ConditionContext } from './policy-request.ts';
import {
  emptyContext,
  expandPattern,
  expandText,
  hasVariables,
  parseTemplate,
  type Template,
} from './policy-variables.ts';
import { matchesPattern, matchesUnits, patternOfUnits, type TextPattern } from './wildcard.ts';

/** Numbers, not words, since the hot path compares them. */
export type Verdict = typeof no | typeof yes | typeof unknown;
export const no = 0;
export const yes = 1;
/** The values cannot be compared. */
export const unknown = -1;

/** Whether one value of the request equals (is like, is less than …) at least one value of the policy. */
export type ValueTest = (value: string, context: ConditionContext) => Verdict;

/** The comparison of a clause by the positive twin of its operator. Its values have been checked. */
export function compileValueTest(clause: ConditionClause, version: PolicyVersion): ValueTest {
  const { operator, values } = clause;
  switch (familyOf(operator)) {
    case 'string':
      return stringTest(
        operator,
        values.map((value) => parseTemplate(value, version)),
      );
    case 'arn':
      return arnTest(
        operator,
        values.map((value) => parseTemplate(value, version)),
      );
    case 'numeric':
      return orderedTest(operator, values.map(parsePolicyNumber), parsePolicyNumber);
    case 'date':
      return orderedTest(operator, values.map(parsePolicyDate), parsePolicyDate);
    case 'boolean':
      return memberTest(values.map(parsePolicyBoolean), parsePolicyBoolean);
    case 'binary':
      return memberTest(values.map(canonicalBase64), canonicalBase64);
    case 'ip':
      return networkTest(values.map(parseIpNetwork));
    case 'null':
      throw new TypeError('Null compares no values');
  }
}

const verdictOf = (matched: boolean): Verdict => (matched ? yes : no);

/** A variable without a value: the comparison fails, and its negation cannot be decided. */
const unresolvedVerdict = (operator: ConditionOperator): Verdict => (isNegated(operator) ? unknown : no);

function stringTest(operator: ConditionOperator, templates: readonly Template[]): ValueTest {
  const tests: ValueTest[] = [];
  const isLike = operator.endsWith('Like');
  const ignoresCase = operator.endsWith('IgnoreCase');
  const fixed = templates.filter((template) => !hasVariables(template));
  if (isLike) {
    for (const template of fixed) tests.push(likeTest(patternOfUnits(expandPattern(template, emptyContext)!)));
  } else if (fixed.length > 0) {
    const texts = fixed.map((template) => foldCase(expandText(template, emptyContext)!, ignoresCase));
    tests.push(textTest(texts, ignoresCase));
  }
  const unresolved = unresolvedVerdict(operator);
  for (const template of templates.filter(hasVariables)) {
    tests.push(isLike ? openLikeTest(template, unresolved) : openTextTest(template, { unresolved, ignoresCase }));
  }
  return anyTest(tests);
}

// Each test is made by a function of its own: closures of one function keep everything that any of them needs.

function likeTest(pattern: TextPattern): ValueTest {
  return (value) => verdictOf(matchesPattern(pattern, value));
}

function textTest(texts: readonly string[], ignoresCase: boolean): ValueTest {
  const [only] = texts;
  if (texts.length === 1 && only !== undefined && !ignoresCase) return equalTest(only);
  const members = new Set(texts);
  return ignoresCase
    ? (value) => verdictOf(members.has(value.toLowerCase()))
    : (value) => verdictOf(members.has(value));
}

function equalTest(text: string): ValueTest {
  return (value) => verdictOf(value === text);
}

function openLikeTest(template: Template, unresolved: Verdict): ValueTest {
  return (value, context) => {
    const units = expandPattern(template, context);
    return units === undefined ? unresolved : verdictOf(matchesUnits(units, value, 0));
  };
}

function openTextTest(
  template: Template,
  { unresolved, ignoresCase }: { readonly unresolved: Verdict; readonly ignoresCase: boolean },
): ValueTest {
  return (value, context) => {
    const text = expandText(template, context);
    if (text === undefined) return unresolved;
    return verdictOf(foldCase(text, ignoresCase) === foldCase(value, ignoresCase));
  };
}

function foldCase(text: string, ignoresCase: boolean): string {
  return ignoresCase ? text.toLowerCase() : text;
}

function anyTest(tests: readonly ValueTest[]): ValueTest {
  if (tests.length === 1) return tests[0]!;
  return (value, context) => {
    let verdict: Verdict = no;
    for (const test of tests) {
      const one = test(value, context);
      if (one === yes) return yes;
      if (one === unknown) verdict = unknown;
    }
    return verdict;
  };
}

function orderedTest(
  operator: ConditionOperator,
  limits: readonly (number | undefined)[],
  parse: (text: string) => number | undefined,
): ValueTest {
  const compare = comparisonOf(operator);
  return (text) => {
    const value = parse(text);
    if (value === undefined) return unknown;
    for (const limit of limits) if (compare(value, limit!)) return yes;
    return no;
  };
}

function comparisonOf(operator: ConditionOperator): (value: number, limit: number) => boolean {
  if (operator.endsWith('LessThanEquals')) return (value, limit) => value <= limit;
  if (operator.endsWith('LessThan')) return (value, limit) => value < limit;
  if (operator.endsWith('GreaterThanEquals')) return (value, limit) => value >= limit;
  if (operator.endsWith('GreaterThan')) return (value, limit) => value > limit;
  return (value, limit) => value === limit;
}

function memberTest<T>(members: readonly (T | undefined)[], parse: (text: string) => T | undefined): ValueTest {
  return (text) => {
    const value = parse(text);
    return value === undefined ? unknown : verdictOf(members.includes(value));
  };
}

function networkTest(networks: readonly (IpNetwork | undefined)[]): ValueTest {
  return (text) => {
    const address = parseIpAddress(text);
    if (address === undefined) return unknown;
    for (const network of networks) if (isInNetwork(network!, address)) return yes;
    return no;
  };
}

/**
 * ArnEquals and ArnLike are one and the same on AWS: each of the six parts is compared for itself, wildcards allowed in
 * each, so that a `*` in one part cannot reach into the next.
 */
function arnTest(operator: ConditionOperator, templates: readonly Template[]): ValueTest {
  const unresolved = unresolvedVerdict(operator);
  const fixed = templates.filter((template) => !hasVariables(template));
  const patterns = fixed.map((template) => splitUnits(expandPattern(template, emptyContext)!));
  const open = templates.filter(hasVariables);
  return (value, context) => {
    const parts = splitArn(value);
    if (parts === undefined) return unknown;
    for (const pattern of patterns) if (matchesArn(pattern, parts)) return yes;
    let verdict: Verdict = no;
    for (const template of open) {
      const units = expandPattern(template, context);
      if (units === undefined) verdict = unresolved;
      else if (matchesArn(splitUnits(units), parts)) return yes;
    }
    return verdict;
  };
}

const colon = 0x3a;

/** The parts of an ARN pattern; one part alone is the pattern `*`, for any ARN. */
function splitUnits(units: PatternUnits): readonly PatternUnits[] {
  const parts: PatternUnits[] = [];
  let start = 0;
  while (parts.length < arnParts - 1) {
    const end = units.indexOf(colon, start);
    if (end < 0) break;
    parts.push(units.subarray(start, end));
    start = end + 1;
  }
  parts.push(units.subarray(start));
  return parts;
}

function splitArn(arn: string): readonly string[] | undefined {
  if (!arn.startsWith('arn:')) return undefined;
  const parts: string[] = [];
  let start = 0;
  while (parts.length < arnParts - 1) {
    const end = arn.indexOf(':', start);
    if (end < 0) return undefined;
    parts.push(arn.slice(start, end));
    start = end + 1;
  }
  parts.push(arn.slice(start));
  return parts;
}

function matchesArn(pattern: readonly PatternUnits[], parts: readonly string[]): boolean {
  if (pattern.length === 1) return matchesUnits(pattern[0]!, '', 0) && pattern[0]!.length > 0;
  return pattern.length === arnParts && pattern.every((units, index) => matchesUnits(units, parts[index]!, 0));
}
