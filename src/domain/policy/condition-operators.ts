import { parseIpNetwork } from './ip-network.ts';
import { malformedPolicy, quoted } from './malformed-policy.ts';
import { parsePolicyDate } from './policy-date.ts';
import {
  type ConditionClause,
  type ConditionOperator,
  type ConditionQuantifier,
  conditionOperators,
  type PolicyVersion,
} from './policy-document.ts';
import { parseTemplate } from './policy-variables.ts';

/** What an operator compares, which decides how its values are read and whether they may hold variables. */
export type ConditionFamily = 'string' | 'numeric' | 'date' | 'boolean' | 'binary' | 'ip' | 'arn' | 'null';

const quantifiers: readonly (readonly [prefix: string, quantifier: ConditionQuantifier])[] = [
  ['ForAllValues:', 'for-all-values'],
  ['ForAnyValue:', 'for-any-value'],
];
const ifExistsSuffix = 'IfExists';
const operators: ReadonlySet<string> = new Set(conditionOperators);

/**
 * Takes `ForAllValues:StringLikeIfExists` apart. Throws MalformedPolicy for what is no operator
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
 */
export function parseConditionOperator(written: string): Pick<ConditionClause, 'operator' | 'quantifier' | 'ifExists'> {
  const [prefix, quantifier] = quantifiers.find(([candidate]) => written.startsWith(candidate)) ?? ['', 'none'];
  const rest = written.slice(prefix.length);
  const ifExists = rest.endsWith(ifExistsSuffix);
  const operator = ifExists ? rest.slice(0, -ifExistsSuffix.length) : rest;
  if (!isConditionOperator(operator) || (operator === 'Null' && (ifExists || quantifier !== 'none'))) {
    throw malformedPolicy(`Invalid Condition type : ${quoted(written)}`);
  }
  return { operator, quantifier, ifExists };
}

function isConditionOperator(name: string): name is ConditionOperator {
  return operators.has(name);
}

/** An operator as a policy writes it, quantifier and all. */
export function writtenOperator(clause: Pick<ConditionClause, 'operator' | 'quantifier' | 'ifExists'>): string {
  const prefix = quantifiers.find(([, quantifier]) => quantifier === clause.quantifier)?.[0] ?? '';
  return `${prefix}${clause.operator}${clause.ifExists ? ifExistsSuffix : ''}`;
}

export function familyOf(operator: ConditionOperator): ConditionFamily {
  if (operator.startsWith('String')) return 'string';
  if (operator.startsWith('Numeric')) return 'numeric';
  if (operator.startsWith('Date')) return 'date';
  if (operator.startsWith('Arn')) return 'arn';
  if (operator.endsWith('IpAddress')) return 'ip';
  if (operator === 'Bool') return 'boolean';
  return operator === 'Null' ? 'null' : 'binary';
}

/** Whether the operator is fulfilled by what its positive twin is not: `StringNotEquals`, `NotIpAddress` … */
export function isNegated(operator: ConditionOperator): boolean {
  return operator.includes('Not');
}

const number = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Reads a number of a condition, or undefined. */
export function parsePolicyNumber(text: string): number | undefined {
  if (!number.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Reads `true` or `false` in any case, or undefined. */
export function parsePolicyBoolean(text: string): boolean | undefined {
  if (text === 'true' || text === 'false') return text === 'true';
  const lower = text.toLowerCase();
  return lower === 'true' ? true : lower === 'false' ? false : undefined;
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The one spelling of some bytes in base64, or undefined for what is not base64. */
export function canonicalBase64(text: string): string | undefined {
  return base64.test(text) ? Buffer.from(text, 'base64').toString('base64') : undefined;
}

/** The six parts of an ARN, of which the last may hold colons. */
export const arnParts = 6;

/** Throws MalformedPolicy unless a value can be compared by an operator. */
export function checkConditionValue(operator: ConditionOperator, value: string, version: PolicyVersion): void {
  switch (familyOf(operator)) {
    case 'string':
      parseTemplate(value, version);
      return;
    case 'arn': {
      const template = parseTemplate(value, version);
      const written = template.map((part) => (part.kind === 'written' ? part.text : '')).join('');
      const isOpen = template.some((part) => part.kind === 'variable') || value === '*';
      if (!isOpen && (written.split(':').length < arnParts || !written.startsWith('arn:'))) refuse(operator, value);
      return;
    }
    case 'ip':
      if (parseIpNetwork(value) === undefined) throw malformedPolicy('Invalid IP address in Conditions');
      return;
    case 'numeric':
      if (parsePolicyNumber(value) === undefined) refuse(operator, value);
      return;
    case 'date':
      if (parsePolicyDate(value) === undefined) refuse(operator, value);
      return;
    case 'boolean':
    case 'null':
      if (parsePolicyBoolean(value) === undefined) refuse(operator, value);
      return;
    case 'binary':
      if (canonicalBase64(value) === undefined) refuse(operator, value);
  }
}

function refuse(operator: ConditionOperator, value: string): never {
  throw malformedPolicy(`Invalid value in Conditions for ${operator} : ${quoted(value)}`);
}
