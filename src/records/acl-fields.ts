import { type Acl, type AclEntry, type AclGroup, aclPermissions, groupUris } from '../domain/acl.ts';

/** Their places in this list are stored: new ones go to the end. */
const groups = Object.keys(groupUris) as readonly AclGroup[];

/** Each entry as [place of the permission, canonical id or place of the group]. */
export function packAcl(acl: Acl | undefined): readonly unknown[] | null {
  if (acl === undefined) return null;
  return acl.map(({ grantee, permission }) => [
    aclPermissions.indexOf(permission),
    grantee.kind === 'account' ? grantee.id : groups.indexOf(grantee.group),
  ]);
}

export function unpackAcl(packed: unknown): Acl | undefined {
  if (packed === null) return undefined;
  return (packed as [number, string | number][]).map(
    ([permission, grantee]): AclEntry => ({
      permission: aclPermissions[permission]!,
      grantee:
        typeof grantee === 'string' ? { kind: 'account', id: grantee } : { kind: 'group', group: groups[grantee]! },
    }),
  );
}
