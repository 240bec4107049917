// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are policy variables
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { advise, type RefusedRequest } from './advise.ts';
import { compilePolicy } from './compile-policy.ts';
import { evaluate } from './evaluate.ts';
import { explainSides } from './explain-sides.ts';
import { parsePolicy } from './parse-policy.ts';
import type { PolicyRequest } from './policy-request.ts';
import { emptyContext } from './policy-variables.ts';

const accountId = '123456789012';
const arn = `arn:aws:iam::${accountId}:user/ann`;
const asked: PolicyRequest = {
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::bucket/key',
  principal: { kind: 'user', accountId, arn },
  context: emptyContext,
};
const identityPolicy = (statements: readonly object[], name = 'policy') =>
  compilePolicy(
    parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), { kind: 'identity' }),
    name,
  );

const refusedBy = (by: string, more: Partial<RefusedRequest> = {}): RefusedRequest => ({
  action: asked.action,
  resource: asked.resource,
  by,
  principal: arn,
  accountId,
  resourceAccountId: accountId,
  sides: [],
  hidesResource: false,
  hidesIdentity: false,
  ...more,
});

test('the statement that is advised lets just that through, whatever the key is', () => {
  const key = fc.array(
    fc.constantFrom('a', '/', '*', '?', '$', '{', '}', '${', '${*}', '${aws:username}', '\\', '"', '😀'),
    {
      maxLength: 8,
    },
  );
  fc.assert(
    fc.property(key, (pieces) => {
      const resource = `arn:aws:s3:::bucket/k${pieces.join('')}`;
      const sides = explainSides([{ kind: 'identity', policies: [] }], { ...asked, resource });
      const [advice] = advise(refusedBy('identity', { resource, sides }));
      const statement = JSON.parse(/\{"Effect".*\}$/s.exec(advice!)![0]) as object;
      const policies = [identityPolicy([statement])];
      assert.equal(evaluate(policies, { ...asked, resource }).effect, 'allow');
      assert.equal(evaluate(policies, { ...asked, resource: `${resource}x` }).effect, 'implicit-deny');
    }),
    { numRuns: 300 },
  );
});

test('what stands for all of a kind is advised as it is written in policies', () => {
  for (const resource of ['*', 'arn:aws:s3:::*']) {
    const sides = explainSides([{ kind: 'identity', policies: [] }], { ...asked, resource });
    const [advice] = advise(refusedBy('identity', { action: 's3:ListAllMyBuckets', resource, sides }));
    assert.ok(advice?.includes(`"Resource":"${resource}"`), String(advice));
  }
});

test('denials come first, and nothing else is said then', () => {
  const all = { Action: '*', Resource: '*' };
  const sides = explainSides(
    [
      {
        kind: 'identity',
        policies: [
          identityPolicy([
            { ...all, Effect: 'Deny' },
            { ...all, Effect: 'Allow' },
          ]),
        ],
      },
    ],
    asked,
  );
  assert.deepEqual(advise(refusedBy('identity', { sides })), ['Remove the Deny statement 1 of policy, or narrow it.']);
});

test('every limit that lacks it is told, what decided first', () => {
  const sides = explainSides(
    [
      { kind: 'identity', policies: [] },
      {
        kind: 'boundary',
        policies: [identityPolicy([{ Effect: 'Allow', Action: 's3:PutObject', Resource: '*' }], 'arn:b')],
      },
      { kind: 'session', policies: [] },
    ],
    asked,
  );
  const advice = advise(refusedBy('boundary', { sides }));
  assert.match(advice[0]!, /^The permissions boundary \(arn:b\) lacks/);
  assert.match(advice[1]!, /^Give arn:aws:iam::123456789012:user\/ann/);
  assert.match(advice[2]!, /^The policies of the session lack/);
});

test('what hangs on no policy is said in words', () => {
  for (const by of ['public-access-block', 'requester-pays', 'initiator', 'account', 'acl']) {
    const advice = advise(refusedBy(by, { resourceAccountId: '999999999999' }));
    assert.ok(advice.length > 0 && advice.every((line) => line.length > 20), by);
  }
});

test('an explanation is small, whatever policies say', () => {
  const values = Array.from({ length: 25 }, (_, i) => `${i}`.padStart(300, 'x'));
  const statement = {
    Effect: 'Deny',
    Action: 's3:*',
    Resource: '*',
    Condition: { StringEquals: { 'aws:username': values }, StringLike: { 'aws:Referer': 'x' } },
  };
  const policies = Array.from({ length: 100 }, () => identityPolicy([statement, statement]));
  const context = {
    values: (key: string) => (key === 'aws:referer' ? ['https://x/?X-Amz-Signature=secret#y'] : values),
  };
  const sides = explainSides([{ kind: 'identity', policies }], { ...asked, context });
  const text = JSON.stringify(sides);
  assert.ok(text.length < 100_000, `${text.length}`);
  assert.equal(sides[0]!.omitted + sides[0]!.statements.length, 200);
  assert.equal(text.includes('secret'), false);
});

test('conditions that cannot be read are explained as having no value', () => {
  const statement = {
    Effect: 'Allow',
    Action: 's3:*',
    Resource: '*',
    Condition: { StringEquals: { 'aws:username': 'a' } },
  };
  const context = {
    values(): never {
      throw new Error('not readable');
    },
  };
  const [side] = explainSides([{ kind: 'identity', policies: [identityPolicy([statement])] }], { ...asked, context });
  assert.deepEqual(side!.statements[0]!.conditions[0]!.actual, undefined);
});
