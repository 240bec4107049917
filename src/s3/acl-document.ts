import { type Acl, type AclEntry, aclPermissions, groupUris, maxAclEntries } from '../domain/acl.ts';
import { StorageError } from '../domain/errors.ts';
import { type Account, anonymousAccount } from '../domain/principal.ts';
import type { IdentityService } from '../services/identity/identity-service.ts';
import { attribute, element, enumeration, type Infer, list, optional, text } from '../wire/xml/schema.ts';
import { ownerElement } from './documents.ts';
import { groupNamed, type NamedEntry, type NamedGrantee, type RequestedAcl } from './fields/acl-fields.ts';

export const granteeElement = element({
  kind: attribute(enumeration('CanonicalUser', 'AmazonCustomerByEmail', 'Group'), 'xsi:type'),
  ID: optional(text()),
  DisplayName: optional(text()),
  EmailAddress: optional(text()),
  URI: optional(text()),
});
type GranteeElement = Infer<typeof granteeElement>;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_AccessControlPolicy.html */
export const accessControlPolicy = {
  root: 'AccessControlPolicy',
  schema: element({
    Owner: element({ ID: text(), DisplayName: optional(text()) }),
    AccessControlList: element({
      Grant: list(element({ Grantee: granteeElement, Permission: enumeration(...aclPermissions) }), {
        max: maxAclEntries,
      }),
    }),
  }),
} as const;
export type AccessControlPolicy = Infer<(typeof accessControlPolicy)['schema']>;

/** What a Put…Acl brings: in headers or as a document, never both, never nothing. */
export interface AclSources {
  readonly header: RequestedAcl | undefined;
  readonly document: AccessControlPolicy | undefined;
  /** Of the bucket or object: a document must name it. */
  readonly owner: Account;
}

/** Throws UnexpectedContent, MissingSecurityHeader, MalformedAcl, InvalidArgument; AccessDenied for another owner. */
export function chooseAcl({ header, document, owner }: AclSources): RequestedAcl {
  if (document === undefined) {
    if (header !== undefined) return header;
    throw new StorageError('MissingSecurityHeader', { fields: { MissingHeaderName: 'x-amz-acl' } });
  }
  if (header !== undefined) throw new StorageError('UnexpectedContent');
  // An ACL names its owner, but hands nothing over.
  if (document.Owner.ID !== owner.canonicalId) throw new StorageError('AccessDenied');
  return {
    kind: 'entries',
    entries: document.AccessControlList.Grant.map(
      ({ Grantee, Permission }): NamedEntry => ({ grantee: readGrantee(Grantee), permission: Permission }),
    ),
  };
}

export function readGrantee({ kind, ID, EmailAddress, URI }: GranteeElement): NamedGrantee {
  if (kind === 'CanonicalUser' && ID !== undefined) return { kind: 'id', id: ID };
  if (kind === 'AmazonCustomerByEmail' && EmailAddress !== undefined) return { kind: 'email', email: EmailAddress };
  if (kind === 'Group' && URI !== undefined) return { kind: 'group', group: groupNamed(URI) };
  throw new StorageError('MalformedAcl');
}

/** An ACL as S3 shows it, names looked up. Undefined is the usual one. */
export async function aclDocument(
  acl: Acl | undefined,
  owner: Account,
  identity: IdentityService,
): Promise<AccessControlPolicy> {
  const usual: Acl = [{ grantee: { kind: 'account', id: owner.canonicalId }, permission: 'FULL_CONTROL' }];
  const names = new Map<string, string | undefined>([
    [owner.canonicalId, owner.displayName],
    [anonymousAccount.canonicalId, undefined],
  ]);
  const grants: AccessControlPolicy['AccessControlList']['Grant'][number][] = [];
  for (const { grantee, permission } of groupsFirst(acl ?? usual)) {
    if (grantee.kind === 'account' && !names.has(grantee.id)) {
      names.set(grantee.id, (await identity.findGrantee({ canonicalId: grantee.id }))?.displayName);
    }
    grants.push({ Grantee: granteeOf(grantee, names), Permission: permission });
  }
  return { Owner: ownerElement(owner), AccessControlList: { Grant: grants } };
}

/** Whom most look for first: is it public? Their order means nothing else. */
function groupsFirst(acl: Acl): Acl {
  const isGroup = ({ grantee }: AclEntry) => grantee.kind === 'group';
  return [...acl.filter(isGroup), ...acl.filter((entry) => !isGroup(entry))];
}

export function granteeOf(
  grantee: AclEntry['grantee'],
  names: ReadonlyMap<string, string | undefined>,
): GranteeElement {
  if (grantee.kind === 'group') return { kind: 'Group', URI: groupUris[grantee.group] };
  return { kind: 'CanonicalUser', ID: grantee.id, DisplayName: names.get(grantee.id) };
}
