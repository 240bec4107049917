import type { Role } from '../../remote/iam-shapes.ts';
import { tagText } from '../../remote/tags.ts';
import { fields, moment } from '../../table.ts';

export function roleText(role: Role): string {
  return fields([
    ['Role', role.RoleName],
    ['ARN', role.Arn],
    ['Id', role.RoleId],
    ['Description', role.Description],
    ['Created', moment(role.CreateDate)],
    ['Sessions', role.MaxSessionDuration === undefined ? undefined : `${role.MaxSessionDuration} s at most`],
    ['Last used', role.RoleLastUsed?.LastUsedDate && moment(role.RoleLastUsed.LastUsedDate)],
    ['Boundary', role.PermissionsBoundary?.PermissionsBoundaryArn],
    ['Tags', role.Tags && tagText(role.Tags)],
  ]);
}
