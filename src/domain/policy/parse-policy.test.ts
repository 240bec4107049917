// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are policy variables
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StorageError } from '../errors.ts';
import { compilePolicy } from './compile-policy.ts';
import { compactPolicy, type PolicyPlace, parsePolicy, policySizeLimit } from './parse-policy.ts';

const places = {
  bucket: { kind: 'bucket', bucket: 'photos' },
  identity: { kind: 'identity' },
  session: { kind: 'session' },
  trust: { kind: 'trust' },
} as const satisfies Record<string, PolicyPlace>;

const onBucket = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::photos/*' };
const onIdentity = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::photos/*' };
const onRole = { Effect: 'Allow', Principal: { AWS: '111111111111' }, Action: 'sts:AssumeRole' };

const policyOf = (...statements: readonly object[]) => ({ Version: '2012-10-17', Statement: statements });
const withCondition = (Condition: unknown, statement: object = onBucket) => policyOf({ ...statement, Condition });

type Kind = keyof typeof places;
const refused: readonly [what: string, kind: Kind, policy: unknown, message: RegExp][] = [
  ['no statement', 'bucket', { Version: '2012-10-17' }, /^Missing required field Statement$/],
  ['an empty list', 'bucket', { Statement: [] }, /^Could not parse the policy: Statement is empty!$/],
  ['a statement that is text', 'bucket', { Statement: 'x' }, /^Invalid policy syntax/],
  ['an unknown field', 'bucket', { ...policyOf(onBucket), Statements: [] }, /^Unknown field Statements$/],
  ['an unknown element', 'bucket', policyOf({ ...onBucket, Conditions: {} }), /^Unknown field Conditions$/],
  ['an element in lower case', 'bucket', policyOf({ ...onBucket, effect: 'Deny' }), /^Unknown field effect$/],
  ['another version', 'bucket', { ...policyOf(onBucket), Version: '2020-01-01' }, /valid version string/],
  ['a version that is a number', 'bucket', { ...policyOf(onBucket), Version: 2012 }, /valid version string/],
  ['an id that is a list', 'bucket', { ...policyOf(onBucket), Id: [] }, /Id$/],
  ['no effect', 'bucket', policyOf({ ...onBucket, Effect: undefined }), /^Missing required field Effect$/],
  ['an effect in lower case', 'bucket', policyOf({ ...onBucket, Effect: 'allow' }), /^Invalid effect: allow$/],
  ['an effect that is a list', 'bucket', policyOf({ ...onBucket, Effect: ['Allow'] }), /Effect$/],
  ['a Sid twice', 'bucket', policyOf({ ...onBucket, Sid: 'a' }, { ...onBucket, Sid: 'a' }), /must be unique : a$/],
  ['a Sid that is a number', 'bucket', policyOf({ ...onBucket, Sid: 1 }), /Sid$/],
  ['a Sid with a space', 'identity', policyOf({ ...onIdentity, Sid: 'a b' }), /^Statement ID/],
  ['no principal', 'bucket', policyOf({ ...onBucket, Principal: undefined }), /^Missing required field Principal$/],
  ['both principals', 'bucket', policyOf({ ...onBucket, NotPrincipal: '*' }), /both Principal and NotPrincipal/],
  [
    'NotPrincipal in an Allow',
    'bucket',
    policyOf({ ...onBucket, Principal: undefined, NotPrincipal: { AWS: '111111111111' } }),
    /NotPrincipal/,
  ],
  ['a principal for an identity', 'identity', policyOf(onBucket), /should not specify a principal/],
  ['a principal for a session', 'session', policyOf(onBucket), /should not specify a principal/],
  ['no action', 'bucket', policyOf({ ...onBucket, Action: undefined }), /^Missing required field Action$/],
  ['both actions', 'bucket', policyOf({ ...onBucket, NotAction: 's3:*' }), /both Action and NotAction/],
  ['no resource', 'bucket', policyOf({ ...onBucket, Resource: undefined }), /^Missing required field Resource$/],
  ['both resources', 'bucket', policyOf({ ...onBucket, NotResource: '*' }), /both Resource and NotResource/],
  ['a resource on a role', 'trust', policyOf({ ...onRole, Resource: '*' }), /prohibited field Resource/],
  ['an S3 action on a role', 'trust', policyOf({ ...onRole, Action: 's3:GetObject' }), /invalid action/],
  ['all actions on a role', 'trust', policyOf({ ...onRole, Action: '*' }), /invalid action/],
  ['a bare resource', 'identity', policyOf({ ...onIdentity, Resource: 'photos/*' }), /invalid resource/],
  ['a resource of few parts', 'identity', policyOf({ ...onIdentity, Resource: 'arn:aws:s3' }), /invalid resource/],
  ['an open variable', 'bucket', policyOf({ ...onBucket, Resource: 'arn:aws:s3:::photos/${aws:' }), /invalid variable/],
  ['a variable of no service', 'bucket', policyOf({ ...onBucket, Resource: 'arn:aws:s3:::photos/${x}' }), /variable/],
  ['a condition that is a list', 'bucket', withCondition([]), /Condition$/],
  ['an operator without keys', 'bucket', withCondition({ Bool: {} }), /has no key/],
  [
    'an operator that is none',
    'bucket',
    withCondition({ Equals: { 'aws:x': 'a' } }),
    /^Invalid Condition type : Equals$/,
  ],
  ['a key without values', 'bucket', withCondition({ StringEquals: { 'aws:userid': [] } }), /has no value/],
  ['a value that is null', 'bucket', withCondition({ StringEquals: { 'aws:userid': null } }), /syntax/],
  ['a value that is an object', 'bucket', withCondition({ StringEquals: { 'aws:userid': {} } }), /syntax/],
  ['a key of no service', 'identity', withCondition({ Bool: { x: 'true' } }, onIdentity), /invalid condition key/],
  [
    'an unknown S3 key',
    'bucket',
    withCondition({ StringEquals: { 's3:x-acl': 'a' } }),
    /^Policy has an invalid condition key$/,
  ],
  [
    'an unknown global key',
    'bucket',
    withCondition({ StringEquals: { 'aws:sourcelp': 'a' } }),
    /invalid condition key/,
  ],
  [
    'a tag key without a tag',
    'bucket',
    withCondition({ StringEquals: { 's3:ExistingObjectTag/': 'a' } }),
    /condition key/,
  ],
  [
    'a key of other actions',
    'bucket',
    withCondition({ StringEquals: { 's3:prefix': 'a' } }),
    /^Conditions do not apply/,
  ],
  [
    'no address',
    'bucket',
    withCondition({ IpAddress: { 'aws:SourceIp': '1.2.3' } }),
    /^Invalid IP address in Conditions$/,
  ],
  ['no range', 'bucket', withCondition({ NotIpAddress: { 'aws:SourceIp': ['10.0.0.0/33'] } }), /Invalid IP address/],
  [
    'no date',
    'bucket',
    withCondition({ DateLessThan: { 'aws:CurrentTime': 'soon' } }),
    /Invalid value .* DateLessThan : soon/,
  ],
  ['no number', 'bucket', withCondition({ NumericEquals: { 'aws:MultiFactorAuthAge': '1h' } }), /Invalid value/],
  ['no truth', 'bucket', withCondition({ Null: { 'aws:userid': 'no' } }), /Invalid value .* Null/],
  ['a Bool of something else', 'bucket', withCondition({ Bool: { 'aws:SecureTransport': '1' } }), /Invalid value/],
  ['no ARN', 'bucket', withCondition({ ArnLike: { 'aws:SourceArn': 'role/*' } }), /Invalid value/],
  ['no base64', 'bucket', withCondition({ BinaryEquals: { 'aws:userid': '%' } }), /Invalid value/],
];
for (const [what, kind, policy, message] of refused) {
  test(`refused on ${kind}: ${what}`, () => {
    assert.throws(
      () => parsePolicy(JSON.stringify(policy), places[kind]),
      (error) => error instanceof StorageError && error.kind === 'MalformedPolicy' && message.test(error.message),
    );
  });
}

const badActions = [
  [],
  '',
  1,
  ['s3:GetObject', null],
  'GetObject',
  's3',
  's3:',
  's3::GetObject',
  's3:Get-Object',
  's3:GetObjects',
  's3:????',
  's3:??Abort*',
  'iam:GetUser',
  'sts:AssumeRole',
  '*GetObject',
  's*:GetObject',
];
for (const action of badActions) {
  test(`refused on a bucket: the action ${JSON.stringify(action)}`, () => {
    const policy = JSON.stringify(policyOf({ ...onBucket, Action: action }));
    assert.throws(() => parsePolicy(policy, places.bucket), { message: 'Policy has invalid action' });
  });
}

const badResources = [
  [],
  '',
  7,
  'photos/*',
  'arn:aws:s3:::other/*',
  'arn:aws:s3:::photo',
  'arn:aws:s3:::photos-old/*',
  'arn:aws:s3:::/photos',
  'arn:aws:iam:::photos/*',
  'arn:aws:s3:eu-1::photos/*',
  ['arn:aws:s3:::photos/*', 'arn:aws:s3:::other/*'],
];
for (const resource of badResources) {
  test(`refused on a bucket: the resource ${JSON.stringify(resource)}`, () => {
    const policy = JSON.stringify(policyOf({ ...onBucket, Resource: resource }));
    assert.throws(() => parsePolicy(policy, places.bucket), { message: 'Policy has invalid resource' });
  });
}

const pairs: readonly [action: string | string[], resource: string | string[], applies: boolean][] = [
  ['s3:GetObject', 'arn:aws:s3:::photos', false],
  ['s3:GetObjec?', 'arn:aws:s3:::photos', false],
  ['s3:Abort*', 'arn:aws:s3:::photos', false],
  ['s3:ListBucket', 'arn:aws:s3:::photos/*', false],
  ['s3:GetBucket*', 'arn:aws:s3:::photos/*', false],
  ['s3:ListAllMyBuckets', '*', false],
  [['s3:ListBucket', 's3:GetObject'], 'arn:aws:s3:::photos/*', false],
  [['s3:ListBucket', 's3:GetObject'], ['arn:aws:s3:::photos', 'arn:aws:s3:::photos/*'], true],
  ['s3:ListBucket', ['arn:aws:s3:::photos', 'arn:aws:s3:::photos/*'], true],
  ['s3:*', 'arn:aws:s3:::photos', true],
  ['*', 'arn:aws:s3:::photos/*', true],
  ['S3:getobject', 'arn:aws:s3:::photos/a', true],
  ['s3:GetObject', 'arn:aws:s3:::photos*', true],
  ['s3:ListBucket', 'arn:aws:s3:::photos*', true],
  ['s3:GetObject', '*', true],
  ['s3:GetObject', 'arn:aws:s3:::photos/${aws:username}/*', true],
  ['s3:GetObject', 'arn:aws:s3:::${aws:PrincipalTag/bucket}/x', true],
];
for (const [action, resource, applies] of pairs) {
  test(`on a bucket, ${action} ${applies ? 'applies' : 'does not apply'} to ${resource}`, () => {
    const text = JSON.stringify(policyOf({ ...onBucket, Action: action, Resource: resource }));
    if (applies) assert.equal(parsePolicy(text, places.bucket).statements.length, 1);
    else {
      const message = 'Action does not apply to any resource(s) in statement';
      assert.throws(() => parsePolicy(text, places.bucket), { message });
    }
  });
}

test('reads every element', () => {
  const document = parsePolicy(
    JSON.stringify({
      Version: '2012-10-17',
      Id: 'backup',
      Statement: {
        Sid: 'Only from home, please',
        Effect: 'Deny',
        NotPrincipal: { AWS: ['111111111111', 'arn:aws:iam::111111111111:user/ann'] },
        NotAction: 's3:ListBucket',
        NotResource: ['arn:aws:s3:::photos/public/*'],
        Condition: {
          'ForAnyValue:StringLikeIfExists': { 's3:RequestObjectTagKeys': ['a*', 'b'] },
          NumericGreaterThan: { 's3:TlsVersion': 1.2 },
          Bool: { 'aws:SecureTransport': false },
        },
      },
    }),
    places.bucket,
  );
  assert.deepEqual(document, {
    kind: 'bucket',
    version: '2012-10-17',
    id: 'backup',
    statements: [
      {
        sid: 'Only from home, please',
        effect: 'Deny',
        principals: {
          negated: true,
          principals: [
            { kind: 'account', accountId: '111111111111' },
            { kind: 'user', accountId: '111111111111', arn: 'arn:aws:iam::111111111111:user/ann' },
          ],
        },
        actions: { negated: true, patterns: ['s3:ListBucket'] },
        resources: { negated: true, patterns: ['arn:aws:s3:::photos/public/*'] },
        conditions: [
          {
            operator: 'StringLike',
            quantifier: 'for-any-value',
            ifExists: true,
            key: 's3:RequestObjectTagKeys',
            values: ['a*', 'b'],
          },
          {
            operator: 'NumericGreaterThan',
            quantifier: 'none',
            ifExists: false,
            key: 's3:TlsVersion',
            values: ['1.2'],
          },
          { operator: 'Bool', quantifier: 'none', ifExists: false, key: 'aws:SecureTransport', values: ['false'] },
        ],
      },
    ],
  });
});

test('a number keeps the digits that it was written with', () => {
  const text = JSON.stringify(policyOf({ ...onIdentity, Condition: { StringEquals: { 'aws:userid': 'N' } } }));
  const written = text.replace('"N"', '12345678901234567890');
  assert.deepEqual(parsePolicy(written, places.identity).statements[0]?.conditions[0]?.values, [
    '12345678901234567890',
  ]);
});

test('the version is the older one where none is given, and knows no variables', () => {
  const { Version: _version, ...rest } = policyOf({ ...onBucket, Resource: 'arn:aws:s3:::photos/${oops' });
  assert.equal(parsePolicy(JSON.stringify(rest), places.bucket).version, '2008-10-17');
});

test('an identity may be allowed what other services do, a role be assumed', () => {
  const administrator = policyOf({ Effect: 'Allow', Action: ['iam:*', '*', 's3:NewAction'], Resource: '*' });
  assert.equal(parsePolicy(JSON.stringify(administrator), places.identity).kind, 'identity');
  assert.equal(parsePolicy(JSON.stringify(administrator), places.session).kind, 'session');
  assert.equal(parsePolicy(JSON.stringify(policyOf(onRole)), places.trust).statements[0]?.resources, undefined);
  const provider = { ...onRole, Principal: { Federated: 'id.example.com' }, Action: 'sts:AssumeRoleWithWebIdentity' };
  const condition = { StringEquals: { 'id.example.com:aud': 'cairn' } };
  assert.equal(parsePolicy(JSON.stringify(withCondition(condition, provider)), places.trust).kind, 'trust');
});

test('the size counts in bytes, without the white space between tokens', () => {
  const sized = (bytes: number, character: string, indent: number) => {
    const empty = JSON.stringify({ ...policyOf(onBucket), Id: '' });
    const id = character.repeat((bytes - empty.length) / Buffer.byteLength(character));
    return JSON.stringify({ ...policyOf(onBucket), Id: id }, undefined, indent);
  };
  const message = /exceeds the maximum allowed size of 20480 bytes/;
  for (const character of ['x', ' ']) {
    for (const indent of [0, 8]) {
      assert.ok(parsePolicy(sized(policySizeLimit, character, indent), places.bucket));
      assert.throws(() => parsePolicy(sized(policySizeLimit + 1, character, indent), places.bucket), { message });
    }
  }
  assert.throws(() => parsePolicy(sized(policySizeLimit + 300, 'ä', 0), places.bucket), { message });
  assert.throws(() => parsePolicy(`{${' '.repeat(10_000_000)}}`, places.bucket), { message });
});

test('what is quoted in a message fits into an XML document', () => {
  const text = JSON.stringify(policyOf({ ...onBucket, ['\u0000\u001b\ufffe'.repeat(100)]: 1 }));
  assert.throws(
    () => parsePolicy(text, places.bucket),
    (error) => error instanceof StorageError && /^Unknown field \ufffd+…$/.test(error.message),
  );
});

test('whatever JSON is sent, it is accepted and can be compiled, or is malformed', () => {
  const word = fc.constantFrom(
    ...['Version', 'Statement', 'Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'Resource', 'Condition', 'AWS'],
    ...['Allow', 'Deny', '*', 's3:*', 's3:GetObject', 'arn:aws:s3:::photos/*', '2012-10-17', 'StringLike', 'IpAddress'],
    ...['aws:SourceIp', '10.0.0.0/8', '${aws:username}', '${', '__proto__', 'constructor', 'Null', 'true', 'toString'],
  );
  const { value } = fc.letrec<{ value: unknown; object: object }>((tie) => ({
    value: fc.oneof({ maxDepth: 6 }, word, fc.constantFrom(null, 1, true, ''), fc.array(tie('value')), tie('object')),
    object: fc.dictionary(word, tie('value'), { maxKeys: 5 }),
  }));
  const element = (name: string, likely: fc.Arbitrary<unknown>) =>
    fc.oneof({ weight: 8, arbitrary: likely }, { weight: 1, arbitrary: value }).map((given) => [name, given] as const);
  const statement = fc
    .tuple(
      element('Effect', fc.constantFrom('Allow', 'Deny')),
      element('Principal', fc.constantFrom('*', { AWS: '*' })),
      element('Action', fc.constantFrom('s3:*', 's3:GetObject')),
      element('Resource', fc.constantFrom('*', 'arn:aws:s3:::photos/*')),
      element('Condition', fc.constantFrom({}, { Bool: { 'aws:SecureTransport': 'true' } })),
    )
    .map((fields) => Object.fromEntries(fields));
  const text = fc.oneof(
    value.map((one) => JSON.stringify(one) ?? ''),
    fc.array(statement, { maxLength: 3 }).map((statements) => JSON.stringify(policyOf(...statements))),
    fc.string(),
  );
  let accepted = 0;
  fc.assert(
    fc.property(text, fc.constantFrom(...Object.values(places)), (written, place) => {
      try {
        compilePolicy(parsePolicy(written, place), 'drawn');
        accepted++;
      } catch (error) {
        if (!(error instanceof StorageError) || error.kind !== 'MalformedPolicy') throw error;
      }
    }),
    { numRuns: 3000 },
  );
  assert.ok(accepted > 20, `only ${accepted} were accepted`);
});

test('a text that never ends its strings is refused as fast as any', () => {
  // Each of them takes seconds where the pattern for strings begins anew at every quote.
  for (let i = 0; i < 50; i++) {
    const text = `{"${'\\"'.repeat(60_000 + i)}`;
    assert.throws(() => parsePolicy(text, places.identity), { kind: 'MalformedPolicy' });
  }
});

test('white space between tokens goes, within them it stays', () => {
  const text = ' { "a b" :\t[ "c\\" d" , 1 ]\r\n} ';
  assert.equal(compactPolicy(text), '{"a b":["c\\" d",1]}');
});
