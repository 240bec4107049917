import { userArn } from '../domain/identity-arn.ts';
import type { UserRecord } from '../records/user-record.ts';
import { element, optional, text, timestamp } from '../wire/xml/schema.ts';
import { tagList, writtenTags } from './tags.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html */
export const userElement = element({
  Path: text(),
  UserName: text(),
  UserId: text(),
  Arn: text(),
  CreateDate: timestamp(),
  PasswordLastUsed: optional(timestamp()),
  PermissionsBoundary: optional(element({ PermissionsBoundaryType: text(), PermissionsBoundaryArn: text() })),
  Tags: optional(tagList),
});

export function userAnswer(user: UserRecord) {
  const { boundary } = user;
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: userArn(user),
    CreateDate: user.createdAt,
    ...(boundary === undefined
      ? {}
      : { PermissionsBoundary: { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: boundary } }),
    ...(user.tags.length === 0 ? {} : { Tags: writtenTags(user.tags) }),
  };
}
