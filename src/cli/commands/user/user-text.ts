import type { User } from '../../remote/iam-shapes.ts';
import { tagText } from '../../remote/tags.ts';
import { fields, moment } from '../../table.ts';

export function userText(user: User): string {
  return fields([
    ['User', user.UserName],
    ['ARN', user.Arn],
    ['Id', user.UserId],
    ['Created', moment(user.CreateDate)],
    ['Boundary', user.PermissionsBoundary?.PermissionsBoundaryArn],
    ['Tags', user.Tags && tagText(user.Tags)],
  ]);
}
