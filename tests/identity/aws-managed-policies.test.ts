import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePolicy } from '../../src/domain/policy/parse-policy.ts';
import { awsManagedPolicies, awsPolicyRecord } from '../../src/services/identity/aws-managed-policies.ts';

const all = [...awsManagedPolicies.values()];

/** What tools of other stores name, with their documents. */
const ofOtherStores: Readonly<Record<string, string | readonly string[]>> = {
  AdministratorAccess: '*',
  S3ListAccess: 's3:List*',
  S3ReadAccess: ['s3:List*', 's3:Get*'],
  S3WriteAccess: ['s3:Put*', 's3:Create*'],
  S3DeleteAccess: 's3:Delete*',
  S3FullAccess: 's3:*',
  S3BucketListAccess: 's3:ListAllMyBuckets',
  S3BucketReadAccess: ['s3:ListAllMyBuckets', 's3:GetBucket*'],
  S3BucketWriteAccess: ['s3:CreateBucket', 's3:PutBucket*'],
  S3BucketDeleteAccess: 's3:DeleteBucket*',
  S3BucketFullAccess: ['s3:ListAllMyBuckets', 's3:GetBucket*', 's3:CreateBucket', 's3:PutBucket*', 's3:DeleteBucket*'],
  S3ObjectListAccess: 's3:ListBucket*',
  S3ObjectReadAccess: ['s3:GetObject*', 's3:ListMultipartUploadParts', 's3:ListBucket*'],
  S3ObjectWriteAccess: 's3:PutObject*',
  S3ObjectDeleteAccess: ['s3:DeleteObject*', 's3:AbortMultipartUpload'],
  S3ObjectFullAccess: [
    's3:ListBucket*',
    's3:GetObject*',
    's3:ListMultipartUploadParts',
    's3:PutObject*',
    's3:DeleteObject*',
    's3:AbortMultipartUpload',
  ],
  IAMListAccess: 'iam:List*',
  IAMReadAccess: ['iam:Get*', 'iam:List*'],
  IAMAttachDetachAccess: ['iam:Attach*', 'iam:Detach*'],
  IAMFullAccess: 'iam:*',
};

test('the policies of other stores are there by name, to the letter', () => {
  for (const [name, Action] of Object.entries(ofOtherStores)) {
    const Statement = { Effect: 'Allow', Action, Resource: '*' };
    const text = JSON.stringify({ Version: '2012-10-17', Statement }, null, 2);
    assert.equal(awsManagedPolicies.get(`arn:aws:iam::aws:policy/${name}`)?.text, text, name);
  }
});

test('every policy parses, and its id is its own and stays the same', () => {
  for (const policy of all) {
    assert.equal(parsePolicy(policy.text, { kind: 'identity' }).version, '2012-10-17', policy.name);
    assert.match(awsPolicyRecord(policy).id, /^ANPA[A-Z2-7]{17}$/);
  }
  const ids = all.map((policy) => awsPolicyRecord(policy).id);
  assert.equal(new Set(ids).size, all.length);
  assert.deepEqual(
    all.map((policy) => awsPolicyRecord(policy).id),
    ids,
  );
});

test('nothing but administrators’ policies reaches Cairn’s own actions', () => {
  const reaching = all.filter(({ text }) => {
    const { statements } = parsePolicy(text, { kind: 'identity' });
    return statements.some(({ effect, actions }) => {
      const named = actions.patterns.some((pattern) => pattern === '*' || pattern.startsWith('cairn:'));
      return effect === 'Allow' && named !== actions.negated;
    });
  });
  assert.deepEqual(
    reaching.map(({ name }) => name),
    ['AdministratorAccess', 'CairnGlobalAdministrator', 'CairnTenantAdministrator'],
  );
});
