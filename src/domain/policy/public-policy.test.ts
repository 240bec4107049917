// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are policy variables
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePolicy } from './parse-policy.ts';
import { isPublicPolicy, publicStatements } from './public-policy.ts';

function parsed(...statements: readonly object[]) {
  const filled = statements.map((given) => ({ Effect: 'Allow', Action: 's3:PutObject', Resource: '*', ...given }));
  const text = JSON.stringify({ Version: '2012-10-17', Statement: filled });
  return parsePolicy(text, { kind: 'bucket', bucket: 'b' });
}

const kmsKey = 's3:x-amz-server-side-encryption-aws-kms-key-id';
const conditions: readonly [condition: object, isPublic: boolean][] = [
  [{}, true],
  [{ StringLike: { 'aws:SourceVpc': 'vpc-*' } }, true],
  [{ StringEquals: { 'aws:SourceVpc': 'vpc-91237329' } }, false],
  [{ StringLike: { 'aws:SourceVpc': 'vpc-91237329' } }, false],
  [{ StringEquals: { 'aws:SourceVpce': ['vpce-1', 'vpce-*'] } }, true],
  [{ StringEquals: { 'AWS:sourcevpce': ['vpce-1', 'vpce-2'] } }, false],
  [{ StringEqualsIfExists: { 'aws:SourceVpc': 'vpc-1' } }, true],
  [{ 'ForAllValues:StringEquals': { 'aws:SourceVpc': 'vpc-1' } }, true],
  [{ 'ForAnyValue:StringEquals': { 'aws:SourceVpc': 'vpc-1' } }, false],
  [{ StringNotEquals: { 'aws:SourceVpc': 'vpc-1' } }, true],
  [{ Null: { 'aws:SourceVpc': 'true' } }, true],
  [{ StringEquals: { 'aws:SourceAccount': '111122223333' } }, false],
  [{ StringEquals: { 'aws:SourceOwner': '${aws:PrincipalAccount}' } }, true],
  [{ StringEquals: { 'aws:PrincipalOrgID': 'o-1' } }, false],
  [{ ArnEquals: { 'aws:SourceArn': 'arn:aws:sns:eu-1:111122223333:t' } }, false],
  [{ ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:*:t' } }, true],
  [{ StringEquals: { 'aws:userid': 'AIDAEXAMPLE' } }, false],
  [{ StringLike: { 'aws:userid': 'AROAEXAMPLE:*' } }, true],
  [{ StringEquals: { 'aws:userid': 'AROAEXAMPLE:anyone' } }, true],
  [{ StringEquals: { [kmsKey]: 'arn:aws:kms:eu-1:111122223333:key/1' } }, false],
  [{ StringLike: { 's3:DataAccessPointArn': 'arn:aws:s3:us-west-2:123456789012:accesspoint/*' } }, false],
  [{ ArnLike: { 's3:DataAccessPointArn': 'arn:aws:s3:us-west-2:*:accesspoint/x' } }, true],
  [{ StringEquals: { 's3:DataAccessPointAccount': '123456789012' } }, false],
  [{ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }, false],
  [{ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, false],
  [{ IpAddress: { 'aws:SourceIp': '16.0.0.0/7' } }, true],
  [{ IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '0.0.0.0/1'] } }, true],
  [{ IpAddress: { 'aws:SourceIp': '::ffff:0:0/96' } }, true],
  [{ IpAddress: { 'aws:SourceIp': '2001:db8::/32' } }, false],
  [{ IpAddress: { 'aws:SourceIp': '2001:d00::/24' } }, true],
  [{ NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }, true],
  [{ StringEquals: { 'aws:SourceIp': '203.0.113.1' } }, true],
  [{ StringEquals: { 'aws:UserAgent': 'secret' } }, true],
  [{ Bool: { 'aws:SecureTransport': 'true' }, StringEquals: { 'aws:SourceVpc': 'vpc-1' } }, false],
];
for (const [condition, isPublic] of conditions) {
  test(`everyone, if ${JSON.stringify(condition)}: ${isPublic ? 'public' : 'not public'}`, () => {
    assert.equal(isPublicPolicy(parsed({ Principal: '*', Condition: condition })), isPublic);
  });
}

const principals: readonly [principal: unknown, isPublic: boolean][] = [
  ['*', true],
  [{ AWS: '*' }, true],
  [{ AWS: ['111122223333', '*'] }, true],
  [{ Federated: 'graph.facebook.com' }, true],
  [{ AWS: '111122223333' }, false],
  [{ AWS: 'arn:aws:iam::111122223333:role/r' }, false],
  [{ CanonicalUser: 'a'.repeat(64) }, false],
  [{ Service: 'cloudtrail.amazonaws.com' }, false],
];
for (const [principal, isPublic] of principals) {
  test(`${JSON.stringify(principal)} is ${isPublic ? 'public' : 'not public'}`, () => {
    assert.equal(isPublicPolicy(parsed({ Principal: principal })), isPublic);
  });
}

test('one public statement makes the policy public, a Deny none', () => {
  const document = parsed(
    { Principal: { Service: 'cloudtrail.amazonaws.com' } },
    { Principal: '*', Effect: 'Deny' },
    { Principal: '*' },
    { Principal: { AWS: '222222222222' } },
  );
  assert.equal(isPublicPolicy(document), true);
  assert.deepEqual(publicStatements(document), [2]);
});
