import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CorsRequest, type CorsRule, checkCorsRules, corsMethods, matchCors } from './cors.ts';

const rule = (parts: Partial<CorsRule>): CorsRule => ({
  id: undefined,
  allowedOrigins: ['https://app.example'],
  allowedMethods: ['GET'],
  allowedHeaders: [],
  exposeHeaders: [],
  maxAgeSeconds: undefined,
  ...parts,
});
const request = (parts: Partial<CorsRequest>): CorsRequest => ({
  origin: 'https://app.example',
  method: 'GET',
  headers: [],
  ...parts,
});

test('a rule takes a request whose origin, method and headers it allows, all three', () => {
  const rules = [rule({ allowedHeaders: ['Content-Type', 'X-Amz-*'] })];
  assert.equal(matchCors(rules, request({ headers: ['content-type', 'x-amz-meta-a'] }))?.rule, rules[0]);
  assert.equal(matchCors(rules, request({ headers: ['content-type', 'range'] })), undefined);
  assert.equal(matchCors(rules, request({ method: 'HEAD' })), undefined);
  assert.equal(matchCors(rules, request({ method: 'get' })), undefined);
  for (const origin of [
    'http://app.example',
    'https://app.example:443',
    'https://APP.example',
    'https://app.example.',
  ]) {
    assert.equal(matchCors(rules, request({ origin })), undefined, origin);
  }
});

test('no allowed header means that none may be asked for', () => {
  assert.ok(matchCors([rule({})], request({})));
  assert.equal(matchCors([rule({})], request({ headers: ['range'] })), undefined);
});

test('the first rule that fits decides', () => {
  const rules = [
    rule({ id: 'other-method', allowedMethods: ['PUT'] }),
    rule({ id: 'first', maxAgeSeconds: 1 }),
    rule({ id: 'second', maxAgeSeconds: 2 }),
  ];
  assert.equal(matchCors(rules, request({}))?.rule.id, 'first');
});

test('one star stands for any text, also none', () => {
  const pattern = (text: string, origin: string) => matchCors([rule({ allowedOrigins: [text] })], request({ origin }));
  for (const origin of ['startend', 'start1end', 'start.end']) assert.ok(pattern('start*end', origin), origin);
  for (const origin of ['0startend', 'startend0', 'star', 'starend']) {
    assert.equal(pattern('start*end', origin), undefined, origin);
  }
  assert.equal(pattern('aba*ba', 'aba'), undefined, 'what stands before the star and behind it does not overlap');
});

test('an origin that no rule names is never told that it may use credentials', () => {
  const match = (pattern: string) => matchCors([rule({ allowedOrigins: [pattern] })], request({}));
  const told = (pattern: string) => [match(pattern)?.allowedOrigin, match(pattern)?.allowsCredentials];
  assert.deepEqual(told('*'), ['*', false]);
  for (const pattern of ['https://*', 'http*', 'https:*']) {
    assert.deepEqual(told(pattern), ['https://app.example', false], pattern);
  }
  for (const pattern of ['https://app.example', 'https://*.example', '*.example']) {
    assert.deepEqual(told(pattern), ['https://app.example', true], pattern);
  }
});

test('a request that names hundreds of headers is allowed nothing', () => {
  const rules = [rule({ allowedHeaders: ['*'] })];
  const headers = (count: number) => Array.from({ length: count }, (_, at) => `x-${at}`);
  assert.ok(matchCors(rules, request({ headers: headers(256) })));
  assert.equal(matchCors(rules, request({ headers: headers(257) })), undefined);
});

/** The same question, asked of regular expressions. */
function expected(rules: readonly CorsRule[], { origin, method, headers }: CorsRequest): CorsRule | undefined {
  const fits = (pattern: string, text: string, flags: string) => {
    const source = pattern.split('*').map((literal) => literal.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    return new RegExp(`^${source.join('.*')}$`, `s${flags}`).test(text);
  };
  return rules.find(
    (candidate) =>
      candidate.allowedMethods.includes(method) &&
      candidate.allowedOrigins.some((pattern) => fits(pattern, origin, '')) &&
      headers.every((name) => candidate.allowedHeaders.some((pattern) => fits(pattern, name, 'i'))),
  );
}

test('matching agrees with regular expressions', () => {
  const literal = fc.stringMatching(/^[ab.]{0,3}$/);
  const pattern = fc.oneof(
    literal,
    fc.tuple(literal, literal).map(([before, after]) => `${before}*${after}`),
  );
  const method = fc.constantFrom(...corsMethods, 'PATCH');
  const rules = fc.array(
    fc.record({
      allowedOrigins: fc.array(pattern, { minLength: 1, maxLength: 3 }),
      allowedMethods: fc.uniqueArray(fc.constantFrom(...corsMethods), { minLength: 1 }),
      allowedHeaders: fc.array(
        pattern.map((text) => text.toUpperCase()),
        { maxLength: 3 },
      ),
    }),
    { maxLength: 4 },
  );
  const asked = fc.record({
    origin: fc.stringMatching(/^[ab.]{1,5}$/),
    method,
    headers: fc.array(fc.stringMatching(/^[ab.]{1,4}$/), { maxLength: 3 }),
  });
  const property = fc.property(rules, asked, (parts, wanted) => {
    const all = parts.map((part) => rule(part));
    const match = matchCors(all, wanted);
    assert.equal(match?.rule, expected(all, wanted));
    if (match) assert.ok(match.allowedOrigin === wanted.origin || match.allowedOrigin === '*');
    if (match?.allowedOrigin === '*') assert.equal(match.allowsCredentials, false);
  });
  fc.assert(property, { numRuns: 1000 });
});

test('rules that no bucket may have are refused in the words of S3', () => {
  checkCorsRules([
    rule({ allowedMethods: corsMethods, allowedOrigins: ['*', 'http://*.a', ''], allowedHeaders: ['*', 'x-*-a'] }),
    rule({ exposeHeaders: ['ETag', 'x-amz-meta-a_b'] }),
  ]);
  const refused: [Partial<CorsRule>, RegExp][] = [
    [{ allowedMethods: ['GET', 'PATCH'] }, /unsupported HTTP method in CORS config. Unsupported method is PATCH$/],
    [{ allowedMethods: ['get'] }, /Unsupported method is get$/],
    [{ allowedOrigins: ['http://*.*'] }, /^AllowedOrigin "http:\/\/\*\.\*" can not have more than one wildcard\.$/],
    [{ allowedHeaders: ['x-**'] }, /^AllowedHeader "x-\*\*" can not have more than one wildcard\.$/],
    [{ exposeHeaders: ['x-*'] }, /^ExposeHeader "x-\*" contains wildcard/],
    [{ exposeHeaders: ['a\r\nSet-Cookie: b'] }, /is not the name of a header/],
    [{ exposeHeaders: [''] }, /is not the name of a header/],
  ];
  for (const [parts, message] of refused) {
    assert.throws(() => checkCorsRules([rule({}), rule(parts)]), { kind: 'InvalidRequest', message });
  }
});
