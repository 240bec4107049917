import { roleArn } from '../domain/identity-arn.ts';
import type { LastUseRecord } from '../records/last-use-record.ts';
import type { RoleRecord } from '../records/role-record.ts';
import { element, integer, optional, text, timestamp } from '../wire/xml/schema.ts';
import { encodedDocument } from './policy-document-answer.ts';
import { tagList, writtenTags } from './tags.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachedPermissionsBoundary.html */
export const boundaryElement = element({ PermissionsBoundaryType: text(), PermissionsBoundaryArn: text() });

/** Nothing for who has none. */
export function boundaryAnswer({ boundary }: { readonly boundary?: string | undefined }) {
  return boundary === undefined
    ? {}
    : { PermissionsBoundary: { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: boundary } };
}

/** Both missing where a role has not been used. */
export const roleLastUsedElement = element({ LastUsedDate: optional(timestamp()), Region: optional(text()) });

export function roleLastUsedAnswer(lastUse: LastUseRecord | undefined) {
  return lastUse ? { LastUsedDate: lastUse.at, Region: lastUse.region } : {};
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html */
export const roleElement = element({
  Path: text(),
  RoleName: text(),
  RoleId: text(),
  Arn: text(),
  CreateDate: timestamp(),
  AssumeRolePolicyDocument: text(),
  Description: optional(text()),
  MaxSessionDuration: integer(),
  PermissionsBoundary: optional(boundaryElement),
  Tags: optional(tagList),
  RoleLastUsed: optional(roleLastUsedElement),
});

/** As lists have it, without boundary and tags. */
export function listedRole(role: RoleRecord) {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: roleArn(role),
    CreateDate: role.createdAt,
    AssumeRolePolicyDocument: encodedDocument(role.trustPolicy),
    ...(role.description === '' ? {} : { Description: role.description }),
    MaxSessionDuration: role.maximumSessionSeconds,
  };
}

export function roleAnswer(role: RoleRecord) {
  return {
    ...listedRole(role),
    ...boundaryAnswer(role),
    ...(role.tags.length === 0 ? {} : { Tags: writtenTags(role.tags) }),
  };
}
