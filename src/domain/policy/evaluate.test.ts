// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are policy variables
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePolicy } from './compile-policy.ts';
import { evaluate } from './evaluate.ts';
import { explain } from './explain.ts';
import { parsePolicy } from './parse-policy.ts';
import type { PolicyRequest } from './policy-request.ts';

function identityPolicy(name: string, ...statements: readonly object[]) {
  const text = JSON.stringify({ Version: '2012-10-17', Statement: statements });
  return compilePolicy(parsePolicy(text, { kind: 'identity' }), name);
}

function request(
  action: string,
  resource: string,
  values: Readonly<Record<string, readonly string[]>> = {},
): PolicyRequest {
  return { action, resource, principal: { kind: 'anonymous' }, context: { values: (key) => values[key] } };
}

const allowAll = { Sid: 'All', Effect: 'Allow', Action: '*', Resource: '*' };

test('nothing allows, hence no', () => {
  assert.deepEqual(evaluate([], request('s3:GetObject', 'arn:aws:s3:::b/k')), {
    effect: 'implicit-deny',
    statements: [],
  });
  const other = identityPolicy('p', { ...allowAll, Action: 's3:PutObject' });
  assert.equal(evaluate([other], request('s3:GetObject', 'arn:aws:s3:::b/k')).effect, 'implicit-deny');
});

test('a deny wins wherever it stands, and all denies are named', () => {
  const first = identityPolicy('first', allowAll, { Effect: 'Deny', Action: 's3:Delete*', Resource: '*' });
  const second = identityPolicy('second', { Sid: 'No', Effect: 'Deny', NotAction: 's3:Get*', Resource: '*' }, allowAll);
  assert.deepEqual(evaluate([first, second], request('s3:DeleteObject', 'arn:aws:s3:::b/k')), {
    effect: 'explicit-deny',
    statements: [
      { policy: 'first', index: 1, sid: undefined, effect: 'Deny' },
      { policy: 'second', index: 0, sid: 'No', effect: 'Deny' },
    ],
  });
  assert.deepEqual(evaluate([first, second], request('s3:GetObject', 'arn:aws:s3:::b/k')), {
    effect: 'allow',
    statements: [
      { policy: 'first', index: 0, sid: 'All', effect: 'Allow' },
      { policy: 'second', index: 1, sid: 'All', effect: 'Allow' },
    ],
  });
});

test('actions are compared without regard to case, resources with it', () => {
  const policy = identityPolicy('p', { Effect: 'Allow', Action: 'S3:getOBJECT', Resource: 'arn:aws:s3:::b/Key' });
  assert.equal(evaluate([policy], request('s3:GetObject', 'arn:aws:s3:::b/Key')).effect, 'allow');
  assert.equal(evaluate([policy], request('s3:GetObject', 'arn:aws:s3:::b/key')).effect, 'implicit-deny');
});

test('a user gets the folder of that name, and one called * not those of all', () => {
  const policy = identityPolicy('p', {
    Effect: 'Allow',
    Action: 's3:GetObject',
    Resource: 'arn:aws:s3:::b/home/${aws:username}/*',
  });
  const asked = (name: string[] | undefined, key: string) =>
    evaluate([policy], request('s3:GetObject', `arn:aws:s3:::b/home/${key}`, name && { 'aws:username': name })).effect;
  assert.equal(asked(['ann'], 'ann/a/b'), 'allow');
  assert.equal(asked(['ann'], 'bob/a'), 'implicit-deny');
  assert.equal(asked(['*'], 'bob/a'), 'implicit-deny');
  assert.equal(asked(['*'], '*/a'), 'allow');
  assert.equal(asked(undefined, '/a'), 'implicit-deny');
  assert.equal(asked(['ann', 'bob'], 'ann/a'), 'implicit-deny');
});

test('NotResource with a variable that has no value lets nobody in and keeps everybody out', () => {
  const of = (Effect: string) => ({ Effect, Action: 's3:*', NotResource: 'arn:aws:s3:::b/${aws:username}' });
  const asked = request('s3:GetObject', 'arn:aws:s3:::b/k');
  assert.equal(evaluate([identityPolicy('p', of('Allow'))], asked).effect, 'implicit-deny');
  assert.equal(evaluate([identityPolicy('p', allowAll, of('Deny'))], asked).effect, 'explicit-deny');
});

test('a policy that has been asked once answers the same again', () => {
  const policy = identityPolicy('p', { Effect: 'Allow', Action: 's3:Get*', Resource: 'arn:aws:s3:::b/*' });
  for (let round = 0; round < 3; round++) {
    assert.equal(evaluate([policy], request('s3:GetObject', 'arn:aws:s3:::b/k')).effect, 'allow');
    assert.equal(evaluate([policy], request('s3:PutObject', 'arn:aws:s3:::b/k')).effect, 'implicit-deny');
    assert.equal(evaluate([policy], request('s3:GetObject', 'arn:aws:s3:::c/k')).effect, 'implicit-deny');
  }
});

test('explains what did not match', () => {
  const text = JSON.stringify({
    Statement: [
      {
        Sid: 'Home',
        Effect: 'Allow',
        Principal: { AWS: '111122223333' },
        Action: 's3:GetObject',
        Resource: 'arn:aws:s3:::b/x/*',
        Condition: { NotIpAddressIfExists: { 'aws:SourceIp': '10.0.0.0/8' }, Bool: { 'aws:SecureTransport': 'true' } },
      },
    ],
  });
  const policy = compilePolicy(parsePolicy(text, { kind: 'bucket', bucket: 'b' }), 'bucket policy');
  const asked = request('s3:GetObject', 'arn:aws:s3:::b/y', { 'aws:sourceip': ['192.0.2.1'] });
  assert.deepEqual(explain([policy], asked), [
    {
      statement: { policy: 'bucket policy', index: 0, sid: 'Home', effect: 'Allow' },
      applies: false,
      principal: false,
      action: true,
      resource: false,
      conditions: [
        {
          operator: 'NotIpAddressIfExists',
          key: 'aws:SourceIp',
          expected: ['10.0.0.0/8'],
          actual: ['192.0.2.1'],
          holds: true,
        },
        { operator: 'Bool', key: 'aws:SecureTransport', expected: ['true'], actual: undefined, holds: false },
      ],
    },
  ]);
});
