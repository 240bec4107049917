import { allow, trust } from './documents.ts';
import type { Step } from './step.ts';

const sts = 'sts' as const;
const s3 = 's3' as const;
const role = (name: string) => `arn:aws:iam::<account>:role/${name}`;

/** Sessions: of a user, of roles, of roles of roles; what they may in S3, and when they end. Leaves nothing behind. */
export const sessionSteps: readonly Step[] = [
  { service: sts, call: 'GetCallerIdentity', keep: { account: 'Account' } },
  { call: 'CreateUser', input: { UserName: 'actor', Tags: [{ Key: 'team', Value: 'a' }] } },
  {
    call: 'CreateAccessKey',
    input: { UserName: 'actor' },
    keep: { actor: 'AccessKey', actorKey: 'AccessKey.AccessKeyId' },
  },
  { call: 'PutUserPolicy', input: { UserName: 'actor', PolicyName: 's3', PolicyDocument: allow('s3:*') } },

  // GetSessionToken
  {
    service: sts,
    call: 'GetSessionToken',
    as: 'actor',
    input: { DurationSeconds: 900 },
    gives: { Credentials: { AccessKeyId: '/^ASIA/', SessionToken: '/./' } },
    keep: { session: 'Credentials' },
  },
  { service: sts, call: 'GetCallerIdentity', as: 'session', gives: { Arn: 'arn:aws:iam::<account>:user/actor' } },
  { service: s3, call: 'CreateBucket', as: 'session', input: { Bucket: 'of-a-session' } },
  { service: s3, call: 'ListBuckets', as: 'session', gives: { Buckets: [{ Name: 'of-a-session' }] } },
  { call: 'ListUsers', as: 'session', fails: 'InvalidClientTokenId' },
  { service: sts, call: 'GetSessionToken', as: 'session', fails: 'AccessDenied' },
  { service: sts, call: 'GetSessionToken', as: 'actor', input: { DurationSeconds: 899 }, fails: 'ValidationError' },

  // GetFederationToken
  {
    service: sts,
    call: 'GetFederationToken',
    as: 'actor',
    input: { Name: 'fed', Policy: allow('s3:ListAllMyBuckets') },
    fails: 'AccessDenied',
  },
  {
    call: 'PutUserPolicy',
    input: {
      UserName: 'actor',
      PolicyName: 'sts',
      PolicyDocument: allow(['sts:GetFederationToken', 'sts:AssumeRole', 'sts:TagSession']),
    },
  },
  {
    service: sts,
    call: 'GetFederationToken',
    as: 'actor',
    input: { Name: 'fed', Policy: allow('s3:ListAllMyBuckets') },
    gives: { FederatedUser: { Arn: 'arn:aws:sts::<account>:federated-user/fed' } },
    keep: { federated: 'Credentials' },
  },
  { service: s3, call: 'ListBuckets', as: 'federated', gives: { Buckets: [{ Name: 'of-a-session' }] } },
  { service: s3, call: 'CreateBucket', as: 'federated', input: { Bucket: 'not-allowed' }, fails: 'AccessDenied' },
  { service: sts, call: 'GetFederationToken', as: 'actor', input: { Name: 'f' }, fails: 'ValidationError' },

  // AssumeRole
  {
    service: sts,
    call: 'AssumeRole',
    as: 'actor',
    input: { RoleArn: role('none'), RoleSessionName: 'one' },
    fails: 'AccessDenied',
  },
  {
    call: 'CreateRole',
    input: {
      RoleName: 'first',
      AssumeRolePolicyDocument: trust('arn:aws:iam::<account>:user/actor', {
        StringEquals: { 'sts:ExternalId': 'e-1' },
      }),
      MaxSessionDuration: 3600,
    },
  },
  { call: 'CreateRole', input: { RoleName: 'second', AssumeRolePolicyDocument: trust('<account>') } },
  {
    call: 'PutRolePolicy',
    input: {
      RoleName: 'first',
      PolicyName: 'p',
      PolicyDocument: allow(['s3:ListAllMyBuckets', 's3:ListBucket', 'sts:AssumeRole']),
    },
  },
  {
    call: 'PutRolePolicy',
    input: { RoleName: 'second', PolicyName: 'p', PolicyDocument: allow('s3:ListAllMyBuckets') },
  },
  {
    service: sts,
    call: 'AssumeRole',
    as: 'actor',
    input: { RoleArn: role('first'), RoleSessionName: 'one' },
    fails: 'AccessDenied',
  },
  {
    service: sts,
    call: 'AssumeRole',
    as: 'actor',
    input: { RoleArn: role('first'), RoleSessionName: 'one', ExternalId: 'e-1', DurationSeconds: 3601 },
    fails: 'ValidationError',
  },
  {
    service: sts,
    call: 'AssumeRole',
    as: 'actor',
    input: { RoleArn: role('first'), RoleSessionName: 'one', ExternalId: 'e-1' },
    gives: {
      AssumedRoleUser: { Arn: 'arn:aws:sts::<account>:assumed-role/first/one', AssumedRoleId: '/^AROA.*:one$/' },
    },
    keep: { one: 'Credentials' },
  },
  {
    service: sts,
    call: 'GetCallerIdentity',
    as: 'one',
    gives: { Arn: 'arn:aws:sts::<account>:assumed-role/first/one' },
  },
  { service: s3, call: 'ListBuckets', as: 'one', gives: { Buckets: [{ Name: 'of-a-session' }] } },
  { service: s3, call: 'ListObjectsV2', as: 'one', input: { Bucket: 'of-a-session' }, gives: { KeyCount: 0 } },
  { service: s3, call: 'DeleteBucket', as: 'one', input: { Bucket: 'of-a-session' }, fails: 'AccessDenied' },
  {
    service: sts,
    call: 'AssumeRole',
    as: 'actor',
    input: { RoleArn: role('first'), RoleSessionName: 'narrow', ExternalId: 'e-1', Policy: allow('s3:ListBucket') },
    keep: { narrow: 'Credentials' },
  },
  { service: s3, call: 'ListBuckets', as: 'narrow', fails: 'AccessDenied' },
  { service: s3, call: 'ListObjectsV2', as: 'narrow', input: { Bucket: 'of-a-session' } },
  {
    service: sts,
    call: 'AssumeRole',
    as: 'one',
    input: { RoleArn: role('second'), RoleSessionName: 'chained' },
    gives: { AssumedRoleUser: { Arn: 'arn:aws:sts::<account>:assumed-role/second/chained' } },
    keep: { chained: 'Credentials' },
  },
  { service: s3, call: 'ListBuckets', as: 'chained', gives: { Buckets: [{ Name: 'of-a-session' }] } },
  { service: s3, call: 'ListObjectsV2', as: 'chained', input: { Bucket: 'of-a-session' }, fails: 'AccessDenied' },
  {
    service: sts,
    call: 'AssumeRole',
    as: 'one',
    input: { RoleArn: role('second'), RoleSessionName: 'chained', DurationSeconds: 3601 },
    fails: 'ValidationError',
  },
  {
    service: sts,
    call: 'AssumeRole',
    as: 'narrow',
    input: { RoleArn: role('second'), RoleSessionName: 'chained' },
    fails: 'AccessDenied',
  },
  {
    service: sts,
    call: 'AssumeRole',
    input: { RoleArn: role('second'), RoleSessionName: 'by-root' },
    fails: 'AccessDenied',
  },

  // Ends
  { service: s3, call: 'DeleteBucket', as: 'session', input: { Bucket: 'of-a-session' } },
  { call: 'UpdateAccessKey', input: { UserName: 'actor', AccessKeyId: '<actorKey>', Status: 'Inactive' } },
  ...['session', 'one', 'chained', 'federated'].map(
    (as): Step => ({ service: sts, call: 'GetCallerIdentity', as, fails: 'InvalidClientTokenId' }),
  ),
  { call: 'UpdateAccessKey', input: { UserName: 'actor', AccessKeyId: '<actorKey>', Status: 'Active' } },
  { service: s3, call: 'ListBuckets', as: 'one', gives: { Buckets: [] } },
  ...['first', 'second'].flatMap((RoleName): Step[] => [
    { call: 'DeleteRolePolicy', input: { RoleName, PolicyName: 'p' } },
    { call: 'DeleteRole', input: { RoleName } },
  ]),
  { service: sts, call: 'GetCallerIdentity', as: 'one', fails: 'InvalidClientTokenId' },
  { call: 'DeleteUserPolicy', input: { UserName: 'actor', PolicyName: 's3' } },
  { call: 'DeleteUserPolicy', input: { UserName: 'actor', PolicyName: 'sts' } },
  { call: 'DeleteAccessKey', input: { UserName: 'actor', AccessKeyId: '<actorKey>' } },
  { call: 'DeleteUser', input: { UserName: 'actor' } },
];
