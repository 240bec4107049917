import { parseIdentityArn } from '../../../domain/identity-arn.ts';
import { canonicalName } from './distinguished-name.ts';

/** How people of a directory (LDAP) are found, and what they may be. */
export interface DirectorySettings {
  /** `ldaps://host:636` or `ldap://host:389`; the latter is made secure by StartTLS unless `isPlain`. */
  readonly url: string;
  readonly isPlain: boolean;
  /** PEM of the authorities that the directory's certificate may be of; left out: the usual ones. */
  readonly authorities: string | undefined;
  /** Whom people are looked up as; left out: anonymously. */
  readonly bindName: string | undefined;
  readonly bindPassword: string | undefined;
  readonly userBase: string;
  /** `%s` is what somebody signs in as. */
  readonly userFilter: string;
  /** Left out: groups are not looked up. */
  readonly groupBase: string | undefined;
  /** `%d` is the distinguished name of somebody, `%s` what they sign in as. */
  readonly groupFilter: string;
  /** Which group may be which role; the first that fits is what somebody is who asks for none. */
  readonly roles: readonly GroupRole[];
}

export interface GroupRole {
  readonly group: string;
  readonly roleArn: string;
}

/** Whether no filter of a directory could be made of it: one pair of parentheses around it all, with `mark` in it. */
export function isDirectoryFilter(text: string, mark: RegExp): boolean {
  if (!/^\(.{3,1022}\)$/s.test(text) || !mark.test(text)) return false;
  let depth = 0;
  for (const [i, letter] of [...text].entries()) {
    if (letter === '(') depth++;
    if (letter === ')') depth--;
    if (depth < 0 || (depth === 0 && i < text.length - 1)) return false;
  }
  return depth === 0;
}

/** `{"cn=writers,ou=groups,dc=example,dc=com": "arn:aws:iam::123456789012:role/writer"}`; undefined for what is none. */
export function parseGroupRoles(text: string): readonly GroupRole[] | undefined {
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof written !== 'object' || written === null || Array.isArray(written)) return undefined;
  const roles = Object.entries(written).map(([group, roleArn]) => ({ group, roleArn: roleArn as unknown }));
  const areRoles = roles.every(
    ({ group, roleArn }) =>
      canonicalName(group) !== undefined && typeof roleArn === 'string' && parseIdentityArn(roleArn)?.kind === 'role',
  );
  return areRoles ? (roles as readonly GroupRole[]) : undefined;
}
