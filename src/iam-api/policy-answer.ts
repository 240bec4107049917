import { StorageError } from '../domain/errors.ts';
import { parseIdentityArn, policyArn } from '../domain/identity-arn.ts';
import type { ManagedPolicyRecord } from '../records/managed-policy-record.ts';
import type { CountedPolicy } from '../services/identity/policies/managed-policy-service.ts';
import { text as parameter } from '../wire/query/parameters.ts';
import { boolean, element, integer, list, optional, text, timestamp } from '../wire/xml/schema.ts';
import { encodedDocument } from './policy-document-answer.ts';
import { tagList, writtenTags } from './tags.ts';

/** What every answer about a policy begins with. */
export const policyFields = {
  PolicyName: text(),
  PolicyId: text(),
  Arn: text(),
  Path: text(),
  DefaultVersionId: text(),
  AttachmentCount: integer(),
  PermissionsBoundaryUsageCount: integer(),
  IsAttachable: boolean(),
  Description: optional(text()),
  CreateDate: timestamp(),
  UpdateDate: timestamp(),
};

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_Policy.html */
export const policyElement = element({ ...policyFields, Tags: optional(tagList) });

/** As lists have it, without description and tags. */
export function listedPolicy({ policy, counts }: CountedPolicy) {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policyArn(policy),
    Path: policy.path,
    DefaultVersionId: versionId(policy.defaultVersion),
    AttachmentCount: counts.attached,
    PermissionsBoundaryUsageCount: counts.asBoundary,
    IsAttachable: true,
    CreateDate: policy.createdAt,
    UpdateDate: policy.updatedAt,
  };
}

export function policyAnswer(counted: CountedPolicy) {
  const { description, tags } = counted.policy;
  return {
    ...listedPolicy(counted),
    ...(description === '' ? {} : { Description: description }),
    ...(tags.length === 0 ? {} : { Tags: writtenTags(tags) }),
  };
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyVersion.html */
export const policyVersionElement = element({
  Document: optional(text()),
  VersionId: text(),
  IsDefaultVersion: boolean(),
  CreateDate: timestamp(),
});

/** `document` is left out where it is not shown. */
export function policyVersionAnswer(
  { defaultVersion }: ManagedPolicyRecord,
  { number, createdAt }: ManagedPolicyRecord['versions'][number],
  document?: string,
) {
  return {
    ...(document === undefined ? {} : { Document: encodedDocument(document) }),
    VersionId: versionId(number),
    IsDefaultVersion: number === defaultVersion,
    CreateDate: createdAt,
  };
}

const versionId = (number: number): string => `v${number}`;

export const versionIdParameter = parameter({ max: 64, pattern: 'v[1-9][0-9]*(?:\\.[A-Za-z0-9-]*)?' });

/** Throws NoSuchEntity for a version that no policy could have. */
export function versionNumber(id: string): number {
  const number = /^v\d+$/.test(id) ? Number(id.slice(1)) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw new StorageError('NoSuchEntity', { message: `Policy version ${id} does not exist.` });
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachedPolicy.html */
export const attachedPolicyList = element({ member: list(element({ PolicyName: text(), PolicyArn: text() })) });

/** Managed policies that something holds, by their ARNs. */
export function attachedPolicies(arns: readonly string[]) {
  return { member: arns.map((arn) => ({ PolicyName: parseIdentityArn(arn)?.name ?? arn, PolicyArn: arn })) };
}
