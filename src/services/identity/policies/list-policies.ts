import { policyArn } from '../../../domain/identity-arn.ts';
import type { MetadataEngine } from '../../../engines/metadata/metadata-engine.ts';
import type { ManagedPolicyRecord } from '../../../records/managed-policy-record.ts';
import { attachmentCounts } from '../attachments.ts';
import { awsManagedPolicies, awsPolicyRecord } from '../aws-managed-policies.ts';
import { managedPolicies } from '../entity-table.ts';
import type { CountedPolicy } from './managed-policy-service.ts';

export interface PolicyListing {
  readonly scope: 'All' | 'AWS' | 'Local';
  readonly onlyAttached: boolean;
  /** Those used so; left out: all. */
  readonly usage: 'PermissionsPolicy' | 'PermissionsBoundary' | undefined;
  readonly pathPrefix: string;
  /** Of the page before. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** Before the names of those that everybody has, which follow those of the account. No name has a slash. */
const ofAws = 'aws/';
const readAtOnce = 100;

/** The policies of an account, then those that everybody has, each in the order of their names. */
export async function listPolicies(
  metadata: MetadataEngine,
  accountId: string,
  listing: PolicyListing,
): Promise<{ readonly policies: readonly CountedPolicy[]; readonly next: string | undefined }> {
  const policies: CountedPolicy[] = [];
  let behind = listing.after;
  for await (const { policy, place } of candidates(metadata, accountId, listing)) {
    const counts = await attachmentCounts(metadata, { accountId, policyArn: policyArn(policy) });
    if (isWanted({ policy, counts }, listing)) {
      if (policies.length === listing.limit) return { policies, next: behind };
      policies.push({ policy, counts });
    }
    behind = place;
  }
  return { policies, next: undefined };
}

interface Candidate {
  readonly policy: ManagedPolicyRecord;
  /** What a page that begins behind it is asked for with. */
  readonly place: string;
}

async function* candidates(
  metadata: MetadataEngine,
  accountId: string,
  { scope, pathPrefix, after }: PolicyListing,
): AsyncGenerator<Candidate, void> {
  const isBehindOwn = after?.startsWith(ofAws) ?? false;
  if (scope !== 'AWS' && !isBehindOwn) {
    for (let behind = after; ; ) {
      const page = await managedPolicies.page(metadata, accountId, { after: behind, limit: readAtOnce, pathPrefix });
      for (const policy of page.entities) yield { policy, place: placeInListing(policy) };
      if (page.next === undefined) break;
      behind = page.next;
    }
  }
  if (scope === 'Local') return;
  const everybodys = [...awsManagedPolicies.values()];
  const first = isBehindOwn ? everybodys.findIndex(({ name }) => ofAws + name === after) + 1 : 0;
  for (const policy of everybodys.slice(first)) {
    const record = awsPolicyRecord(policy);
    if (record.path.startsWith(pathPrefix)) yield { policy: record, place: placeInListing(record) };
  }
}

/** What a page that begins behind this policy is asked for with. */
export function placeInListing({ accountId, name }: ManagedPolicyRecord): string {
  return accountId === 'aws' ? ofAws + name : name.toLowerCase();
}

function isWanted({ counts }: CountedPolicy, { onlyAttached, usage }: PolicyListing): boolean {
  const { attached, asBoundary } = counts;
  if (onlyAttached && attached + asBoundary === 0) return false;
  if (usage === 'PermissionsBoundary') return asBoundary > 0;
  // A policy that is only a boundary is none that gives permissions.
  return usage === undefined || attached > 0 || asBoundary === 0;
}
