import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { combineSides, type Sides, sideOfPolicy } from './combine-sides.ts';
import { compilePolicy } from './compile-policy.ts';
import { type Decision, evaluate } from './evaluate.ts';
import type { RightsLimit } from './identity-rights.ts';
import { parsePolicy } from './parse-policy.ts';
import type { PolicyPrincipal } from './policy-request.ts';
import { emptyContext } from './policy-variables.ts';

const decision = (effect: Decision['effect']): Decision => ({ effect, statements: [] });
const effects = fc.constantFrom<Decision['effect']>('allow', 'explicit-deny', 'implicit-deny');
const limit = fc.record({
  kind: fc.constantFrom<RightsLimit['kind']>('boundary', 'session', 'service-account'),
  decision: effects.map(decision),
});
const anySides: fc.Arbitrary<Sides> = fc.record({
  isOwnAccount: fc.boolean(),
  identity: fc.record({
    identity: fc.option(effects.map(decision), { nil: undefined }),
    limits: fc.array(limit, { maxLength: 3 }),
  }),
  resource: fc.record({
    effect: effects,
    naming: fc.constantFrom('itself' as const, 'parent' as const, 'everyone' as const, 'account' as const),
    statements: fc.constant([]),
  }),
});

/** AWS's flow charts, one rule a line, in no hurry. */
function allowedByTheBook({ isOwnAccount, identity, resource }: Sides): boolean {
  const own = identity.identity?.effect ?? 'allow';
  const said = [own, resource.effect, ...identity.limits.map(({ decision }) => decision.effect)];
  if (said.includes('explicit-deny')) return false;
  const passes = (kinds: readonly string[]) =>
    identity.limits.every(({ kind, decision }) => !kinds.includes(kind) || decision.effect === 'allow');
  if (!passes(['service-account'])) return false;
  const byResource = resource.effect === 'allow';
  const direct = isOwnAccount && byResource && resource.naming === 'itself';
  const throughParent = isOwnAccount && byResource && (resource.naming === 'parent' || resource.naming === 'everyone');
  const byIdentity = own === 'allow' && (isOwnAccount || byResource);
  return direct || ((throughParent || byIdentity) && passes(['boundary', 'session']));
}

test('all kinds of policies together allow what AWS documents', () => {
  fc.assert(
    fc.property(anySides, (sides) => {
      const { allowed, by } = combineSides(sides);
      assert.equal(allowed, allowedByTheBook(sides));
      assert.ok(by === 'identity' || by === 'resource' || sides.identity.limits.some(({ kind }) => kind === by));
    }),
    { numRuns: 2000 },
  );
});

test('a limit never allows more', () => {
  fc.assert(
    fc.property(anySides, limit, (sides, more) => {
      const limited = { ...sides, identity: { ...sides.identity, limits: [...sides.identity.limits, more] } };
      if (combineSides(limited).allowed) assert.ok(combineSides(sides).allowed);
    }),
    { numRuns: 1000 },
  );
});

// The table of https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html
const accountId = '123456789012';
const user: PolicyPrincipal = { kind: 'user', accountId, arn: `arn:aws:iam::${accountId}:user/alice` };
const session: PolicyPrincipal = {
  kind: 'role-session',
  accountId,
  roleArn: `arn:aws:iam::${accountId}:role/r`,
  sessionArn: `arn:aws:sts::${accountId}:assumed-role/r/s`,
};
const federated: PolicyPrincipal = {
  kind: 'federated-user',
  accountId,
  arn: `arn:aws:sts::${accountId}:federated-user/f`,
  userArn: user.arn,
};
const nothing = (kinds: readonly RightsLimit['kind'][]): Sides['identity'] => ({
  identity: decision('implicit-deny'),
  limits: kinds.map((kind) => ({ kind, decision: decision('implicit-deny') })),
});
const documented: readonly (readonly [string, PolicyPrincipal, string, readonly RightsLimit['kind'][], boolean])[] = [
  ['a session by its role', session, session.roleArn, ['boundary', 'session'], false],
  ['a session by its role, which nothing limits', session, session.roleArn, [], true],
  ['a session by its own name', session, session.sessionArn, ['boundary', 'session'], true],
  ['a user by its own name', user, user.arn, ['boundary'], true],
  ['a user by its account', user, accountId, [], false],
  ['a federated user by its user', federated, user.arn, ['boundary', 'session'], false],
  ['a federated user by its own name', federated, federated.arn, ['boundary', 'session'], true],
  ['a service account by its user', user, user.arn, ['service-account'], false],
];
for (const [name, principal, named, limits, expected] of documented) {
  test(`a resource allows ${name}: ${expected}`, () => {
    const resource = 'arn:aws:s3:::bucket/key';
    const text = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: named }, Action: 's3:GetObject', Resource: resource }],
    });
    const policy = compilePolicy(parsePolicy(text, { kind: 'bucket', bucket: 'bucket' }), 'bucket policy');
    const said = evaluate([policy], { action: 's3:GetObject', resource, principal, context: emptyContext });
    const sides = { isOwnAccount: true, identity: nothing(limits), resource: sideOfPolicy(policy, said, principal) };
    assert.equal(combineSides(sides).allowed, expected);
  });
}
