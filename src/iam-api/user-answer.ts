import { userArn } from '../domain/identity-arn.ts';
import type { UserRecord } from '../records/user-record.ts';
import type { IdentityServices } from '../services/identity/identity-services.ts';
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

/** `passwordLastUsed`: undefined for a password that nobody has signed in with. */
export function userAnswer(user: UserRecord, passwordLastUsed?: number) {
  const { boundary } = user;
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: userArn(user),
    CreateDate: user.createdAt,
    ...(passwordLastUsed === undefined ? {} : { PasswordLastUsed: passwordLastUsed }),
    ...(boundary === undefined
      ? {}
      : { PermissionsBoundary: { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: boundary } }),
    ...(user.tags.length === 0 ? {} : { Tags: writtenTags(user.tags) }),
  };
}

/** As lists have them, without boundary and tags. */
export async function listedUsers(users: readonly UserRecord[], { passwords }: Pick<IdentityServices, 'passwords'>) {
  const listed: ReturnType<typeof userAnswer>[] = [];
  for (const user of users) {
    listed.push(userAnswer({ ...user, tags: [], boundary: undefined }, await passwords.lastUsed(user)));
  }
  return listed;
}
