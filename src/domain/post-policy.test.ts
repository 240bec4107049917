import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkPostedSize, checkPostPolicy, parsePostPolicy } from './post-policy.ts';

const later = '2030-01-01T00:00:00.000Z';
const now = Date.parse('2029-01-01T00:00:00Z');
const policyOf = (...conditions: unknown[]) => parsePostPolicy(JSON.stringify({ expiration: later, conditions }));
const check = (conditions: readonly unknown[], fields: Readonly<Record<string, string>>) =>
  checkPostPolicy(policyOf(...conditions), new Map(Object.entries(fields)), now);
const isDenied = (message: RegExp) => ({ kind: 'AccessDenied', message });

test('the example of the documentation', () => {
  const { expiration, conditions, sizes } = policyOf(
    { acl: 'public-read' },
    { bucket: 'johnsmith' },
    ['starts-with', '$key', 'user/eric/'],
    ['content-length-range', 1048579, 10485760],
  );
  assert.equal(expiration, Date.parse(later));
  assert.deepEqual(conditions, [
    { match: 'eq', field: 'acl', value: 'public-read' },
    { match: 'eq', field: 'bucket', value: 'johnsmith' },
    { match: 'starts-with', field: 'key', value: 'user/eric/' },
  ]);
  assert.deepEqual(sizes, { min: 1048579, max: 10485760 });
});

test('operators and names of fields are read in any case of letters, values are not', () => {
  check([{ KeY: 'a' }, ['StArTs-WiTh', '$ACL', 'pri'], ['EQ', '$Bucket', 'b']], {
    key: 'a',
    acl: 'private',
    bucket: 'b',
  });
  assert.throws(() => check([{ key: 'A' }], { key: 'a' }), isDenied(/Condition failed: \["eq","\$key","A"\]/));
});

test('a policy ends at its expiration', () => {
  const policy = policyOf();
  checkPostPolicy(policy, new Map(), policy.expiration - 1);
  for (const moment of [policy.expiration, policy.expiration + 1]) {
    assert.throws(() => checkPostPolicy(policy, new Map(), moment), isDenied(/Policy expired\.$/));
  }
});

test('every condition must hold, and a field that is not there meets none', () => {
  for (const condition of [
    { acl: '' },
    ['eq', '$acl', ''],
    ['starts-with', '$acl', ''],
    { '': '' },
    { __proto__x: 'a' },
    { constructor: 'a' },
  ]) {
    assert.throws(() => check([{ key: 'k' }, condition], { key: 'k' }), isDenied(/Policy Condition failed/));
  }
  check([['starts-with', '$acl', '']], { acl: 'anything' });
  check([{ key: 'k' }, ['starts-with', '$x-amz-server-side-encryption', '']], { key: 'k' });
  assert.throws(() => check([{ key: 'a' }, { key: 'b' }], { key: 'a' }), isDenied(/"b"/));
});

test('every field must be spoken of, but those of the signature, the file and what the page keeps', () => {
  check([], { 'x-amz-checksum-sha256': '' });
  check([], { policy: '', signature: '', awsaccesskeyid: '', 'x-amz-signature': '', file: '', 'x-ignore-me': '' });
  for (const name of [
    'key',
    'bucket',
    'x-amz-date',
    'x-amz-credential',
    'x-amz-meta-x',
    'ignore',
    'x-ignore',
    'files',
  ]) {
    assert.throws(() => check([], { [name]: '' }), isDenied(new RegExp(`Extra input fields: ${name}$`)));
  }
  assert.throws(() => check([], { a: '', b: '' }), isDenied(/Extra input fields: a, b$/));
});

test('commas make a list of a content type, and of nothing else', () => {
  const type = ['starts-with', '$Content-Type', 'image/'];
  check([type], { 'content-type': 'image/png,image/jpeg, image/gif' });
  assert.throws(() => check([type], { 'content-type': 'image/png,text/html' }), isDenied(/failed/));
  assert.throws(() => check([type], { 'content-type': 'image/png,' }), isDenied(/failed/));
  check([['starts-with', '$key', 'a']], { key: 'a,b' });
  check([['eq', '$Content-Type', 'image/png,text/html']], { 'content-type': 'image/png,text/html' });
});

test('several ranges of sizes allow what all of them allow', () => {
  const { sizes } = policyOf(['content-length-range', 0, 10], ['content-length-range', '5', '20']);
  assert.deepEqual(sizes, { min: 5, max: 10 });
  for (const size of [5, 10]) checkPostedSize(size, sizes, 'whole');
  checkPostedSize(4, sizes, 'growing');
  assert.throws(() => checkPostedSize(4, sizes, 'whole'), { kind: 'EntityTooSmall' });
  assert.throws(() => checkPostedSize(11, sizes, 'growing'), { kind: 'EntityTooLarge' });
});

test('the escapes of policies that JSON has not', () => {
  const policy = parsePostPolicy(
    String.raw`{"expiration":"${later}","conditions":[["eq","$key","\$a\\$b\v\n"],["eq","\$acl","\u0041"]]}`,
  );
  assert.deepEqual(policy.conditions, [
    { match: 'eq', field: 'key', value: '$a\\$b\v\n' },
    { match: 'eq', field: 'acl', value: 'A' },
  ]);
});

const malformed: readonly [what: string, text: string][] = [
  ['nothing', ''],
  ['no JSON', 'x'],
  ['a list', '[]'],
  ['a comma too many', `{"expiration":"${later}","conditions":[],}`],
  ['a field twice', `{"expiration":"${later}","expiration":"${later}","conditions":[]}`],
  ['no expiration', '{"conditions":[]}'],
  ['no conditions', `{"expiration":"${later}"}`],
  ['names in capitals', `{"expiration":"${later}","CONDITIONS":[]}`],
  ['a name that means nothing', `{"expiration":"${later}","conditions":[],"version":"1"}`],
  ['conditions that are no list', `{"expiration":"${later}","conditions":{}}`],
  ...['2030', '2030-01-01', '2030-01-01 00:00:00Z', '2030-02-30T00:00:00Z', '2030-01-01T00:00:00', 'never', '1e12'].map(
    (date): [string, string] => [`an expiration of ${date}`, `{"expiration":"${date}","conditions":[]}`],
  ),
  ['an expiration that is a number', '{"expiration":1893456000,"conditions":[]}'],
  ...[
    '{}',
    '{"a":"b","c":"d"}',
    '{"a":1}',
    '{"a":null}',
    '"eq"',
    'null',
    '[]',
    '["eq"]',
    '["eq","$key"]',
    '["eq","$key","a","b"]',
    '["eq","key","a"]',
    '["eq","$","a"]',
    '["eq",1,"a"]',
    '["eq","$key",1]',
    '["ends-with","$key","a"]',
    '[["eq"],"$key","a"]',
    '["content-length-range",0]',
    '["content-length-range",0,1,2]',
    '["content-length-range",-1,0]',
    '["content-length-range",0,1.5]',
    '["content-length-range",0,1e3]',
    '["content-length-range",0,""]',
    '["content-length-range",0,null]',
    '["content-length-range",0,"a"]',
  ].map((condition): [string, string] => [
    `the condition ${condition}`,
    `{"expiration":"${later}","conditions":[${condition}]}`,
  ]),
];
for (const [what, text] of malformed) {
  test(`no policy: ${what}`, () => {
    assert.throws(() => parsePostPolicy(text), { kind: 'InvalidPolicyDocument', message: /^Invalid Policy: / });
  });
}

const name = fc.constantFrom(
  'key',
  'acl',
  'content-type',
  'x-amz-meta-a',
  'bucket',
  '__proto__',
  'x-ignore-a',
  'policy',
);
const shortText = fc.string({ unit: fc.constantFrom('a', 'b', ','), maxLength: 4 });
const condition = fc.record({ match: fc.constantFrom('eq', 'starts-with'), name, value: shortText });

/** What the documentation says, written down a second time. */
function mayPass(conditions: readonly { match: string; name: string; value: string }[], fields: [string, string][]) {
  const meets = (c: (typeof conditions)[number]) =>
    fields.some(([field, text]) => {
      if (field !== c.name) return false;
      if (c.match === 'eq') return text === c.value;
      const parts = field === 'content-type' ? text.split(',') : [text];
      return parts.every((part) => part.indexOf(c.value) === 0);
    });
  const isCovered = ([field]: [string, string]) =>
    ['x-ignore-a', 'policy'].includes(field) || conditions.some((c) => c.name === field);
  return conditions.every(meets) && fields.every(isCovered);
}

test('agrees with a second reading of the documentation', () => {
  const form = fc.uniqueArray(fc.tuple(name, shortText), { selector: ([field]) => field, maxLength: 4 });
  let passed = 0;
  fc.assert(
    fc.property(fc.array(condition, { maxLength: 4 }), form, (conditions, fields) => {
      const written = conditions.map((c) =>
        c.match === 'eq' && c.value.length % 2 === 0 && c.name !== '__proto__'
          ? { [c.name]: c.value }
          : [c.match, `$${c.name}`, c.value],
      );
      let passes = true;
      try {
        checkPostPolicy(policyOf(...written), new Map(fields), now);
      } catch (error) {
        assert.equal((error as { kind?: unknown }).kind, 'AccessDenied');
        passes = false;
      }
      assert.equal(passes, mayPass(conditions, fields));
      passed += Number(passes);
    }),
    { numRuns: 3000 },
  );
  assert.ok(passed > 30, `${passed} passed`);
});

test('one condition more never lets more pass', () => {
  const form = fc.uniqueArray(fc.tuple(name, shortText), { selector: ([field]) => field, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(condition, { maxLength: 3 }), condition, form, (conditions, more, fields) => {
      const covering = fields.map(([field]) => ['starts-with', `$${field}`, '']);
      const written = [...covering, ...conditions.map((c) => [c.match, `$${c.name}`, c.value])];
      const passes = (list: unknown[]) => {
        try {
          checkPostPolicy(policyOf(...list), new Map(fields), now);
          return true;
        } catch {
          return false;
        }
      };
      if (passes([...written, [more.match, `$${more.name}`, more.value]])) assert.ok(passes(written));
    }),
    { numRuns: 500 },
  );
});

test('any text is a policy or is refused as none', () => {
  const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value));
  const nearly = fc
    .tuple(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 1 }))
    .map(([conditions, expiration]) => JSON.stringify({ expiration, conditions }));
  const listed = fc
    .array(fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.tuple(fc.constant('eq'), fc.string(), fc.string())))
    .map((conditions) => JSON.stringify({ expiration: later, conditions }));
  fc.assert(
    fc.property(fc.oneof(fc.string(), json, nearly, listed), (text) => {
      try {
        parsePostPolicy(text);
      } catch (error) {
        assert.equal((error as { kind?: unknown }).kind, 'InvalidPolicyDocument');
      }
    }),
    { numRuns: 1000 },
  );
});
