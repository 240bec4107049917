import type { Account } from '../domain/principal.ts';
import type { IdentityService } from '../services/identity/identity-service.ts';
import { element, list, text } from './xml/schema.ts';

/** Pieces that several of S3's documents share. */
export const owner = element({ ID: text(), DisplayName: text() });
export const commonPrefixes = list(element({ Prefix: text() }));

export interface OwnerElement {
  readonly ID: string;
  readonly DisplayName: string;
}

export function ownerElement(account: Account): OwnerElement {
  return { ID: account.canonicalId, DisplayName: account.displayName };
}

/** Owners by account id, each looked up once a listing. */
export async function ownersOf(
  accountIds: Iterable<string>,
  identity: IdentityService,
): Promise<ReadonlyMap<string, OwnerElement>> {
  const owners = new Map<string, OwnerElement>();
  for (const accountId of accountIds) {
    if (owners.has(accountId)) continue;
    const account = await identity.findAccount(accountId);
    owners.set(accountId, account ? ownerElement(account) : { ID: accountId, DisplayName: '' });
  }
  return owners;
}
