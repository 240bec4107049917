import {
  type AclGroup,
  type AclPermission,
  type CannedAcl,
  cannedAcls,
  groupUris,
  maxAclEntries,
} from '../../domain/acl.ts';
import { invalidArgument, StorageError } from '../../domain/errors.ts';
import type { RequestHead } from '../../wire/request-head.ts';
import type { Field } from './field.ts';

/** Someone as a request names them, before anybody has looked whether they exist. */
export type NamedGrantee =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'email'; readonly email: string }
  | { readonly kind: 'group'; readonly group: AclGroup };

export interface NamedEntry {
  readonly grantee: NamedGrantee;
  readonly permission: AclPermission;
}

/** An ACL as headers ask for it. */
export type RequestedAcl =
  | { readonly kind: 'canned'; readonly name: CannedAcl }
  | { readonly kind: 'entries'; readonly entries: readonly NamedEntry[] };

const grantHeaders: Readonly<Record<string, AclPermission>> = {
  'x-amz-grant-read': 'READ',
  'x-amz-grant-write': 'WRITE',
  'x-amz-grant-read-acp': 'READ_ACP',
  'x-amz-grant-write-acp': 'WRITE_ACP',
  'x-amz-grant-full-control': 'FULL_CONTROL',
};

/** `x-amz-acl`, or `x-amz-grant-…`; undefined where neither is there. */
export const requestedAcl: Field<RequestedAcl | undefined> = {
  name: 'x-amz-acl, x-amz-grant-*',
  read(head) {
    const canned = readCannedAcl(head.headers['x-amz-acl']);
    const entries = readGrantHeaders(head);
    if (canned !== undefined && entries !== undefined) {
      throw new StorageError('InvalidRequest', {
        message: 'Specifying both Canned ACLs and Header Grants is not allowed',
      });
    }
    if (canned !== undefined) return { kind: 'canned', name: canned };
    return entries && { kind: 'entries', entries };
  },
};

function readCannedAcl(text: string | undefined): CannedAcl | undefined {
  if (text === undefined || text === '') return undefined;
  const known = cannedAcls.find((name) => name === text);
  if (known === undefined) throw invalidArgument('The canned ACL is not one that S3 knows.', 'x-amz-acl', text);
  return known;
}

function readGrantHeaders({ headers }: RequestHead): readonly NamedEntry[] | undefined {
  let entries: NamedEntry[] | undefined;
  for (const name in grantHeaders) {
    const text = headers[name];
    if (text === undefined || text === '') continue;
    entries ??= [];
    for (const grantee of text.split(',')) {
      entries.push({ grantee: readGrantee(name, grantee.trim()), permission: grantHeaders[name]! });
      if (entries.length > maxAclEntries) throw tooManyEntries();
    }
  }
  return entries;
}

/** `id="…"`, `emailAddress="…"` or `uri="…"`; quotes may be left out. */
function readGrantee(header: string, text: string): NamedGrantee {
  const match = /^(id|emailaddress|uri)\s*=\s*(?:"([^"]*)"|([^"]*))$/i.exec(text);
  const value = match?.[2] ?? match?.[3] ?? '';
  if (!match || value === '') throw invalidArgument('Argument format not recognized', header, text);
  const kind = match[1]!.toLowerCase();
  if (kind === 'id') return { kind: 'id', id: value };
  if (kind === 'emailaddress') return { kind: 'email', email: value };
  return { kind: 'group', group: groupNamed(value) };
}

/** The group behind a URI. Throws InvalidArgument for one that S3 does not know. */
export function groupNamed(uri: string): AclGroup {
  for (const group in groupUris) if (groupUris[group as AclGroup] === uri) return group as AclGroup;
  throw invalidArgument('Invalid group uri', 'uri', uri);
}

export function tooManyEntries(): StorageError {
  return new StorageError('InvalidRequest', { message: `An ACL has at most ${maxAclEntries} grants.` });
}
