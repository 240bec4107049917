import { allow, deny, trust } from './documents.ts';
import type { Step } from './step.ts';

const gone = (call: string, input: object): Step => ({ call, input: { ...input }, fails: 'NoSuchEntity' });
const readOnly = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const first = allow('s3:ListAllMyBuckets');
const parsed = (document: string) => JSON.parse(document);

/** Policies, what they hang on, roles and simulation. Leaves nothing behind. */
export const policySteps: readonly Step[] = [
  { service: 'sts', call: 'GetCallerIdentity', keep: { account: 'Account' } },
  { call: 'CreateUser', input: { UserName: 'holder' } },
  { call: 'CreateGroup', input: { GroupName: 'holders' } },

  // Managed policies
  {
    call: 'CreatePolicy',
    input: {
      PolicyName: 'list',
      PolicyDocument: first,
      Description: 'lists',
      Path: '/p/',
      Tags: [{ Key: 'a', Value: '1' }],
    },
    gives: {
      Policy: {
        PolicyName: 'list',
        Arn: 'arn:aws:iam::<account>:policy/p/list',
        DefaultVersionId: 'v1',
        AttachmentCount: 0,
        IsAttachable: true,
        PolicyId: '/^ANPA/',
      },
    },
    keep: { policy: 'Policy.Arn' },
  },
  { call: 'CreatePolicy', input: { PolicyName: 'list', PolicyDocument: first }, fails: 'EntityAlreadyExists' },
  {
    call: 'CreatePolicy',
    input: { PolicyName: 'bad', PolicyDocument: '{"Version":"2012-10-17"}' },
    fails: 'MalformedPolicyDocument',
  },
  { call: 'CreatePolicy', input: { PolicyName: 'bad', PolicyDocument: 'no json' }, fails: 'MalformedPolicyDocument' },
  { call: 'policy_exists', waits: true, input: { PolicyArn: '<policy>' } },
  {
    call: 'GetPolicy',
    input: { PolicyArn: '<policy>' },
    gives: { Policy: { Description: 'lists', Tags: [{ Key: 'a', Value: '1' }] } },
  },
  gone('GetPolicy', { PolicyArn: 'arn:aws:iam::<account>:policy/none' }),
  {
    call: 'GetPolicyVersion',
    input: { PolicyArn: '<policy>', VersionId: 'v1' },
    gives: { PolicyVersion: { Document: parsed(first), IsDefaultVersion: true } },
  },
  {
    call: 'CreatePolicyVersion',
    input: { PolicyArn: '<policy>', PolicyDocument: deny('s3:ListAllMyBuckets'), SetAsDefault: true },
    gives: { PolicyVersion: { VersionId: 'v2', IsDefaultVersion: true } },
  },
  {
    call: 'CreatePolicyVersion',
    input: { PolicyArn: '<policy>', PolicyDocument: first },
    gives: { PolicyVersion: { VersionId: 'v3', IsDefaultVersion: false } },
  },
  { call: 'CreatePolicyVersion', input: { PolicyArn: '<policy>', PolicyDocument: first } },
  { call: 'CreatePolicyVersion', input: { PolicyArn: '<policy>', PolicyDocument: first } },
  { call: 'CreatePolicyVersion', input: { PolicyArn: '<policy>', PolicyDocument: first }, fails: 'LimitExceeded' },
  {
    call: 'ListPolicyVersions',
    input: { PolicyArn: '<policy>' },
    gives: {
      Versions: [
        { VersionId: 'v5' },
        { VersionId: 'v4' },
        { VersionId: 'v3' },
        { VersionId: 'v2', IsDefaultVersion: true },
        { VersionId: 'v1' },
      ],
    },
  },
  { call: 'ListPolicyVersions', input: { PolicyArn: '<policy>', MaxItems: 2 }, gives: { IsTruncated: true } },
  { call: 'DeletePolicyVersion', input: { PolicyArn: '<policy>', VersionId: 'v2' }, fails: 'DeleteConflict' },
  { call: 'SetDefaultPolicyVersion', input: { PolicyArn: '<policy>', VersionId: 'v1' } },
  { call: 'SetDefaultPolicyVersion', input: { PolicyArn: '<policy>', VersionId: 'v1' } },
  gone('SetDefaultPolicyVersion', { PolicyArn: '<policy>', VersionId: 'v9' }),
  ...['v2', 'v3', 'v4', 'v5'].map(
    (VersionId): Step => ({ call: 'DeletePolicyVersion', input: { PolicyArn: '<policy>', VersionId } }),
  ),
  gone('DeletePolicyVersion', { PolicyArn: '<policy>', VersionId: 'v5' }),
  { call: 'TagPolicy', input: { PolicyArn: '<policy>', Tags: [{ Key: 'b', Value: '2' }] } },
  { call: 'UntagPolicy', input: { PolicyArn: '<policy>', TagKeys: ['a'] } },
  { call: 'ListPolicyTags', input: { PolicyArn: '<policy>' }, gives: { Tags: [{ Key: 'b', Value: '2' }] } },
  { call: 'ListPolicies', input: { Scope: 'Local' }, gives: { Policies: [{ PolicyName: 'list' }] } },
  { call: 'ListPolicies', input: { Scope: 'Local', OnlyAttached: true }, gives: { Policies: [] } },
  {
    call: 'ListPolicies',
    input: { Scope: 'AWS', MaxItems: 1 },
    gives: { Policies: [{ Arn: '/^arn:aws:iam::aws:policy//' }], IsTruncated: true },
    keep: { marker: 'Marker' },
  },
  { call: 'ListPolicies', input: { Scope: 'AWS', MaxItems: 1, Marker: '<marker>' }, gives: { Policies: [{}] } },
  { call: 'DeletePolicy', input: { PolicyArn: readOnly }, fails: 'AccessDenied' },

  // What they hang on, twice as whoever applies the same again
  ...[1, 2].flatMap((): Step[] => [
    { call: 'AttachUserPolicy', input: { UserName: 'holder', PolicyArn: '<policy>' } },
    { call: 'AttachGroupPolicy', input: { GroupName: 'holders', PolicyArn: readOnly } },
    { call: 'PutUserPolicy', input: { UserName: 'holder', PolicyName: 'own', PolicyDocument: first } },
    { call: 'PutGroupPolicy', input: { GroupName: 'holders', PolicyName: 'own', PolicyDocument: first } },
    { call: 'PutUserPermissionsBoundary', input: { UserName: 'holder', PermissionsBoundary: readOnly } },
    {
      call: 'ListAttachedUserPolicies',
      input: { UserName: 'holder' },
      gives: { AttachedPolicies: [{ PolicyArn: '<policy>', PolicyName: 'list' }] },
    },
    {
      call: 'ListAttachedGroupPolicies',
      input: { GroupName: 'holders' },
      gives: { AttachedPolicies: [{ PolicyArn: readOnly }] },
    },
    {
      call: 'GetUserPolicy',
      input: { UserName: 'holder', PolicyName: 'own' },
      gives: { PolicyDocument: parsed(first), UserName: 'holder' },
    },
    {
      call: 'GetGroupPolicy',
      input: { GroupName: 'holders', PolicyName: 'own' },
      gives: { PolicyDocument: parsed(first) },
    },
    {
      call: 'GetUser',
      input: { UserName: 'holder' },
      gives: { User: { PermissionsBoundary: { PermissionsBoundaryArn: readOnly } } },
    },
    { call: 'GetPolicy', input: { PolicyArn: '<policy>' }, gives: { Policy: { AttachmentCount: 1 } } },
  ]),
  gone('AttachUserPolicy', { UserName: 'holder', PolicyArn: 'arn:aws:iam::aws:policy/NoSuchPolicy' }),
  gone('AttachUserPolicy', { UserName: 'nobody', PolicyArn: readOnly }),
  gone('DetachUserPolicy', { UserName: 'holder', PolicyArn: readOnly }),
  {
    call: 'AttachUserPolicy',
    input: { UserName: 'holder', PolicyArn: 'not-an-arn-but-long-enough' },
    fails: 'InvalidInput',
  },
  {
    call: 'PutUserPolicy',
    input: { UserName: 'holder', PolicyName: 'bad', PolicyDocument: '{}' },
    fails: 'MalformedPolicyDocument',
  },
  { call: 'ListUserPolicies', input: { UserName: 'holder' }, gives: { PolicyNames: ['own'] } },
  { call: 'ListGroupPolicies', input: { GroupName: 'holders' }, gives: { PolicyNames: ['own'] } },
  {
    call: 'ListEntitiesForPolicy',
    input: { PolicyArn: '<policy>' },
    gives: { PolicyUsers: [{ UserName: 'holder' }], PolicyGroups: [], PolicyRoles: [] },
  },
  { call: 'DeletePolicy', input: { PolicyArn: '<policy>' }, fails: 'DeleteConflict' },

  // Simulation
  {
    call: 'SimulatePrincipalPolicy',
    input: {
      PolicySourceArn: 'arn:aws:iam::<account>:user/holder',
      ActionNames: ['s3:ListAllMyBuckets', 's3:PutObject'],
    },
    gives: {
      EvaluationResults: [
        { EvalActionName: 's3:ListAllMyBuckets', EvalDecision: 'allowed' },
        { EvalDecision: 'implicitDeny' },
      ],
    },
  },
  {
    call: 'SimulateCustomPolicy',
    input: {
      PolicyInputList: [deny('s3:PutObject')],
      ActionNames: ['s3:PutObject'],
      ResourceArns: ['arn:aws:s3:::b/k'],
    },
    gives: { EvaluationResults: [{ EvalDecision: 'explicitDeny', EvalResourceName: 'arn:aws:s3:::b/k' }] },
  },
  {
    call: 'GetContextKeysForCustomPolicy',
    input: {
      PolicyInputList: [
        trust('*', { StringEquals: { 'aws:PrincipalTag/team': 'x' } }).replace(
          '"Principal":{"AWS":"*"}',
          '"Resource":"*"',
        ),
      ],
    },
    gives: { ContextKeyNames: ['aws:PrincipalTag/team'] },
  },
  gone('SimulatePrincipalPolicy', {
    PolicySourceArn: 'arn:aws:iam::<account>:user/nobody',
    ActionNames: ['s3:GetObject'],
  }),

  // Roles
  {
    call: 'CreateRole',
    input: {
      RoleName: 'stage',
      AssumeRolePolicyDocument: trust('<account>'),
      Description: 'd',
      MaxSessionDuration: 7200,
      Tags: [{ Key: 'a', Value: '1' }],
    },
    gives: { Role: { Arn: 'arn:aws:iam::<account>:role/stage', RoleId: '/^AROA/', MaxSessionDuration: 7200 } },
  },
  {
    call: 'CreateRole',
    input: { RoleName: 'stage', AssumeRolePolicyDocument: trust('<account>') },
    fails: 'EntityAlreadyExists',
  },
  {
    call: 'CreateRole',
    input: { RoleName: 'other', AssumeRolePolicyDocument: first },
    fails: 'MalformedPolicyDocument',
  },
  { call: 'role_exists', waits: true, input: { RoleName: 'stage' } },
  ...[1, 2].flatMap((): Step[] => [
    { call: 'UpdateRole', input: { RoleName: 'stage', Description: 'e', MaxSessionDuration: 3600 } },
    {
      call: 'UpdateAssumeRolePolicy',
      input: { RoleName: 'stage', PolicyDocument: trust('arn:aws:iam::<account>:user/holder') },
    },
    { call: 'AttachRolePolicy', input: { RoleName: 'stage', PolicyArn: '<policy>' } },
    { call: 'PutRolePolicy', input: { RoleName: 'stage', PolicyName: 'own', PolicyDocument: first } },
    { call: 'PutRolePermissionsBoundary', input: { RoleName: 'stage', PermissionsBoundary: readOnly } },
    { call: 'TagRole', input: { RoleName: 'stage', Tags: [{ Key: 'b', Value: '2' }] } },
    {
      call: 'GetRole',
      input: { RoleName: 'stage' },
      gives: {
        Role: {
          Description: 'e',
          MaxSessionDuration: 3600,
          AssumeRolePolicyDocument: { Statement: [{ Principal: { AWS: 'arn:aws:iam::<account>:user/holder' } }] },
          PermissionsBoundary: { PermissionsBoundaryArn: readOnly },
        },
      },
    },
    {
      call: 'GetRolePolicy',
      input: { RoleName: 'stage', PolicyName: 'own' },
      gives: { PolicyDocument: parsed(first) },
    },
  ]),
  { call: 'UntagRole', input: { RoleName: 'stage', TagKeys: ['a'] } },
  { call: 'ListRoleTags', input: { RoleName: 'stage' }, gives: { Tags: [{ Key: 'b', Value: '2' }] } },
  { call: 'ListRoles', gives: { Roles: [{ RoleName: 'stage' }] } },
  {
    call: 'ListAttachedRolePolicies',
    input: { RoleName: 'stage' },
    gives: { AttachedPolicies: [{ PolicyName: 'list' }] },
  },
  { call: 'ListRolePolicies', input: { RoleName: 'stage' }, gives: { PolicyNames: ['own'] } },
  { call: 'ListInstanceProfilesForRole', input: { RoleName: 'stage' }, gives: { InstanceProfiles: [] } },
  { call: 'DeleteRole', input: { RoleName: 'stage' }, fails: 'DeleteConflict' },
  { call: 'DetachRolePolicy', input: { RoleName: 'stage', PolicyArn: '<policy>' } },
  { call: 'DeleteRolePolicy', input: { RoleName: 'stage', PolicyName: 'own' } },
  { call: 'DeleteRolePermissionsBoundary', input: { RoleName: 'stage' } },
  { call: 'DeleteRole', input: { RoleName: 'stage' } },
  gone('GetRole', { RoleName: 'stage' }),

  // The end
  { call: 'DeleteUserPermissionsBoundary', input: { UserName: 'holder' } },
  { call: 'DetachUserPolicy', input: { UserName: 'holder', PolicyArn: '<policy>' } },
  { call: 'DeleteUserPolicy', input: { UserName: 'holder', PolicyName: 'own' } },
  gone('GetUserPolicy', { UserName: 'holder', PolicyName: 'own' }),
  { call: 'DetachGroupPolicy', input: { GroupName: 'holders', PolicyArn: readOnly } },
  { call: 'DeleteGroupPolicy', input: { GroupName: 'holders', PolicyName: 'own' } },
  { call: 'DeletePolicy', input: { PolicyArn: '<policy>' } },
  gone('DeletePolicy', { PolicyArn: '<policy>' }),
  { call: 'DeleteUser', input: { UserName: 'holder' } },
  { call: 'DeleteGroup', input: { GroupName: 'holders' } },
];
