import { groupArn, roleArn, userArn } from '../domain/identity-arn.ts';
import type { GroupRecord } from '../records/group-record.ts';
import type { LastUseRecord } from '../records/last-use-record.ts';
import type { RoleRecord } from '../records/role-record.ts';
import type { UserRecord } from '../records/user-record.ts';
import type { InlinePolicy } from '../services/identity/account/account-overview.ts';
import type { CountedPolicy } from '../services/identity/policies/managed-policy-service.ts';
import { element, list, optional, text, timestamp } from '../wire/xml/schema.ts';
import {
  attachedPolicies,
  attachedPolicyList,
  listedPolicy,
  policyFields,
  policyVersionAnswer,
  policyVersionElement,
} from './policy-answer.ts';
import { encodedDocument } from './policy-document-answer.ts';
import { boundaryAnswer, boundaryElement, roleLastUsedAnswer, roleLastUsedElement } from './role-answer.ts';
import { tagList, writtenTags } from './tags.ts';

const inlineList = element({ member: list(element({ PolicyName: text(), PolicyDocument: text() })) });
const textList = element({ member: list(text()) });
const tagsOf = ({ tags }: UserRecord | RoleRecord) => (tags.length === 0 ? {} : { Tags: writtenTags(tags) });

function inlineAnswer(policies: readonly InlinePolicy[]) {
  return { member: policies.map(({ name, text }) => ({ PolicyName: name, PolicyDocument: encodedDocument(text) })) };
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UserDetail.html */
export const userDetailElement = element({
  Path: text(),
  UserName: text(),
  UserId: text(),
  Arn: text(),
  CreateDate: timestamp(),
  UserPolicyList: inlineList,
  GroupList: textList,
  AttachedManagedPolicies: attachedPolicyList,
  PermissionsBoundary: optional(boundaryElement),
  Tags: optional(tagList),
});

export function userDetail(
  user: UserRecord,
  { inline, groups }: { readonly inline: readonly InlinePolicy[]; readonly groups: readonly GroupRecord[] },
) {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: userArn(user),
    CreateDate: user.createdAt,
    UserPolicyList: inlineAnswer(inline),
    GroupList: { member: groups.map(({ name }) => name) },
    AttachedManagedPolicies: attachedPolicies(user.attached),
    ...boundaryAnswer(user),
    ...tagsOf(user),
  };
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GroupDetail.html */
export const groupDetailElement = element({
  Path: text(),
  GroupName: text(),
  GroupId: text(),
  Arn: text(),
  CreateDate: timestamp(),
  GroupPolicyList: inlineList,
  AttachedManagedPolicies: attachedPolicyList,
});

export function groupDetail(group: GroupRecord, inline: readonly InlinePolicy[]) {
  return {
    Path: group.path,
    GroupName: group.name,
    GroupId: group.id,
    Arn: groupArn(group),
    CreateDate: group.createdAt,
    GroupPolicyList: inlineAnswer(inline),
    AttachedManagedPolicies: attachedPolicies(group.attached),
  };
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleDetail.html */
export const roleDetailElement = element({
  Path: text(),
  RoleName: text(),
  RoleId: text(),
  Arn: text(),
  CreateDate: timestamp(),
  AssumeRolePolicyDocument: text(),
  InstanceProfileList: textList,
  RolePolicyList: inlineList,
  AttachedManagedPolicies: attachedPolicyList,
  PermissionsBoundary: optional(boundaryElement),
  Tags: optional(tagList),
  RoleLastUsed: roleLastUsedElement,
});

export function roleDetail(
  role: RoleRecord,
  { inline, lastUse }: { readonly inline: readonly InlinePolicy[]; readonly lastUse: LastUseRecord | undefined },
) {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: roleArn(role),
    CreateDate: role.createdAt,
    AssumeRolePolicyDocument: encodedDocument(role.trustPolicy),
    InstanceProfileList: { member: [] },
    RolePolicyList: inlineAnswer(inline),
    AttachedManagedPolicies: attachedPolicies(role.attached),
    ...boundaryAnswer(role),
    ...tagsOf(role),
    RoleLastUsed: roleLastUsedAnswer(lastUse),
  };
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ManagedPolicyDetail.html */
export const policyDetailElement = element({
  ...policyFields,
  PolicyVersionList: element({ member: list(policyVersionElement) }),
});

/** `texts`: of its versions, by number. */
export function policyDetail(counted: CountedPolicy, texts: ReadonlyMap<number, string>) {
  const { policy } = counted;
  return {
    ...listedPolicy(counted),
    ...(policy.description === '' ? {} : { Description: policy.description }),
    PolicyVersionList: {
      member: policy.versions.map((version) => policyVersionAnswer(policy, version, texts.get(version.number))),
    },
  };
}
