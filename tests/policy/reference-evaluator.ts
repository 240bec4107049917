import type { ConditionClause, PolicyDocument, PolicyStatement } from '../../src/domain/policy/policy-document.ts';
import type { PolicyPrincipal, PolicyRequest } from '../../src/domain/policy/policy-request.ts';

/**
 * The policy language a second time, as plainly as it can be written: every pattern becomes a regular expression, every
 * statement is read anew for every request, nothing is prepared. Property tests hold the real evaluator against it.
 */
export interface ReferenceDecision {
  readonly effect: 'allow' | 'explicit-deny' | 'implicit-deny';
  /** Places of the statements that decided, from 0. */
  readonly statements: readonly number[];
}

export function evaluateByReference(document: PolicyDocument, request: PolicyRequest): ReferenceDecision {
  const applying = document.statements.map((statement) => applies(statement, document.version, request));
  for (const [effect, outcome] of [
    ['Deny', 'explicit-deny'],
    ['Allow', 'allow'],
  ] as const) {
    const places = document.statements.flatMap((statement, place) =>
      statement.effect === effect && applying[place] ? [place] : [],
    );
    if (places.length > 0) return { effect: outcome, statements: places };
  }
  return { effect: 'implicit-deny', statements: [] };
}

/** True, false, or undefined for what cannot be told. */
type Truth = boolean | undefined;

function applies(statement: PolicyStatement, version: string, request: PolicyRequest): boolean {
  const isDeny = statement.effect === 'Deny';
  const decided = (truth: Truth) => truth ?? isDeny;
  const action = statement.actions.patterns.some((pattern) => plainPattern(pattern, 'i').test(request.action));
  if (action === statement.actions.negated) return false;
  if (statement.principals !== undefined && !principalApplies(statement, request.principal)) return false;
  if (statement.resources !== undefined) {
    const { negated, patterns } = statement.resources;
    const found = patterns.map((pattern) => likeness(pattern, version, request)?.test(request.resource));
    const one: Truth = found.includes(true) ? true : negated && found.includes(undefined) ? undefined : false;
    if (!decided(negated ? opposite(one) : one)) return false;
  }
  return statement.conditions.every((clause) => decided(conditionTruth(clause, version, request)));
}

function opposite(truth: Truth): Truth {
  return truth === undefined ? undefined : !truth;
}

function principalApplies({ principals, effect }: PolicyStatement, requester: PolicyPrincipal): boolean {
  const listed = principals!.principals;
  const everyone = listed.some((one) => one.kind === 'everyone');
  const has = (test: (one: (typeof listed)[number]) => boolean) => listed.some(test);
  const isAccount = (of: { accountId: string; canonicalId?: string }) =>
    has((one) => one.kind === 'account' && one.accountId === of.accountId) ||
    has((one) => one.kind === 'canonical-user' && one.canonicalId === of.canonicalId);
  const isArn = (arn: string | undefined) => has((one) => 'arn' in one && one.arn === arn);
  const isProvider = (name: string | undefined) => has((one) => one.kind === 'federated' && one.provider === name);
  /** Each name of the requester that AWS looks at in turn, and the further ones by which it may be granted something. */
  const chain: boolean[] = [];
  const further: boolean[] = [];
  switch (requester.kind) {
    case 'anonymous':
      chain.push(false);
      break;
    case 'account':
      chain.push(isAccount(requester));
      break;
    case 'user':
      chain.push(isAccount(requester), isArn(requester.arn));
      break;
    case 'role-session':
      chain.push(isAccount(requester), isArn(requester.roleArn), isArn(requester.sessionArn));
      further.push(requester.provider !== undefined && isProvider(requester.provider));
      break;
    case 'federated-user':
      chain.push(isAccount(requester), isArn(requester.arn));
      further.push(requester.userArn !== undefined && isArn(requester.userArn));
      break;
    case 'federated':
      chain.push(isProvider(requester.provider));
      break;
    case 'service':
      chain.push(has((one) => one.kind === 'service' && one.service === requester.service));
  }
  const named = [...chain, ...further].includes(true);
  if (!principals!.negated) return everyone || named;
  if (everyone) return false;
  return effect === 'Deny' ? !chain.every((one) => one) : !named;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function plainPattern(pattern: string, flags: string): RegExp {
  const source = [...pattern].map((c) => (c === '*' ? '.*' : c === '?' ? '.' : escaped(c))).join('');
  return new RegExp(`^${source}$`, `${flags}su`);
}

/** Calls back for each piece of a text with variables; undefined where a variable has no value. */
function pieces(
  text: string,
  version: string,
  { context }: PolicyRequest,
): { text: string; literal: boolean }[] | undefined {
  if (version === '2008-10-17') return [{ text, literal: false }];
  const found: { text: string; literal: boolean }[] = [];
  for (const piece of text.split(/(\$\{[^}]*\})/)) {
    if (!piece.startsWith('${')) {
      found.push({ text: piece, literal: false });
      continue;
    }
    const inner = piece.slice(2, -1);
    if (['*', '?', '$'].includes(inner)) {
      found.push({ text: inner, literal: true });
      continue;
    }
    const [name, fallback] = inner.split(',').map((part) => part.trim());
    const values = context.values(name!.toLowerCase()) ?? [];
    if (values.length > 1) return undefined;
    const value = values[0] ?? fallback?.slice(1, -1);
    if (value === undefined) return undefined;
    found.push({ text: value, literal: true });
  }
  return found;
}

function likeness(pattern: string, version: string, request: PolicyRequest): RegExp | undefined {
  const found = pieces(pattern, version, request);
  if (found === undefined) return undefined;
  const source = found
    .map((piece) => (piece.literal ? escaped(piece.text) : plainPattern(piece.text, '').source.slice(1, -1)))
    .join('');
  return new RegExp(`^${source}$`, 'su');
}

function plainText(text: string, version: string, request: PolicyRequest): string | undefined {
  return pieces(text, version, request)
    ?.map((piece) => piece.text)
    .join('');
}

function conditionTruth(clause: ConditionClause, version: string, request: PolicyRequest): Truth {
  const values = request.context.values(clause.key.toLowerCase()) ?? [];
  if (clause.operator === 'Null') return clause.values.some((one) => (one === 'true') === (values.length === 0));
  const negated = clause.operator.includes('Not');
  const positive = clause.operator.replace('Not', '');
  if (values.length === 0) {
    if (clause.ifExists) return true;
    if (clause.quantifier === 'none') return negated;
    return clause.quantifier === 'for-all-values';
  }
  const each = values.map((value): Truth => {
    const matched = clause.values.map((wanted) => {
      const truth = compare(positive, { value, wanted, version, request });
      // A variable without a value equals nothing; that it differs cannot be told.
      return truth === 'no value' ? (negated ? undefined : false) : truth;
    });
    return or(matched);
  });
  if (clause.quantifier === 'none') return negated ? opposite(or(each)) : or(each);
  const judged = negated ? each.map(opposite) : each;
  return clause.quantifier === 'for-any-value' ? or(judged) : opposite(or(judged.map(opposite)));
}

function or(truths: readonly Truth[]): Truth {
  return truths.includes(true) ? true : truths.includes(undefined) ? undefined : false;
}

interface Pair {
  readonly value: string;
  readonly wanted: string;
  readonly version: string;
  readonly request: PolicyRequest;
}

function compare(operator: string, { value, wanted, version, request }: Pair): Truth | 'no value' {
  if (operator === 'StringLike') return likeness(wanted, version, request)?.test(value) ?? 'no value';
  if (operator === 'StringEquals' || operator === 'StringEqualsIgnoreCase') {
    const text = plainText(wanted, version, request);
    if (text === undefined) return 'no value';
    return operator === 'StringEquals' ? text === value : text.toLowerCase() === value.toLowerCase();
  }
  if (operator.startsWith('Arn')) return compareArns({ value, wanted, version, request });
  if (operator === 'Bool') return /^(true|false)$/i.test(value) ? value.toLowerCase() === wanted : undefined;
  if (operator === 'IpAddress') return ipTruth(value, wanted);
  const [left, right] = operator.startsWith('Date')
    ? [Date.parse(value), Date.parse(wanted)]
    : [Number(value === '' ? 'x' : value), Number(wanted)];
  if (Number.isNaN(left)) return undefined;
  if (operator.endsWith('LessThanEquals')) return left <= right;
  if (operator.endsWith('GreaterThanEquals')) return left >= right;
  if (operator.endsWith('LessThan')) return left < right;
  if (operator.endsWith('GreaterThan')) return left > right;
  return left === right;
}

function compareArns({ value, wanted, version, request }: Pair): Truth | 'no value' {
  const parts = value.split(':');
  if (parts[0] !== 'arn' || parts.length < 6) return undefined;
  const found = pieces(wanted, version, request);
  if (found === undefined) return 'no value';
  if (wanted === '*') return true;
  // No `*` but that of the last part may reach over a colon.
  const source = found
    .map((piece) => (piece.literal ? escaped(piece.text) : plainPattern(piece.text, '').source.slice(1, -1)))
    .join('')
    .split(':');
  const head = source.slice(0, 5).map((part) => part.replaceAll('.*', '[^:]*'));
  return new RegExp(`^${[...head, ...source.slice(5)].join(':')}$`, 'su').test(value);
}

/** IPv4 alone, by its bits written out. */
function ipTruth(value: string, wanted: string): Truth {
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(value)) return undefined;
  const bits = (text: string) =>
    text
      .split('.')
      .map((octet) => Number(octet).toString(2).padStart(8, '0'))
      .join('');
  const [address, length = '32'] = wanted.split('/');
  return bits(value).slice(0, Number(length)) === bits(address!).slice(0, Number(length));
}
