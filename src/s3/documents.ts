import type { Account } from '../domain/principal.ts';
import type { BucketRecord } from '../records/bucket-record.ts';
import type { IdentityService } from '../services/identity/identity-service.ts';
import { element, list, text } from '../wire/xml/schema.ts';
import { accountBehind, shownOwnerId } from './object-ownership.ts';

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

/** Accounts by their ids, as S3 shows them, each looked up once. */
export async function accountElements(
  accountIds: Iterable<string>,
  identity: IdentityService,
): Promise<ReadonlyMap<string, OwnerElement>> {
  const accounts = new Map<string, OwnerElement>();
  for (const accountId of accountIds) {
    if (!accounts.has(accountId)) accounts.set(accountId, ownerElement(await accountBehind(accountId, { identity })));
  }
  return accounts;
}

/** Whom S3 shows as the owners of what the bucket holds, by the account ids that are stored with it. */
export async function ownersIn(
  bucket: BucketRecord,
  owned: Iterable<{ readonly ownerAccountId: string }>,
  identity: IdentityService,
): Promise<ReadonlyMap<string, OwnerElement>> {
  const owners = new Map<string, OwnerElement>();
  for (const version of owned) {
    if (owners.has(version.ownerAccountId)) continue;
    const account = await accountBehind(shownOwnerId(bucket, version), { identity });
    owners.set(version.ownerAccountId, ownerElement(account));
  }
  return owners;
}
