import { allow } from './documents.ts';
import type { Step } from './step.ts';

const gone = (call: string, input: object): Step => ({ call, input: { ...input }, fails: 'NoSuchEntity' });
const none = 'arn:aws:iam::aws:policy/NoSuchPolicy';

/** Users, groups, keys, passwords and the account. Leaves nothing behind. */
export const userSteps: readonly Step[] = [
  {
    service: 'sts',
    call: 'GetCallerIdentity',
    gives: { Arn: '/^arn:aws:iam::\\d{12}:root$/' },
    keep: { account: 'Account' },
  },
  { call: 'GetUser', gives: { User: { Arn: 'arn:aws:iam::<account>:root', UserId: '<account>' } } },

  // Users
  {
    call: 'CreateUser',
    input: { UserName: 'ada', Path: '/staff/', Tags: [{ Key: 'team', Value: 'a' }] },
    gives: {
      User: {
        UserName: 'ada',
        Path: '/staff/',
        Arn: 'arn:aws:iam::<account>:user/staff/ada',
        UserId: '/^AIDA[A-Z0-9]{17}$/',
      },
    },
    keep: { adaId: 'User.UserId' },
  },
  { call: 'CreateUser', input: { UserName: 'ada' }, fails: 'EntityAlreadyExists' },
  { call: 'CreateUser', input: { UserName: 'ADA' }, fails: 'EntityAlreadyExists' },
  { call: 'CreateUser', input: { UserName: 'b d' }, fails: 'ValidationError' },
  { call: 'CreateUser', input: { UserName: 'bob', PermissionsBoundary: none }, fails: 'NoSuchEntity' },
  { call: 'CreateUser', input: { UserName: 'bob' }, gives: { User: { Path: '/', PermissionsBoundary: null } } },
  { call: 'user_exists', waits: true, input: { UserName: 'bob' } },
  {
    call: 'GetUser',
    input: { UserName: 'ada' },
    gives: { User: { UserId: '<adaId>', Tags: [{ Key: 'team', Value: 'a' }] } },
  },
  gone('GetUser', { UserName: 'nobody' }),
  { call: 'ListUsers', gives: { Users: [{ UserName: 'ada' }, { UserName: 'bob' }], IsTruncated: false } },
  { call: 'ListUsers', input: { PathPrefix: '/staff/' }, gives: { Users: [{ UserName: 'ada' }] } },
  {
    call: 'ListUsers',
    input: { MaxItems: 1 },
    gives: { Users: [{ UserName: 'ada' }], IsTruncated: true },
    keep: { marker: 'Marker' },
  },
  {
    call: 'ListUsers',
    input: { MaxItems: 1, Marker: '<marker>' },
    gives: { Users: [{ UserName: 'bob' }], IsTruncated: false, Marker: null },
  },
  { call: 'UpdateUser', input: { UserName: 'ada', NewUserName: 'adele', NewPath: '/' } },
  gone('GetUser', { UserName: 'ada' }),
  {
    call: 'GetUser',
    input: { UserName: 'adele' },
    gives: { User: { UserId: '<adaId>', Arn: 'arn:aws:iam::<account>:user/adele' } },
  },
  { call: 'UpdateUser', input: { UserName: 'adele', NewUserName: 'bob' }, fails: 'EntityAlreadyExists' },
  gone('UpdateUser', { UserName: 'nobody', NewPath: '/' }),
  { call: 'UpdateUser', input: { UserName: 'adele', NewUserName: 'ada' } },

  // Tags
  {
    call: 'TagUser',
    input: {
      UserName: 'ada',
      Tags: [
        { Key: 'level', Value: '' },
        { Key: 'team', Value: 'b' },
      ],
    },
  },
  { call: 'TagUser', input: { UserName: 'ada', Tags: [{ Key: 'team', Value: 'b' }] } },
  {
    call: 'ListUserTags',
    input: { UserName: 'ada' },
    gives: {
      Tags: [
        { Key: 'level', Value: '' },
        { Key: 'team', Value: 'b' },
      ],
      IsTruncated: false,
    },
  },
  { call: 'ListUserTags', input: { UserName: 'ada', MaxItems: 1 }, gives: { IsTruncated: true } },
  { call: 'UntagUser', input: { UserName: 'ada', TagKeys: ['level', 'not-there'] } },
  { call: 'ListUserTags', input: { UserName: 'ada' }, gives: { Tags: [{ Key: 'team', Value: 'b' }] } },
  {
    call: 'TagUser',
    input: {
      UserName: 'ada',
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'A', Value: '2' },
      ],
    },
    fails: 'InvalidInput',
  },
  gone('TagUser', { UserName: 'nobody', Tags: [{ Key: 'a', Value: '1' }] }),

  // Groups
  {
    call: 'CreateGroup',
    input: { GroupName: 'crew', Path: '/g/' },
    gives: { Group: { Arn: 'arn:aws:iam::<account>:group/g/crew', GroupId: '/^AGPA/' } },
  },
  { call: 'CreateGroup', input: { GroupName: 'crew' }, fails: 'EntityAlreadyExists' },
  { call: 'AddUserToGroup', input: { GroupName: 'crew', UserName: 'ada' } },
  { call: 'AddUserToGroup', input: { GroupName: 'crew', UserName: 'ada' } },
  { call: 'AddUserToGroup', input: { GroupName: 'crew', UserName: 'bob' } },
  gone('AddUserToGroup', { GroupName: 'crew', UserName: 'nobody' }),
  gone('AddUserToGroup', { GroupName: 'none', UserName: 'ada' }),
  {
    call: 'GetGroup',
    input: { GroupName: 'crew' },
    gives: { Group: { GroupName: 'crew' }, Users: [{ UserName: '/^(ada|bob)$/' }, { UserName: '/^(ada|bob)$/' }] },
  },
  {
    call: 'GetGroup',
    input: { GroupName: 'crew', MaxItems: 1 },
    gives: { IsTruncated: true },
    keep: { marker: 'Marker' },
  },
  {
    call: 'GetGroup',
    input: { GroupName: 'crew', MaxItems: 1, Marker: '<marker>' },
    gives: { IsTruncated: false, Marker: null },
  },
  { call: 'ListGroupsForUser', input: { UserName: 'ada' }, gives: { Groups: [{ GroupName: 'crew' }] } },
  { call: 'ListGroups', gives: { Groups: [{ GroupName: 'crew' }] } },
  { call: 'ListGroups', input: { PathPrefix: '/other/' }, gives: { Groups: [] } },
  { call: 'UpdateGroup', input: { GroupName: 'crew', NewGroupName: 'team' } },
  { call: 'ListGroupsForUser', input: { UserName: 'bob' }, gives: { Groups: [{ GroupName: 'team' }] } },
  { call: 'DeleteGroup', input: { GroupName: 'team' }, fails: 'DeleteConflict' },
  { call: 'RemoveUserFromGroup', input: { GroupName: 'team', UserName: 'ada' } },
  gone('RemoveUserFromGroup', { GroupName: 'team', UserName: 'nobody' }),
  gone('GetGroup', { GroupName: 'crew' }),

  // Access keys
  {
    call: 'CreateAccessKey',
    input: { UserName: 'ada' },
    gives: { AccessKey: { UserName: 'ada', Status: 'Active', AccessKeyId: '/^AKIA/', SecretAccessKey: '/^.{40}$/' } },
    keep: { ada: 'AccessKey', adaKey: 'AccessKey.AccessKeyId' },
  },
  {
    call: 'CreateAccessKey',
    input: { UserName: 'ada' },
    keep: { second: 'AccessKey', secondKey: 'AccessKey.AccessKeyId' },
  },
  { call: 'CreateAccessKey', input: { UserName: 'ada' }, fails: 'LimitExceeded' },
  gone('CreateAccessKey', { UserName: 'nobody' }),
  { call: 'ListAccessKeys', input: { UserName: 'ada', MaxItems: 1 }, gives: { IsTruncated: true } },
  {
    service: 'sts',
    call: 'GetCallerIdentity',
    as: 'ada',
    gives: { Arn: 'arn:aws:iam::<account>:user/ada', UserId: '<adaId>' },
  },
  { call: 'UpdateAccessKey', input: { UserName: 'ada', AccessKeyId: '<secondKey>', Status: 'Inactive' } },
  { service: 'sts', call: 'GetCallerIdentity', as: 'second', fails: 'InvalidClientTokenId' },
  { call: 'GetAccessKeyLastUsed', input: { AccessKeyId: '<adaKey>' }, gives: { UserName: 'ada' } },
  { service: 'sts', call: 'GetAccessKeyInfo', input: { AccessKeyId: '<adaKey>' }, gives: { Account: '<account>' } },
  { call: 'GetUser', as: 'ada', fails: 'AccessDenied' },
  { call: 'ListUsers', as: 'ada', fails: 'AccessDenied' },
  {
    call: 'PutUserPolicy',
    input: {
      UserName: 'ada',
      PolicyName: 'self',
      PolicyDocument: allow(['iam:GetUser', 'iam:*AccessKey*'], 'arn:aws:iam::<account>:user/$' + '{aws:username}'),
    },
  },
  { call: 'GetUser', as: 'ada', gives: { User: { UserName: 'ada' } } },
  { call: 'GetUser', as: 'ada', input: { UserName: 'bob' }, fails: 'AccessDenied' },
  { call: 'DeleteAccessKey', as: 'ada', input: { AccessKeyId: '<secondKey>' } },
  { call: 'ListAccessKeys', as: 'ada', gives: { AccessKeyMetadata: [{ AccessKeyId: '<adaKey>', UserName: 'ada' }] } },
  gone('DeleteAccessKey', { UserName: 'ada', AccessKeyId: '<secondKey>' }),

  // Login profiles
  gone('GetLoginProfile', { UserName: 'ada' }),
  {
    call: 'UpdateAccountPasswordPolicy',
    input: { MinimumPasswordLength: 12, RequireNumbers: true, AllowUsersToChangePassword: true },
  },
  {
    call: 'GetAccountPasswordPolicy',
    gives: { PasswordPolicy: { MinimumPasswordLength: 12, RequireNumbers: true, RequireSymbols: false } },
  },
  { call: 'CreateLoginProfile', input: { UserName: 'ada', Password: 'too-short-1' }, fails: 'PasswordPolicyViolation' },
  {
    call: 'CreateLoginProfile',
    input: { UserName: 'ada', Password: 'long-enough-password-1', PasswordResetRequired: false },
    gives: { LoginProfile: { UserName: 'ada', PasswordResetRequired: false } },
  },
  {
    call: 'CreateLoginProfile',
    input: { UserName: 'ada', Password: 'long-enough-password-2' },
    fails: 'EntityAlreadyExists',
  },
  { call: 'UpdateLoginProfile', input: { UserName: 'ada', PasswordResetRequired: true } },
  {
    call: 'GetLoginProfile',
    input: { UserName: 'ada' },
    gives: { LoginProfile: { UserName: 'ada', PasswordResetRequired: true } },
  },
  { call: 'DeleteUser', input: { UserName: 'ada' }, fails: 'DeleteConflict' },
  { call: 'DeleteLoginProfile', input: { UserName: 'ada' } },
  gone('DeleteLoginProfile', { UserName: 'ada' }),
  { call: 'DeleteAccountPasswordPolicy' },
  { call: 'GetAccountPasswordPolicy', fails: 'NoSuchEntity' },

  // The account
  { call: 'CreateAccountAlias', input: { AccountAlias: 'scenario-alias' } },
  { call: 'ListAccountAliases', gives: { AccountAliases: ['scenario-alias'] } },
  { call: 'CreateAccountAlias', input: { AccountAlias: 'No_Alias' }, fails: 'ValidationError' },
  { call: 'DeleteAccountAlias', input: { AccountAlias: 'scenario-alias' } },
  gone('DeleteAccountAlias', { AccountAlias: 'scenario-alias' }),
  { call: 'GetAccountSummary', gives: { SummaryMap: { Users: 2, Groups: 1, AccessKeysPerUserQuota: 2 } } },
  {
    call: 'GetAccountAuthorizationDetails',
    input: { Filter: ['User'] },
    gives: {
      UserDetailList: [
        { UserName: 'ada', UserPolicyList: [{ PolicyName: 'self' }] },
        { UserName: 'bob', GroupList: ['team'] },
      ],
    },
  },

  // The end
  { call: 'DeleteUser', input: { UserName: 'ada' }, fails: 'DeleteConflict' },
  { call: 'DeleteUserPolicy', input: { UserName: 'ada', PolicyName: 'self' } },
  { call: 'DeleteAccessKey', input: { UserName: 'ada', AccessKeyId: '<adaKey>' } },
  { service: 'sts', call: 'GetCallerIdentity', as: 'ada', fails: 'InvalidClientTokenId' },
  { call: 'DeleteUser', input: { UserName: 'ada' } },
  gone('DeleteUser', { UserName: 'ada' }),
  { call: 'RemoveUserFromGroup', input: { GroupName: 'team', UserName: 'bob' } },
  { call: 'DeleteUser', input: { UserName: 'bob' } },
  { call: 'DeleteGroup', input: { GroupName: 'team' } },
  { call: 'ListUsers', gives: { Users: [] } },
  { call: 'ListGroups', gives: { Groups: [] } },
];
