import { readFile } from 'node:fs/promises';
import type { DirectorySettings } from '../services/identity/directory-identity/directory-settings.ts';
import type { Settings } from '../settings.ts';

/** The directory that is set, with its authorities read; undefined where none is. Rejects where their file cannot be read. */
export async function directorySettings(settings: Settings): Promise<DirectorySettings | undefined> {
  const { ldapUrl: url, ldapUserBase: userBase, ldapCaFile } = settings;
  if (url === undefined || userBase === undefined) return undefined;
  return {
    url,
    userBase,
    isPlain: settings.ldapTls === 'off',
    authorities: ldapCaFile === undefined ? undefined : await readFile(ldapCaFile, 'utf8'),
    bindName: settings.ldapBindDn,
    bindPassword: settings.ldapBindPassword,
    userFilter: settings.ldapUserFilter,
    groupBase: settings.ldapGroupBase,
    groupFilter: settings.ldapGroupFilter,
    roles: settings.ldapRoles,
  };
}
