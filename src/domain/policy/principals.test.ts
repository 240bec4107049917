import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePolicy } from './parse-policy.ts';
import type { PolicyEffect } from './policy-document.ts';
import type { PolicyPrincipal } from './policy-request.ts';
import { compilePrincipals, matchesPrincipal, parsePrincipal, principalsNamedBy } from './principals.ts';

const account = '111122223333';
const canonicalId = 'c'.repeat(64);
const root: PolicyPrincipal = { kind: 'account', accountId: account, canonicalId };
const ann: PolicyPrincipal = { kind: 'user', accountId: account, canonicalId, arn: `arn:aws:iam::${account}:user/ann` };
const bob: PolicyPrincipal = { kind: 'user', accountId: account, canonicalId, arn: `arn:aws:iam::${account}:user/bob` };
const session: PolicyPrincipal = {
  kind: 'role-session',
  accountId: account,
  canonicalId,
  roleArn: `arn:aws:iam::${account}:role/team/reader`,
  sessionArn: `arn:aws:sts::${account}:assumed-role/reader/ci`,
};
const stranger: PolicyPrincipal = {
  kind: 'user',
  accountId: '999999999999',
  arn: 'arn:aws:iam::999999999999:user/ann',
};
const anonymous: PolicyPrincipal = { kind: 'anonymous' };
const service: PolicyPrincipal = { kind: 'service', service: 'events.amazonaws.com' };

function applies(
  [type, ...names]: readonly [string, ...string[]],
  principal: PolicyPrincipal,
  { negated = false, effect = 'Allow' }: { negated?: boolean; effect?: PolicyEffect } = {},
): boolean {
  const principals = names.map((name) => parsePrincipal(type, name));
  return matchesPrincipal(compilePrincipals({ negated, principals }), principal, effect);
}

test('everyone is everyone', () => {
  for (const principal of [root, ann, session, stranger, anonymous, service]) {
    assert.equal(applies(['AWS', '*'], principal), true, principal.kind);
  }
});

test('an account is whoever belongs to it, by number, root ARN or canonical id', () => {
  const spellings: readonly (readonly [string, string])[] = [
    ['AWS', account],
    ['AWS', `arn:aws:iam::${account}:root`],
    ['CanonicalUser', canonicalId],
  ];
  const members: readonly PolicyPrincipal[] = [root, ann, session];
  const others: readonly PolicyPrincipal[] = [stranger, anonymous, service];
  for (const [type, name] of spellings) {
    for (const member of members) assert.equal(applies([type, name], member), true, member.kind);
    for (const other of others) assert.equal(applies([type, name], other), false, other.kind);
  }
});

test('a user is that user, a role each of its sessions, a session that session', () => {
  assert.equal(applies(['AWS', `arn:aws:iam::${account}:user/ann`], ann), true);
  assert.equal(applies(['AWS', `arn:aws:iam::${account}:user/ann`], bob), false);
  assert.equal(applies(['AWS', `arn:aws:iam::${account}:user/ann`], root), false);
  assert.equal(applies(['AWS', `arn:aws:iam::${account}:user/ann`], stranger), false);
  assert.equal(applies(['AWS', `arn:aws:iam::${account}:role/team/reader`], session), true);
  assert.equal(applies(['AWS', `arn:aws:iam::${account}:role/reader`], session), false);
  assert.equal(applies(['AWS', `arn:aws:sts::${account}:assumed-role/reader/ci`], session), true);
  assert.equal(applies(['AWS', `arn:aws:sts::${account}:assumed-role/reader/other`], session), false);
});

test('services and providers are told apart from each other', () => {
  const web: PolicyPrincipal = { kind: 'federated', provider: 'events.amazonaws.com' };
  assert.equal(applies(['Service', 'events.amazonaws.com'], service), true);
  assert.equal(applies(['Service', 'events.amazonaws.com'], web), false);
  assert.equal(applies(['Federated', 'events.amazonaws.com'], web), true);
  assert.equal(applies(['Federated', 'events.amazonaws.com'], service), false);
});

test('NotPrincipal in a Deny spares only those whose every name is listed', () => {
  const userArn = `arn:aws:iam::${account}:user/ann`;
  const roleArn = `arn:aws:iam::${account}:role/team/reader`;
  const sessionArn = `arn:aws:sts::${account}:assumed-role/reader/ci`;
  const denied = (names: readonly string[], principal: PolicyPrincipal) =>
    applies(['AWS', ...names], principal, { negated: true, effect: 'Deny' });
  assert.equal(denied([userArn, account], ann), false);
  assert.equal(denied([userArn], ann), true);
  assert.equal(denied([account], ann), true);
  assert.equal(denied([userArn, account], bob), true);
  assert.equal(denied([userArn, account], root), false);
  assert.equal(denied([userArn, account], anonymous), true);
  assert.equal(denied([userArn, account], stranger), true);
  assert.equal(denied([sessionArn, roleArn, account], session), false);
  assert.equal(denied([roleArn, account], session), true);
  assert.equal(denied(['*'], anonymous), false);
});

test('NotPrincipal in an Allow, should there be one, allows nobody of whom a name is listed', () => {
  assert.equal(applies(['AWS', account], ann, { negated: true }), false);
  assert.equal(applies(['AWS', account], stranger, { negated: true }), true);
  assert.equal(applies(['AWS', '*'], stranger, { negated: true }), false);
});

const malformed: readonly [type: string, value: string][] = [
  ['AWS', ''],
  ['AWS', 'ann'],
  ['AWS', '11112222333'],
  ['AWS', '1111222233334'],
  ['AWS', `arn:aws:iam::${account}:user/*`],
  ['AWS', `arn:aws:iam::*:root`],
  ['AWS', `arn:aws:iam::${account}:group/staff`],
  ['AWS', `arn:aws:iam::${account}:user/`],
  ['AWS', `arn:aws:iam::${account}:root/x`],
  ['AWS', `arn:aws:sts::${account}:user/ann`],
  ['AWS', `arn:aws:iam::${account}:assumed-role/reader/ci`],
  ['AWS', `arn:aws:sts::${account}:assumed-role/reader`],
  ['AWS', `arn:aws-cn:iam::${account}:root`],
  ['AWS', 'AIDAEXAMPLE'],
  ['AWS', `arn:aws:iam::${account}:user/${'a/'.repeat(5000)}*`],
  ['CanonicalUser', '*'],
  ['CanonicalUser', 'abc'],
  ['Federated', '*'],
  ['Service', '*'],
  ['Service', 'events'],
  ['aws', '*'],
  ['constructor', '*'],
  ['__proto__', '*'],
];
for (const [type, value] of malformed) {
  test(`no principal: ${type} ${value.slice(0, 60)}`, () => {
    assert.throws(() => parsePrincipal(type, value), { message: 'Invalid principal in policy' });
  });
}

for (const principal of ['"ann"', '""', '[]', '["*"]', '{}', '{"AWS":[]}', '{"AWS":[1]}', '{"AWS":{}}', 'null', '1']) {
  test(`no principal element: ${principal}`, () => {
    const text = `{"Statement":[{"Effect":"Allow","Principal":${principal},"Action":"s3:*","Resource":"*"}]}`;
    assert.throws(() => parsePolicy(text, { kind: 'bucket', bucket: 'b' }), { message: 'Invalid principal in policy' });
  });
}

test('lists everyone whom a policy names, once', () => {
  const statement = (names: object) => ({ Effect: 'Deny', Principal: names, Action: 's3:*', Resource: '*' });
  const document = parsePolicy(
    JSON.stringify({
      Statement: [
        statement({ AWS: [account, `arn:aws:iam::${account}:root`, '123456789012345'], Service: 'a.example.com' }),
        statement({ AWS: `arn:aws:iam::${account}:user/a/b`, CanonicalUser: canonicalId }),
        statement({ AWS: '*' }),
      ],
    }),
    { kind: 'bucket', bucket: 'b' },
  );
  assert.deepEqual(principalsNamedBy(document), [
    { kind: 'account', accountId: account },
    { kind: 'account', accountId: '123456789012345' },
    { kind: 'service', service: 'a.example.com' },
    { kind: 'user', accountId: account, arn: `arn:aws:iam::${account}:user/a/b` },
    { kind: 'canonical-user', canonicalId },
    { kind: 'everyone' },
  ]);
});
