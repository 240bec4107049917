import { matchesPattern, patternOf } from './wildcard.ts';

/** What an action of IAM's, STS's or Cairn's own may be done to. */
export type IdentityResourceType =
  | 'user'
  | 'group'
  | 'role'
  | 'policy'
  | 'oidc-provider'
  | 'federated-user'
  /** The root of an account, which a user may stand for. */
  | 'root'
  | 'tenant';

interface ActionGroup {
  readonly service: 'iam' | 'sts' | 'cairn';
  readonly resources: readonly IdentityResourceType[];
  readonly names: readonly string[];
}

/**
 * Every action of IAM, STS and Cairn's own service that is carried out here, by what it is done to; no type means the
 * account (or the installation) as a whole, which only the resource `*` covers. Policies may name more, as on AWS.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
 */
const actionGroups = [
  {
    service: 'iam',
    resources: [],
    names: [
      'CreateAccountAlias',
      'DeleteAccountAlias',
      'DeleteAccountPasswordPolicy',
      'GenerateCredentialReport',
      'GetAccountAuthorizationDetails',
      'GetAccountPasswordPolicy',
      'GetAccountSummary',
      'GetContextKeysForCustomPolicy',
      'GetCredentialReport',
      'ListAccountAliases',
      'ListPolicies',
      'ListVirtualMFADevices',
      'SimulateCustomPolicy',
      'UpdateAccountPasswordPolicy',
    ],
  },
  {
    service: 'iam',
    resources: ['group'],
    names: [
      'AddUserToGroup',
      'AttachGroupPolicy',
      'CreateGroup',
      'DeleteGroup',
      'DeleteGroupPolicy',
      'DetachGroupPolicy',
      'GetGroup',
      'GetGroupPolicy',
      'ListAttachedGroupPolicies',
      'ListGroupPolicies',
      'ListGroups',
      'PutGroupPolicy',
      'RemoveUserFromGroup',
      'UpdateGroup',
    ],
  },
  {
    service: 'iam',
    resources: ['oidc-provider'],
    names: [
      'AddClientIDToOpenIDConnectProvider',
      'CreateOpenIDConnectProvider',
      'DeleteOpenIDConnectProvider',
      'GetOpenIDConnectProvider',
      'ListOpenIDConnectProviderTags',
      'ListOpenIDConnectProviders',
      'RemoveClientIDFromOpenIDConnectProvider',
      'TagOpenIDConnectProvider',
      'UntagOpenIDConnectProvider',
      'UpdateOpenIDConnectProviderThumbprint',
    ],
  },
  {
    service: 'iam',
    resources: ['policy'],
    names: [
      'CreatePolicy',
      'CreatePolicyVersion',
      'DeletePolicy',
      'DeletePolicyVersion',
      'GetPolicy',
      'GetPolicyVersion',
      'ListEntitiesForPolicy',
      'ListPolicyTags',
      'ListPolicyVersions',
      'SetDefaultPolicyVersion',
      'TagPolicy',
      'UntagPolicy',
    ],
  },
  {
    service: 'iam',
    resources: ['role'],
    names: [
      'AttachRolePolicy',
      'CreateRole',
      'DeleteRole',
      'DeleteRolePermissionsBoundary',
      'DeleteRolePolicy',
      'DetachRolePolicy',
      'GetRole',
      'GetRolePolicy',
      'ListAttachedRolePolicies',
      'ListInstanceProfilesForRole',
      'ListRolePolicies',
      'ListRoleTags',
      'ListRoles',
      'PutRolePermissionsBoundary',
      'PutRolePolicy',
      'TagRole',
      'UntagRole',
      'UpdateAssumeRolePolicy',
      'UpdateRole',
      'UpdateRoleDescription',
    ],
  },
  {
    service: 'iam',
    resources: ['user'],
    names: [
      'AttachUserPolicy',
      'ChangePassword',
      'CreateAccessKey',
      'CreateLoginProfile',
      'CreateUser',
      'DeleteAccessKey',
      'DeleteLoginProfile',
      'DeleteUser',
      'DeleteUserPermissionsBoundary',
      'DeleteUserPolicy',
      'DetachUserPolicy',
      'GetAccessKeyLastUsed',
      'GetLoginProfile',
      'GetUser',
      'GetUserPolicy',
      'ListAccessKeys',
      'ListAttachedUserPolicies',
      'ListGroupsForUser',
      'ListMFADevices',
      'ListSSHPublicKeys',
      'ListServiceSpecificCredentials',
      'ListSigningCertificates',
      'ListUserPolicies',
      'ListUserTags',
      'ListUsers',
      'PutUserPermissionsBoundary',
      'PutUserPolicy',
      'TagUser',
      'UntagUser',
      'UpdateAccessKey',
      'UpdateLoginProfile',
      'UpdateUser',
    ],
  },
  {
    service: 'iam',
    resources: ['user', 'group', 'role'],
    names: ['GetContextKeysForPrincipalPolicy', 'SimulatePrincipalPolicy'],
  },
  {
    service: 'sts',
    resources: [],
    names: ['DecodeAuthorizationMessage', 'GetAccessKeyInfo', 'GetCallerIdentity', 'GetSessionToken'],
  },
  {
    service: 'sts',
    resources: ['federated-user'],
    names: ['GetFederationToken'],
  },
  {
    service: 'sts',
    resources: ['role'],
    names: ['AssumeRole', 'AssumeRoleWithLDAPIdentity', 'AssumeRoleWithWebIdentity', 'SetSourceIdentity'],
  },
  {
    service: 'sts',
    resources: ['role', 'user', 'federated-user'],
    names: ['TagSession'],
  },
  {
    service: 'cairn',
    resources: [],
    names: ['ExplainDecision', 'Export', 'ExportSecrets', 'Import', 'ListRefusals'],
  },
  {
    service: 'cairn',
    resources: ['tenant'],
    names: [
      'CreateTenant',
      'DeleteTenant',
      'DeleteTenantRootKey',
      'DisableTenant',
      'EnableTenant',
      'GetOwnTenant',
      'GetTenant',
      'GetTenantQuota',
      'GetTenantUsage',
      'ListTenants',
      'RotateTenantRootKey',
      'SetTenantQuota',
      'SetTenantRateLimits',
      'UpdateTenant',
    ],
  },
  {
    service: 'cairn',
    resources: ['user'],
    names: [
      'CreateServiceAccount',
      'DeleteServiceAccount',
      'GetServiceAccount',
      'ListServiceAccounts',
      'UpdateServiceAccount',
    ],
  },
  {
    service: 'cairn',
    resources: ['user', 'role'],
    names: ['RevokeSessions'],
  },
] as const satisfies readonly ActionGroup[];

type Group = (typeof actionGroups)[number];
type NameIn<G> = G extends {
  readonly service: infer S extends string;
  readonly names: readonly (infer N extends string)[];
}
  ? `${S}:${N}`
  : never;

/** `iam:CreateUser` and every other action, in the spelling of AWS. */
export type IdentityActionName = NameIn<Group>;

export interface IdentityAction {
  readonly name: IdentityActionName;
  /** Empty where the action is on the account, or the installation, as a whole. */
  readonly resources: readonly IdentityResourceType[];
}

/** All actions, ordered by name. */
export const identityActions: readonly IdentityAction[] = actionGroups
  .flatMap(({ service, resources, names }) =>
    names.map((name): IdentityAction => ({ name: `${service}:${name}` as IdentityActionName, resources })),
  )
  .sort((a, b) => a.name.localeCompare(b.name, 'en'));

const byLowerCaseName: ReadonlyMap<string, IdentityAction> = new Map(
  identityActions.map((action) => [action.name.toLowerCase(), action]),
);

/** The action of that name, whatever its case: policies name actions without regard to it. */
export function identityActionNamed(name: string): IdentityAction | undefined {
  return byLowerCaseName.get(name.toLowerCase());
}

/** The actions that a pattern of a policy names: `iam:Get*`, `*`, or one name. */
export function identityActionsMatching(pattern: string): readonly IdentityAction[] {
  const exact = identityActionNamed(pattern);
  if (exact !== undefined) return [exact];
  const compiled = patternOf(pattern.toLowerCase());
  return identityActions.filter(({ name }) => matchesPattern(compiled, name.toLowerCase()));
}
