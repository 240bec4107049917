import type { ConditionKeyType } from './condition-keys.ts';
import type { IdentityActionName } from './identity-actions.ts';

/** A key that requests for IAM, STS and Cairn's own service have beside those of all services. */
export interface IdentityConditionKey {
  /** As AWS spells it; one that ends in `/` is followed by a tag's key. */
  readonly name: string;
  readonly type: ConditionKeyType;
  /** The actions whose requests have it; absent where every action's may. */
  readonly actions?: readonly IdentityActionName[];
}

const boundedChanges = [
  'iam:AttachRolePolicy',
  'iam:AttachUserPolicy',
  'iam:CreateRole',
  'iam:CreateUser',
  'iam:DeleteRolePermissionsBoundary',
  'iam:DeleteRolePolicy',
  'iam:DeleteUserPermissionsBoundary',
  'iam:DeleteUserPolicy',
  'iam:DetachRolePolicy',
  'iam:DetachUserPolicy',
  'iam:PutRolePermissionsBoundary',
  'iam:PutRolePolicy',
  'iam:PutUserPermissionsBoundary',
  'iam:PutUserPolicy',
] as const satisfies readonly IdentityActionName[];
const attachments = [
  'iam:AttachGroupPolicy',
  'iam:AttachRolePolicy',
  'iam:AttachUserPolicy',
  'iam:DetachGroupPolicy',
  'iam:DetachRolePolicy',
  'iam:DetachUserPolicy',
] as const satisfies readonly IdentityActionName[];
const assumptions = [
  'sts:AssumeRole',
  'sts:AssumeRoleWithLDAPIdentity',
  'sts:AssumeRoleWithWebIdentity',
] as const satisfies readonly IdentityActionName[];

/**
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html and
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
 */
export const identityConditionKeys: readonly IdentityConditionKey[] = [
  { name: 'iam:PermissionsBoundary', type: 'arn', actions: boundedChanges },
  { name: 'iam:PolicyARN', type: 'arn', actions: attachments },
  { name: 'iam:ResourceTag/', type: 'string' },
  { name: 'sts:ExternalId', type: 'string', actions: ['sts:AssumeRole'] },
  { name: 'sts:RoleSessionName', type: 'string', actions: assumptions },
  { name: 'sts:SourceIdentity', type: 'string', actions: [...assumptions, 'sts:SetSourceIdentity'] },
  { name: 'sts:TransitiveTagKeys', type: 'strings', actions: [...assumptions, 'sts:TagSession'] },
];

const byLowerCaseName: ReadonlyMap<string, IdentityConditionKey> = new Map(
  identityConditionKeys.map((key) => [key.name.toLowerCase(), key]),
);

/** The known key of that name, whatever its case; `iam:ResourceTag/team` is the key `iam:ResourceTag/`. */
export function identityConditionKeyNamed(name: string): IdentityConditionKey | undefined {
  const [, key, tag] = /^([^/]*\/?)(.*)$/s.exec(name.toLowerCase())!;
  return key!.endsWith('/') === (tag !== '') ? byLowerCaseName.get(key!) : undefined;
}
