import { checkConditionValue, parseConditionOperator } from './condition-operators.ts';
import type { StrictJson } from './json-strict.ts';
import { malformedPolicy, quoted } from './malformed-policy.ts';
import type {
  ConditionClause,
  PatternElement,
  PolicyEffect,
  PolicyKind,
  PolicyStatement,
  PolicyVersion,
  PrincipalElement,
} from './policy-document.ts';
import { parseTemplate } from './policy-variables.ts';
import { invalidPrincipal, parsePrincipal } from './principals.ts';

type Fields = ReadonlyMap<string, StrictJson>;

const statementFields: ReadonlySet<string> = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);

/** Reads one statement and checks it as far as that does not need the bucket. Throws MalformedPolicy. */
export function parseStatement(value: StrictJson, kind: PolicyKind, version: PolicyVersion): PolicyStatement {
  const fields = fieldsOf(value, 'Statement');
  for (const name of fields.keys()) {
    if (!statementFields.has(name)) throw malformedPolicy(`Unknown field ${quoted(name)}`);
  }
  const sid = parseSid(fields.get('Sid'), kind);
  const effect = parseEffect(fields.get('Effect'));
  const principals = parsePrincipals(fields, kind);
  if (principals?.negated && effect === 'Allow') {
    throw malformedPolicy('Allow with NotPrincipal is not allowed');
  }
  const actions = parsePatterns(fields, 'Action', 'Policy has invalid action');
  for (const action of actions.patterns) checkAction(action, kind);
  const resources = parseResources(fields, kind, version);
  const conditions = parseConditions(fields.get('Condition'), version);
  return {
    ...(sid === undefined ? {} : { sid }),
    effect,
    ...(principals === undefined ? {} : { principals }),
    actions,
    ...(resources === undefined ? {} : { resources }),
    conditions,
  };
}

function fieldsOf(value: StrictJson, name: string): Fields {
  if (!(value instanceof Map)) throw malformedPolicy(`Invalid policy syntax : ${name}`);
  return value;
}

/** S3 takes any text, IAM letters and digits alone. An empty Sid, which consoles write, is none. */
function parseSid(value: StrictJson | undefined, kind: PolicyKind): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw malformedPolicy('Invalid policy syntax : Sid');
  const allowed = kind === 'bucket' ? /^[\x20-\x7e]*$/ : /^[A-Za-z0-9]*$/;
  if (!allowed.test(value)) throw malformedPolicy(`Statement ID (SID) is not valid : ${quoted(value)}`);
  return value;
}

function parseEffect(value: StrictJson | undefined): PolicyEffect {
  if (value === undefined) throw malformedPolicy('Missing required field Effect');
  if (value === 'Allow' || value === 'Deny') return value;
  throw malformedPolicy(
    typeof value === 'string' ? `Invalid effect: ${quoted(value)}` : 'Invalid policy syntax : Effect',
  );
}

/** One of an element and its Not… form, which must not both be there. */
function oneOf(fields: Fields, name: string): { readonly negated: boolean; readonly value: StrictJson } | undefined {
  const [plain, negated] = [fields.get(name), fields.get(`Not${name}`)];
  if (plain !== undefined && negated !== undefined) {
    throw malformedPolicy(`Statement has both ${name} and Not${name}`);
  }
  if (plain !== undefined) return { negated: false, value: plain };
  return negated === undefined ? undefined : { negated: true, value: negated };
}

function parsePrincipals(fields: Fields, kind: PolicyKind): PrincipalElement | undefined {
  const found = oneOf(fields, 'Principal');
  if (kind === 'identity' || kind === 'session') {
    if (found !== undefined) throw malformedPolicy('Policy document should not specify a principal.');
    return undefined;
  }
  if (found === undefined) throw malformedPolicy('Missing required field Principal');
  const { negated, value } = found;
  if (value === '*') return { negated, principals: [parsePrincipal('AWS', '*')] };
  if (!(value instanceof Map) || value.size === 0) throw invalidPrincipal();
  const typed: Fields = value;
  const principals = [...typed].flatMap(([type, names]) => {
    const list = Array.isArray(names) ? names : [names];
    if (list.length === 0) throw invalidPrincipal();
    return list.map((name) => {
      if (typeof name !== 'string') throw invalidPrincipal();
      return parsePrincipal(type, name);
    });
  });
  return { negated, principals };
}

function parsePatterns(fields: Fields, name: string, complaint: string): PatternElement {
  const found = oneOf(fields, name);
  if (found === undefined) throw malformedPolicy(`Missing required field ${name}`);
  const patterns = Array.isArray(found.value) ? found.value : [found.value];
  if (patterns.length === 0) throw malformedPolicy(complaint);
  return {
    negated: found.negated,
    patterns: patterns.map((pattern) => {
      if (typeof pattern !== 'string' || pattern === '') throw malformedPolicy(complaint);
      return pattern;
    }),
  };
}

const actionForms: Readonly<Record<PolicyKind, RegExp>> = {
  bucket: /^(?:\*|s3:[a-z0-9*?]+)$/i,
  identity: /^(?:\*|[a-z0-9-]+:[a-z0-9*?]+)$/i,
  session: /^(?:\*|[a-z0-9-]+:[a-z0-9*?]+)$/i,
  trust: /^sts:[a-z0-9*?]+$/i,
};

function checkAction(action: string, kind: PolicyKind): void {
  if (!actionForms[kind].test(action)) throw malformedPolicy('Policy has invalid action');
}

const resourceForm = /^arn:[^:]*:[^:]*:[^:]*:[^:]*:./s;

function parseResources(fields: Fields, kind: PolicyKind, version: PolicyVersion): PatternElement | undefined {
  if (kind === 'trust') {
    if (oneOf(fields, 'Resource') !== undefined) throw malformedPolicy('Has prohibited field Resource');
    return undefined;
  }
  const complaint = 'Policy has invalid resource';
  const element = parsePatterns(fields, 'Resource', complaint);
  for (const resource of element.patterns) {
    if (resource !== '*' && !resourceForm.test(resource)) throw malformedPolicy(complaint);
    parseTemplate(resource, version);
  }
  return element;
}

function parseConditions(value: StrictJson | undefined, version: PolicyVersion): ConditionClause[] {
  if (value === undefined) return [];
  const clauses: ConditionClause[] = [];
  for (const [written, keys] of fieldsOf(value, 'Condition')) {
    const operator = parseConditionOperator(written);
    const byKey = fieldsOf(keys, 'Condition');
    if (byKey.size === 0) throw malformedPolicy(`Invalid policy syntax : ${quoted(written)} has no key`);
    for (const [key, given] of byKey) {
      if (!/^[^\s:]+:[^:]/.test(key)) throw malformedPolicy('Policy has an invalid condition key');
      const values = conditionValues(given, key);
      for (const one of values) checkConditionValue(operator.operator, one, version);
      clauses.push({ ...operator, key, values });
    }
  }
  return clauses;
}

/** Values may be written as text, numbers and truth values; all are compared as the text that was written. */
function conditionValues(given: StrictJson, key: string): string[] {
  const list = Array.isArray(given) ? given : [given];
  if (list.length === 0) throw malformedPolicy(`Invalid policy syntax : ${quoted(key)} has no value`);
  return list.map((value: StrictJson) => {
    if (typeof value === 'string') return value;
    if (typeof value === 'boolean') return String(value);
    if (value !== null && typeof value === 'object' && 'digits' in value) return value.digits;
    throw malformedPolicy(`Invalid policy syntax : ${quoted(key)}`);
  });
}
