// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are policy variables
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileCondition } from './compile-conditions.ts';
import { parseConditionOperator } from './condition-operators.ts';
import type { PolicyEffect, PolicyVersion } from './policy-document.ts';

interface Case {
  readonly operator: string;
  readonly wanted: readonly string[];
  /** What the request has of the key; undefined for a key that it has not. */
  readonly actual: readonly string[] | undefined;
  readonly holds: boolean;
  /** What else the request has. */
  readonly more?: Readonly<Record<string, readonly string[]>>;
  readonly effect?: PolicyEffect;
  readonly version?: PolicyVersion;
}

function check({ operator, wanted, actual, holds, more = {}, effect = 'Allow', version = '2012-10-17' }: Case): void {
  const values: Readonly<Record<string, readonly string[] | undefined>> = { ...more, 'aws:key': actual };
  const condition = compileCondition(
    { ...parseConditionOperator(operator), key: 'AWS:Key', values: wanted },
    { version, effect },
  );
  assert.equal(condition.holds({ values: (key) => values[key] }), holds);
}

type Row = readonly [operator: string, wanted: string[], actual: string[] | undefined, holds: boolean];
const rows: readonly Row[] = [
  ['StringEquals', ['a'], ['a'], true],
  ['StringEquals', ['a'], ['A'], false],
  ['StringEquals', ['a', 'b'], ['b'], true],
  ['StringEquals', ['a*'], ['ab'], false],
  ['StringEquals', ['a*'], ['a*'], true],
  ['StringEquals', ['a'], undefined, false],
  ['StringEquals', ['a'], [], false],
  ['StringEqualsIfExists', ['a'], undefined, true],
  ['StringEqualsIfExists', ['a'], ['b'], false],
  ['StringNotEquals', ['a', 'b'], ['c'], true],
  ['StringNotEquals', ['a', 'b'], ['b'], false],
  ['StringNotEquals', ['a'], undefined, true],
  ['StringNotEqualsIfExists', ['a'], ['a'], false],
  ['StringEqualsIgnoreCase', ['Ab'], ['aB'], true],
  ['StringNotEqualsIgnoreCase', ['Ab'], ['aB'], false],
  ['StringLike', ['a?c*'], ['abcdef'], true],
  ['StringLike', ['a?c*'], ['ac'], false],
  ['StringLike', ['x', 'A*'], ['abc'], false],
  ['StringNotLike', ['a*', 'b*'], ['bc'], false],
  ['StringNotLike', ['a*', 'b*'], ['cc'], true],
  ['StringNotLike', ['a*'], undefined, true],
  ['NumericEquals', ['10'], ['10.0'], true],
  ['NumericNotEquals', ['10', '11'], ['11'], false],
  ['NumericLessThan', ['10'], ['9.9'], true],
  ['NumericLessThan', ['10'], ['10'], false],
  ['NumericLessThanEquals', ['10'], ['10'], true],
  ['NumericGreaterThan', ['10'], ['10'], false],
  ['NumericGreaterThan', ['10', '5'], ['7'], true],
  ['NumericGreaterThanEquals', ['-1'], ['-1'], true],
  ['NumericGreaterThan', ['9'], ['10'], true],
  ['NumericLessThan', ['10'], undefined, false],
  ['NumericLessThanIfExists', ['10'], undefined, true],
  ['DateEquals', ['2026-01-01T01:00:00+01:00'], ['2026-01-01T00:00:00Z'], true],
  ['DateNotEquals', ['2026-01-01'], ['2026-01-01T00:00:00Z'], false],
  ['DateLessThan', ['2026-01-01'], ['2025-12-31T23:59:59Z'], true],
  ['DateLessThanEquals', ['2026-01-01'], ['2026-01-01T00:00:01Z'], false],
  ['DateGreaterThan', ['2026-01-01'], ['1767225601'], true],
  ['DateGreaterThanEquals', ['1767225600'], ['2026-01-01T00:00:00Z'], true],
  ['Bool', ['true'], ['true'], true],
  ['Bool', ['true'], ['false'], false],
  ['Bool', ['false'], undefined, false],
  ['BoolIfExists', ['false'], undefined, true],
  ['BinaryEquals', ['QmluYXJ5'], ['QmluYXJ5'], true],
  ['BinaryEquals', ['QmluYXJ5'], ['QmluYXJ6'], false],
  ['IpAddress', ['203.0.113.0/24', '2001:db8::/32'], ['2001:db8::5'], true],
  ['IpAddress', ['203.0.113.0/24'], ['::ffff:203.0.113.9'], true],
  ['IpAddress', ['203.0.113.0/24'], ['198.51.100.1'], false],
  ['NotIpAddress', ['203.0.113.0/24'], ['203.0.113.1'], false],
  ['NotIpAddress', ['203.0.113.0/24'], ['198.51.100.1'], true],
  ['NotIpAddress', ['203.0.113.0/24'], undefined, true],
  ['ArnEquals', ['arn:aws:sns:*:123456789012:my-*'], ['arn:aws:sns:eu-1:123456789012:my-topic'], true],
  ['ArnLike', ['arn:aws:sns:*:my-topic'], ['arn:aws:sns:eu-1:123456789012:my-topic'], false],
  ['ArnLike', ['arn:aws:*:*:*:*'], ['arn:aws:s3:::a:b:c'], true],
  ['ArnLike', ['arn:aws:iam::*:role/?'], ['arn:aws:iam::1:role/a'], true],
  ['ArnNotLike', ['arn:aws:iam::1:role/*'], ['arn:aws:iam::1:user/a'], true],
  ['ArnNotEquals', ['arn:aws:iam::1:role/*'], ['arn:aws:iam::1:role/a'], false],
  ['ArnNotEquals', ['arn:aws:iam::1:role/*'], undefined, true],
  ['Null', ['true'], undefined, true],
  ['Null', ['true'], [], true],
  ['Null', ['true'], ['a'], false],
  ['Null', ['false'], ['a'], true],
  ['Null', ['false'], undefined, false],
  ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'b'], true],
  ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'c'], false],
  ['ForAllValues:StringEquals', ['a'], undefined, true],
  ['ForAllValues:StringEquals', ['a'], [], true],
  ['ForAllValues:StringNotEquals', ['a', 'b'], ['c', 'd'], true],
  ['ForAllValues:StringNotEquals', ['a', 'b'], ['c', 'a'], false],
  ['ForAllValues:StringLike', ['a*'], ['ab', 'ac'], true],
  ['ForAnyValue:StringEquals', ['a', 'b'], ['x', 'b'], true],
  ['ForAnyValue:StringEquals', ['a', 'b'], ['x', 'y'], false],
  ['ForAnyValue:StringEquals', ['a'], undefined, false],
  ['ForAnyValue:StringEqualsIfExists', ['a'], undefined, true],
  ['ForAnyValue:StringNotEquals', ['a'], ['a', 'b'], true],
  ['ForAnyValue:StringNotEquals', ['a'], ['a', 'a'], false],
  ['ForAnyValue:StringNotEquals', ['a'], undefined, false],
  // Without a quantifier: one of several values is enough, and the negation is the opposite of that.
  ['StringEquals', ['a'], ['a', 'b'], true],
  ['StringNotEquals', ['a'], ['a', 'b'], false],
];
for (const [operator, wanted, actual, holds] of rows) {
  test(`${operator} [${wanted}] ${holds ? 'holds' : 'does not hold'} for ${actual ? `[${actual}]` : 'no key'}`, () => {
    check({ operator, wanted, actual, holds });
  });
}

const user = (name: string) => ({ 'aws:username': [name] });
const variables: readonly [what: string, given: Case][] = [
  [
    'a value',
    { operator: 'StringEquals', wanted: ['${aws:username}'], actual: ['ann'], more: user('ann'), holds: true },
  ],
  [
    'a prefix',
    { operator: 'StringLike', wanted: ['${aws:username}/*'], actual: ['a/b'], more: user('a'), holds: true },
  ],
  [
    'a star in a name',
    { operator: 'StringLike', wanted: ['${aws:username}'], actual: ['bob'], more: user('*'), holds: false },
  ],
  ['a star by name', { operator: 'StringLike', wanted: ['${*}${?}${$}'], actual: ['*?$'], holds: true }],
  ['a star that is none', { operator: 'StringLike', wanted: ['${*}'], actual: ['a'], holds: false }],
  [
    'a default',
    { operator: 'StringEquals', wanted: ["${aws:username, 'anonymous'}"], actual: ['anonymous'], holds: true },
  ],
  ['no value', { operator: 'StringEquals', wanted: ['${aws:username}'], actual: [''], holds: false }],
  ['no value, negated', { operator: 'StringNotEquals', wanted: ['${aws:username}'], actual: ['a'], holds: false }],
  [
    'no value, negated, in a Deny',
    { operator: 'StringNotEquals', wanted: ['${aws:username}'], actual: ['a'], effect: 'Deny', holds: true },
  ],
  [
    'the older version',
    {
      operator: 'StringEquals',
      wanted: ['${aws:username}'],
      actual: ['${aws:username}'],
      version: '2008-10-17',
      holds: true,
    },
  ],
  [
    'an ARN',
    {
      operator: 'ArnEquals',
      wanted: ['arn:aws:iam::1:user/${aws:username}'],
      actual: ['arn:aws:iam::1:user/ann'],
      more: user('ann'),
      holds: true,
    },
  ],
];
for (const [what, given] of variables) test(`policy variables: ${what}`, () => check(given));

const incomparable: readonly [operator: string, wanted: string, actual: string][] = [
  ['NumericLessThan', '10', 'many'],
  ['NumericNotEquals', '10', ''],
  ['DateGreaterThan', '2026-01-01', 'soon'],
  ['Bool', 'true', 'perhaps'],
  ['IpAddress', '10.0.0.0/8', 'unix:/socket'],
  ['NotIpAddress', '10.0.0.0/8', ''],
  ['ArnNotLike', 'arn:aws:iam::1:role/*', 'role'],
  ['BinaryEquals', 'QQ==', '?'],
];
for (const [operator, wanted, actual] of incomparable) {
  test(`${operator} with "${actual}" allows nothing and denies`, () => {
    check({ operator, wanted: [wanted], actual: [actual], effect: 'Allow', holds: false });
    check({ operator, wanted: [wanted], actual: [actual], effect: 'Deny', holds: true });
  });
}

test('no operator: what only looks like one', () => {
  for (const written of [
    'stringEquals',
    'StringMatches',
    'StringEqualsifexists',
    'ForSomeValues:StringEquals',
    'ForAnyValue:',
    'NullIfExists',
    'ForAllValues:Null',
    'NotBool',
    'IfExists',
    'toString',
    '',
  ]) {
    assert.throws(() => parseConditionOperator(written), { kind: 'MalformedPolicy' }, written);
  }
});
