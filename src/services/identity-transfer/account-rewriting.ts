import type { AccountRecord } from '../../records/account-record.ts';
import type { TenantDocument } from './transfer-document.ts';

type Identity = Pick<AccountRecord, 'accountId' | 'canonicalId'>;

/**
 * The tenant as it would be in another account: wherever policies, ARNs and configurations speak of the account that was
 * exported, by its number or its canonical id, they speak of the one that it is imported into.
 */
export function rewrittenFor(tenant: TenantDocument, target: Identity): TenantDocument {
  const { accountId, canonicalId } = tenant;
  if (accountId === target.accountId && canonicalId === target.canonicalId) return tenant;
  const byNumber = new RegExp(`(?<![\\w-])${accountId}(?![\\w-])`, 'g');
  const byCanonicalId = new RegExp(`(?<![\\w-])${canonicalId}(?![\\w-])`, 'g');
  const said = (text: string) => text.replaceAll(byNumber, () => target.accountId);
  // Ids that are short could be words of their own.
  const saidOfOwner = (text: string) =>
    canonicalId.length < shortestCanonicalId
      ? said(text)
      : said(text).replaceAll(byCanonicalId, () => target.canonicalId);
  const standing = <H extends { attached: readonly string[]; inline: Readonly<Record<string, string>> }>(
    holder: H,
  ): H => ({
    ...holder,
    attached: holder.attached.map(said),
    inline: mapped(holder.inline, said),
  });
  const bounded = <H extends { boundary?: string | undefined }>(holder: H): H =>
    holder.boundary === undefined ? holder : { ...holder, boundary: said(holder.boundary) };
  return {
    ...tenant,
    accountId: target.accountId,
    canonicalId: target.canonicalId,
    policies: tenant.policies.map((policy) => ({
      ...policy,
      versions: policy.versions.map(({ number, text }) => ({ number, text: said(text) })),
    })),
    groups: tenant.groups.map(standing),
    users: tenant.users.map((user) => bounded(standing(user))),
    roles: tenant.roles.map((role) => ({ ...bounded(standing(role)), trustPolicy: said(role.trustPolicy) })),
    buckets: tenant.buckets.map((bucket) => ({ ...bucket, configuration: mapped(bucket.configuration, saidOfOwner) })),
  };
}

const shortestCanonicalId = 16;

function mapped(texts: Readonly<Record<string, string>>, change: (text: string) => string) {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, change(text)]));
}
