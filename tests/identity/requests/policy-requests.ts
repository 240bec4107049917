const document = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }],
});
const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }],
});
const user = { UserName: 'somebody' };
const group = { GroupName: 'some' };
const role = { RoleName: 'something' };
const policy = { PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' };
const provider = { OpenIDConnectProviderArn: 'arn:aws:iam::123456789012:oidc-provider/id.example.com' };
const named = { PolicyName: 'inline' };
const tag = { 'Tags.member.1.Key': 'team', 'Tags.member.1.Value': 'blue' };
const tagKey = { 'TagKeys.member.1': 'team' };
const boundary = { PermissionsBoundary: policy.PolicyArn };
const source = { PolicySourceArn: 'arn:aws:iam::123456789012:user/somebody' };
const action = { 'ActionNames.member.1': 's3:GetObject' };

/** Parameters of a request for each action that its gate weighs; a test goes through all of them. */
export const policyRequests: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AddClientIDToOpenIDConnectProvider: { ...provider, ClientID: 'client' },
  AttachGroupPolicy: { ...group, ...policy },
  AttachRolePolicy: { ...role, ...policy },
  AttachUserPolicy: { ...user, ...policy },
  CreateOpenIDConnectProvider: { Url: 'https://id.example.com' },
  CreatePolicy: { PolicyName: 'some', PolicyDocument: document },
  CreatePolicyVersion: { ...policy, PolicyDocument: document },
  CreateRole: { ...role, AssumeRolePolicyDocument: trust },
  DeleteGroupPolicy: { ...group, ...named },
  DeleteOpenIDConnectProvider: provider,
  DeletePolicy: policy,
  DeletePolicyVersion: { ...policy, VersionId: 'v1' },
  DeleteRole: role,
  DeleteRolePermissionsBoundary: role,
  DeleteRolePolicy: { ...role, ...named },
  DeleteUserPermissionsBoundary: user,
  DeleteUserPolicy: { ...user, ...named },
  DetachGroupPolicy: { ...group, ...policy },
  DetachRolePolicy: { ...role, ...policy },
  DetachUserPolicy: { ...user, ...policy },
  GetContextKeysForCustomPolicy: { 'PolicyInputList.member.1': document },
  GetContextKeysForPrincipalPolicy: source,
  GetGroupPolicy: { ...group, ...named },
  GetOpenIDConnectProvider: provider,
  GetPolicy: policy,
  GetPolicyVersion: { ...policy, VersionId: 'v1' },
  GetRole: role,
  GetRolePolicy: { ...role, ...named },
  GetUserPolicy: { ...user, ...named },
  ListAttachedGroupPolicies: group,
  ListAttachedRolePolicies: role,
  ListAttachedUserPolicies: user,
  ListEntitiesForPolicy: policy,
  ListGroupPolicies: group,
  ListInstanceProfilesForRole: role,
  ListOpenIDConnectProviderTags: provider,
  ListOpenIDConnectProviders: {},
  ListPolicies: {},
  ListPolicyTags: policy,
  ListPolicyVersions: policy,
  ListRolePolicies: role,
  ListRoleTags: role,
  ListRoles: {},
  ListUserPolicies: user,
  PutGroupPolicy: { ...group, ...named, PolicyDocument: document },
  PutRolePermissionsBoundary: { ...role, ...boundary },
  PutRolePolicy: { ...role, ...named, PolicyDocument: document },
  PutUserPermissionsBoundary: { ...user, ...boundary },
  PutUserPolicy: { ...user, ...named, PolicyDocument: document },
  RemoveClientIDFromOpenIDConnectProvider: { ...provider, ClientID: 'client' },
  SetDefaultPolicyVersion: { ...policy, VersionId: 'v1' },
  SimulateCustomPolicy: { ...action, 'PolicyInputList.member.1': document },
  SimulatePrincipalPolicy: { ...source, ...action },
  TagOpenIDConnectProvider: { ...provider, ...tag },
  TagPolicy: { ...policy, ...tag },
  TagRole: { ...role, ...tag },
  UntagOpenIDConnectProvider: { ...provider, ...tagKey },
  UntagPolicy: { ...policy, ...tagKey },
  UntagRole: { ...role, ...tagKey },
  UpdateAssumeRolePolicy: { ...role, PolicyDocument: trust },
  UpdateOpenIDConnectProviderThumbprint: { ...provider, 'ThumbprintList.member.1': 'a'.repeat(40) },
  UpdateRole: role,
  UpdateRoleDescription: { ...role, Description: 'text' },
};
