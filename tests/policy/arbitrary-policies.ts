// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are policy variables
import fc from 'fast-check';
import type { ConditionContext, PolicyPrincipal, PolicyRequest } from '../../src/domain/policy/policy-request.ts';

/** Small alphabets, so that what is asked for and what is written meet often. */
const accounts = ['111111111111', '222222222222'];
const canonicalIds = ['a'.repeat(64), 'b'.repeat(64)];
const userArn = (account: string, name: string) => `arn:aws:iam::${account}:user/${name}`;
const roleArn = (account: string) => `arn:aws:iam::${account}:role/reader`;
const sessionArn = (account: string, name: string) => `arn:aws:sts::${account}:assumed-role/reader/${name}`;
const federatedArn = (account: string, name: string) => `arn:aws:sts::${account}:federated-user/${name}`;

const account = fc.constantFrom(...accounts);
const person = fc.constantFrom('ann', 'bob');
const provider = 'id.example.com';

const awsName = fc.oneof(
  account,
  account.map((id) => `arn:aws:iam::${id}:root`),
  fc.tuple(account, person).map(([id, name]) => userArn(id, name)),
  account.map(roleArn),
  fc.tuple(account, person).map(([id, name]) => sessionArn(id, name)),
  fc.tuple(account, person).map(([id, name]) => federatedArn(id, name)),
  fc.constant('*'),
);
const principalElement = fc.oneof(
  fc.constant('*'),
  fc.record(
    {
      AWS: fc.oneof(awsName, fc.array(awsName, { minLength: 1, maxLength: 4 })),
      CanonicalUser: fc.constantFrom(...canonicalIds),
      Federated: fc.constant(provider),
      Service: fc.constantFrom('logging.s3.amazonaws.com', 'events.amazonaws.com'),
    },
    { requiredKeys: ['AWS'] },
  ),
);

/** Who may ask: one of each kind. */
export const requester: fc.Arbitrary<PolicyPrincipal> = fc.oneof(
  fc.constant<PolicyPrincipal>({ kind: 'anonymous' }),
  fc.nat(1).map((i): PolicyPrincipal => ({ kind: 'account', accountId: accounts[i]!, canonicalId: canonicalIds[i]! })),
  fc.tuple(fc.nat(1), person).map(
    ([i, name]): PolicyPrincipal => ({
      kind: 'user',
      accountId: accounts[i]!,
      canonicalId: canonicalIds[i]!,
      arn: userArn(accounts[i]!, name),
    }),
  ),
  fc.tuple(account, person, fc.boolean()).map(
    ([id, name, isWeb]): PolicyPrincipal => ({
      kind: 'role-session',
      accountId: id,
      roleArn: roleArn(id),
      sessionArn: sessionArn(id, name),
      ...(isWeb ? { provider } : {}),
    }),
  ),
  fc.tuple(account, person).map(
    ([id, name]): PolicyPrincipal => ({
      kind: 'federated-user',
      accountId: id,
      arn: federatedArn(id, name),
      userArn: userArn(id, 'ann'),
    }),
  ),
  fc.constant<PolicyPrincipal>({ kind: 'federated', provider }),
  fc.constant<PolicyPrincipal>({ kind: 'service', service: 'events.amazonaws.com' }),
);

const actionName = fc.constantFrom('s3:GetObject', 's3:PutObject', 's3:GetObjectVersion');
const actionPattern = fc.oneof(actionName, fc.constantFrom('s3:*', '*', 's3:get*', 'S3:?etObject', 's3:*Object'));

const textPiece = fc.constantFrom('a', 'b', '/', '*', '?', 'ab', '${aws:username}', "${aws:userid, 'a'}", '${*}', '😀');
const text = fc.array(textPiece, { maxLength: 6 }).map((pieces) => pieces.join(''));
const resource = text.map((key) => `arn:aws:s3:::bucket/${key}`);
const resourceElement = fc.oneof(resource, fc.array(resource, { minLength: 1, maxLength: 3 }), fc.constant('*'));

const listed = (value: fc.Arbitrary<string>) => fc.array(value, { minLength: 1, maxLength: 3 });
const quantifier = fc.constantFrom('', '', 'ForAllValues:', 'ForAnyValue:');
const suffix = fc.constantFrom('', '', 'IfExists');
const clauseOf = (operators: readonly string[], key: string, value: fc.Arbitrary<string>) =>
  fc
    .tuple(quantifier, fc.constantFrom(...operators), suffix, listed(value))
    .map(([before, operator, after, values]) => [`${before}${operator}${after}`, key, values] as const);

const comparisons = ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'];
const number = fc.constantFrom('0', '1', '2.5', '-3', '1e2');
const date = fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T01:00:00+01:00', '2026-06-30T12:00:00.5Z');
const network = fc.constantFrom('10.0.0.0/8', '10.1.2.3', '10.1.2.128/25', '0.0.0.0/0', '192.168.1.0/24');
const arn = fc.constantFrom('arn:aws:s3:::a', 'arn:aws:iam::1:user/ann', 'arn:aws:sns:eu:1:a:b', 'arn:aws:s3:a::b');
const arnPattern = fc.oneof(
  arn,
  fc.constantFrom('*', 'arn:*:s3:::?', 'arn:aws:*:*:*:*', 'arn:aws:iam::1:user/${aws:username}', 'arn:aws:s*:*a'),
);
const stringOperators = ['Equals', 'NotEquals', 'EqualsIgnoreCase', 'NotEqualsIgnoreCase', 'Like', 'NotLike'];

const clause = fc.oneof(
  clauseOf(
    stringOperators.map((name) => `String${name}`),
    'S3:Prefix',
    text,
  ),
  clauseOf(
    stringOperators.map((name) => `String${name}`),
    'aws:TagKeys',
    text,
  ),
  clauseOf(
    comparisons.map((name) => `Numeric${name}`),
    's3:max-keys',
    number,
  ),
  clauseOf(
    comparisons.map((name) => `Date${name}`),
    'aws:CurrentTime',
    date,
  ),
  clauseOf(['IpAddress', 'NotIpAddress'], 'aws:SourceIp', network),
  clauseOf(['Bool'], 'aws:SecureTransport', fc.constantFrom('true', 'false')),
  clauseOf(
    ['ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike'],
    'aws:SourceArn',
    arnPattern.filter((pattern) => pattern === '*' || pattern.split(':').length > 5),
  ),
  listed(fc.constantFrom('true', 'false')).map((values) => ['Null', 's3:prefix', values] as const),
);

const statement = fc
  .record({
    effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
    isNotPrincipal: fc.boolean(),
    principal: principalElement,
    actionName: fc.constantFrom('Action', 'Action', 'NotAction'),
    action: fc.oneof(actionPattern, fc.array(actionPattern, { minLength: 1, maxLength: 3 })),
    resourceName: fc.constantFrom('Resource', 'Resource', 'NotResource'),
    resource: resourceElement,
    clauses: fc.array(clause, { maxLength: 2 }),
  })
  .map((given) => {
    const condition: Record<string, Record<string, readonly string[]>> = {};
    for (const [operator, key, values] of given.clauses) condition[operator] = { [key]: values };
    return {
      Effect: given.effect,
      // Only a Deny may have it.
      [given.isNotPrincipal && given.effect === 'Deny' ? 'NotPrincipal' : 'Principal']: given.principal,
      [given.actionName]: given.action,
      [given.resourceName]: given.resource,
      ...(given.clauses.length === 0 ? {} : { Condition: condition }),
    };
  });

/** Bucket policies as JSON values, all of them without principals of the wrong kind and the like. */
export const policy = fc.record({
  Version: fc.constantFrom('2012-10-17', '2012-10-17', '2008-10-17'),
  Statement: fc.array(statement, { minLength: 1, maxLength: 4 }),
});

const plain = fc
  .array(fc.constantFrom('a', 'b', '/', '*', 'ab', 'A', '😀'), { maxLength: 5 })
  .map((pieces) => pieces.join(''));
const context: fc.Arbitrary<ConditionContext> = fc
  .record(
    {
      'aws:username': fc.constantFrom(['a'], ['*'], ['ann'], ['a', 'b']),
      'aws:userid': fc.constantFrom(['b'], ['?']),
      's3:prefix': fc.oneof(
        plain.map((one) => [one]),
        fc.array(plain, { maxLength: 2 }),
      ),
      'aws:tagkeys': fc.array(plain, { maxLength: 3 }),
      's3:max-keys': fc.constantFrom(['1'], ['100'], ['2.50'], ['many'], ['1', '-3']),
      'aws:currenttime': fc.constantFrom(['2026-01-01T00:00:00Z'], ['2026-06-30T12:00:00.5Z'], ['soon']),
      'aws:sourceip': fc.constantFrom(['10.1.2.3'], ['10.1.2.200'], ['192.168.1.7'], ['nowhere']),
      'aws:securetransport': fc.constantFrom(['true'], ['false'], ['perhaps']),
      'aws:sourcearn': fc.oneof(
        arn.map((one) => [one]),
        fc.constantFrom(['a'], ['arn:aws:iam::1:user/a']),
      ),
    },
    { requiredKeys: [] },
  )
  .map((values) => ({ values: (key: string) => (values as Readonly<Record<string, readonly string[]>>)[key] }));

export const request: fc.Arbitrary<PolicyRequest> = fc.record({
  action: actionName,
  resource: plain.map((key) => `arn:aws:s3:::bucket/${key}`),
  principal: requester,
  context,
});
