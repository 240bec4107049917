import { createHash } from 'node:crypto';
import { policyArn, uniqueId } from '../../domain/identity-arn.ts';
import type { ManagedPolicyRecord } from '../../records/managed-policy-record.ts';

/** A policy that is there for every account, under `arn:aws:iam::aws:policy…`, and that nobody changes. */
export interface AwsManagedPolicy {
  readonly name: string;
  readonly path: string;
  readonly description: string;
  /** The text of its only version. */
  readonly text: string;
}

/** Laid out as people read it: the text is what GetPolicyVersion shows. */
const documentOf = (Statement: object): string => JSON.stringify({ Version: '2012-10-17', Statement }, null, 2);

function onEverything(name: string, description: string, actions: string | readonly string[]): AwsManagedPolicy {
  const text = documentOf({ Effect: 'Allow', Action: actions, Resource: '*' });
  return { name, path: '/', description, text };
}

const readIam = [
  'iam:GenerateCredentialReport',
  'iam:GenerateServiceLastAccessedDetails',
  'iam:Get*',
  'iam:List*',
  'iam:SimulateCustomPolicy',
  'iam:SimulatePrincipalPolicy',
];
const bucketListing = 's3:ListAllMyBuckets';
const bucketReading = [bucketListing, 's3:GetBucket*'];
const bucketWriting = ['s3:CreateBucket', 's3:PutBucket*'];
const objectReading = ['s3:GetObject*', 's3:ListMultipartUploadParts'];
const objectDeleting = ['s3:DeleteObject*', 's3:AbortMultipartUpload'];
const objectListing = 's3:ListBucket*';

/** The names and documents that other stores have, beside AWS's own. */
const ofOtherStores: readonly AwsManagedPolicy[] = [
  onEverything('S3ListAccess', 'Lists everything in S3.', 's3:List*'),
  onEverything('S3ReadAccess', 'Lists and reads everything in S3.', ['s3:List*', 's3:Get*']),
  onEverything('S3WriteAccess', 'Creates and writes everything in S3.', ['s3:Put*', 's3:Create*']),
  onEverything('S3DeleteAccess', 'Deletes everything in S3.', 's3:Delete*'),
  onEverything('S3FullAccess', 'Provides full access to S3.', 's3:*'),
  onEverything('S3BucketListAccess', 'Lists buckets.', bucketListing),
  onEverything('S3BucketReadAccess', 'Lists buckets and reads their settings.', bucketReading),
  onEverything('S3BucketWriteAccess', 'Creates buckets and changes their settings.', bucketWriting),
  onEverything('S3BucketDeleteAccess', 'Deletes buckets and their settings.', 's3:DeleteBucket*'),
  onEverything('S3BucketFullAccess', 'Provides full access to buckets, without their objects.', [
    ...bucketReading,
    ...bucketWriting,
    's3:DeleteBucket*',
  ]),
  onEverything('S3ObjectListAccess', 'Lists objects.', objectListing),
  onEverything('S3ObjectReadAccess', 'Lists and reads objects.', [...objectReading, objectListing]),
  onEverything('S3ObjectWriteAccess', 'Writes objects.', 's3:PutObject*'),
  onEverything('S3ObjectDeleteAccess', 'Deletes objects and aborts uploads.', objectDeleting),
  onEverything('S3ObjectFullAccess', 'Provides full access to objects.', [
    objectListing,
    ...objectReading,
    's3:PutObject*',
    ...objectDeleting,
  ]),
  onEverything('IAMListAccess', 'Lists everything in IAM.', 'iam:List*'),
  onEverything('IAMReadAccess', 'Lists and reads everything in IAM.', ['iam:Get*', 'iam:List*']),
  onEverything('IAMAttachDetachAccess', 'Attaches and detaches managed policies.', ['iam:Attach*', 'iam:Detach*']),
];

const ofAws: readonly AwsManagedPolicy[] = [
  onEverything('AdministratorAccess', 'Provides full access to AWS services and resources.', '*'),
  onEverything('AmazonS3FullAccess', 'Provides full access to all buckets via the AWS Management Console.', [
    's3:*',
    's3-object-lambda:*',
  ]),
  onEverything('AmazonS3ReadOnlyAccess', 'Provides read only access to all buckets via the AWS Management Console.', [
    's3:Get*',
    's3:List*',
    's3:Describe*',
    's3-object-lambda:Get*',
    's3-object-lambda:List*',
  ]),
  onEverything('IAMFullAccess', 'Provides full access to IAM via the AWS Management Console.', 'iam:*'),
  onEverything('IAMReadOnlyAccess', 'Provides read only access to IAM via the AWS Management Console.', readIam),
  {
    name: 'IAMUserChangePassword',
    path: '/',
    description: 'Provides the ability for an IAM user to change their own password.',
    text: documentOf([
      { Effect: 'Allow', Action: ['iam:ChangePassword'], Resource: [`arn:aws:iam::*:user/\${aws:username}`] },
      { Effect: 'Allow', Action: ['iam:GetAccountPasswordPolicy'], Resource: '*' },
    ]),
  },
  {
    name: 'PowerUserAccess',
    path: '/',
    description:
      'Provides full access to AWS services and resources, but does not allow management of Users and groups.',
    text: documentOf([
      // Beside what AWS leaves out: tenants are managed by these.
      { Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*', 'cairn:*'], Resource: '*' },
      {
        Effect: 'Allow',
        Action: ['iam:CreateServiceLinkedRole', 'iam:DeleteServiceLinkedRole', 'iam:ListRoles'],
        Resource: '*',
      },
    ]),
  },
  onEverything('ReadOnlyAccess', 'Provides read-only access to AWS services and resources.', [
    ...readIam,
    's3:Describe*',
    's3:Get*',
    's3:List*',
    'sts:GetAccessKeyInfo',
    'sts:GetCallerIdentity',
  ]),
  onEverything(
    'SecurityAudit',
    'The security audit template grants access to read security configuration metadata. It is useful for software that audits the configuration of an AWS account.',
    [
      ...readIam,
      's3:GetAccountPublicAccessBlock',
      's3:GetAnalyticsConfiguration',
      's3:GetBucket*',
      's3:GetEncryptionConfiguration',
      's3:GetInventoryConfiguration',
      's3:GetLifecycleConfiguration',
      's3:GetMetricsConfiguration',
      's3:GetObjectAcl',
      's3:GetObjectVersionAcl',
      's3:GetReplicationConfiguration',
      's3:ListAllMyBuckets',
    ],
  ),
];

/** Cairn's own. */
const ofCairn: readonly AwsManagedPolicy[] = [
  onEverything(
    'CairnGlobalAdministrator',
    "Every action of Cairn's own, on all tenants where it is attached in the system account.",
    'cairn:*',
  ),
  {
    name: 'CairnTenantAdministrator',
    path: '/',
    description: 'Full access to all of one tenant: its buckets, users, roles, policies and keys, and nothing beyond.',
    text: documentOf([
      { Effect: 'Allow', Action: ['s3:*', 'iam:*', 'sts:*'], Resource: '*' },
      {
        Effect: 'Allow',
        Action: 'cairn:*',
        Resource: [`arn:aws:cairn::\${aws:PrincipalAccount}:*`, `arn:aws:iam::\${aws:PrincipalAccount}:*`],
      },
    ]),
  },
];

export const awsPolicyArn = ({ path, name }: Pick<AwsManagedPolicy, 'path' | 'name'>): string =>
  policyArn({ accountId: 'aws', path, name });

/** By ARN, in the order of their names. */
export const awsManagedPolicies: ReadonlyMap<string, AwsManagedPolicy> = new Map(
  [...ofAws, ...ofOtherStores, ...ofCairn]
    .sort((a, b) => a.name.localeCompare(b.name, 'en'))
    .map((policy) => [awsPolicyArn(policy), policy] as const),
);

/** When AWS made most of its own. */
const createdAt = Date.UTC(2015, 1, 6, 18, 40, 58);

/** The policy as if it were an account's; its id is the same on every installation. */
export function awsPolicyRecord({ name, path, description }: AwsManagedPolicy): ManagedPolicyRecord {
  const digest = createHash('sha256').update(name).digest();
  return {
    id: uniqueId({ bytes: (length) => digest.subarray(0, length) }, 'policy'),
    accountId: 'aws',
    name,
    path,
    createdAt,
    updatedAt: createdAt,
    description,
    defaultVersion: 1,
    latestVersion: 1,
    versions: [{ number: 1, createdAt }],
    tags: [],
  };
}
