import { StorageError } from '../../domain/errors.ts';
import { uniqueId } from '../../domain/identity-arn.ts';
import { keyspace } from '../../records/keyspace.ts';
import type { ManagedPolicyRecord } from '../../records/managed-policy-record.ts';
import { keepAccount } from '../identity/account/keep-account.ts';
import { changeIdentity } from '../identity/change-identity.ts';
import { managedPolicies } from '../identity/entity-table.ts';
import { readIdentityCounters } from '../identity/identity-counters.ts';
import { policyLimits, quotaExceeded } from '../identity/policies/policy-size.ts';
import { isSame } from './import-step.ts';
import type { PolicyEntry } from './transfer-document.ts';
import type { WriteContext } from './write-holder.ts';

interface PolicyToWrite {
  readonly accountId: string;
  /** With its versions in order. */
  readonly entry: PolicyEntry;
  readonly planned: ManagedPolicyRecord | undefined;
}

/**
 * Makes a managed policy what the document says, with the numbers of its versions, in one commit. Throws
 * ConcurrentModification where it is no longer what was weighed.
 */
export function writePolicy(
  { metadata, clock, random }: WriteContext,
  { accountId, entry, planned }: PolicyToWrite,
): Promise<void> {
  const id = uniqueId(random, 'policy');
  const now = clock.now();
  return changeIdentity(metadata, accountId, async (tx) => {
    await keepAccount(tx, accountId);
    const before = await managedPolicies.findByName(tx, accountId, entry.name);
    if (!isSame(before, planned)) throw new StorageError('ConcurrentModification');
    const created = new Map(before?.versions.map(({ number, createdAt }) => [number, createdAt]));
    const versions = entry.versions.map(({ number }) => ({ number, createdAt: created.get(number) ?? now }));
    const after: ManagedPolicyRecord = {
      id: before?.id ?? id,
      accountId,
      name: entry.name,
      path: entry.path,
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
      description: entry.description,
      defaultVersion: entry.defaultVersion,
      latestVersion: Math.max(before?.latestVersion ?? 0, ...versions.map(({ number }) => number)),
      versions,
      tags: entry.tags,
    };
    for (const { number } of before?.versions ?? []) tx.delete(keyspace.policyVersion(after.id, number));
    for (const { number, text } of entry.versions) {
      tx.put(keyspace.policyVersion(after.id, number), Buffer.from(text));
    }
    if (before) return managedPolicies.replace(tx, before, after);
    await managedPolicies.insert(tx, after);
    const { policy: count } = await readIdentityCounters(tx, accountId);
    if (count > policyLimits.policiesOfAccount) {
      throw quotaExceeded('PoliciesPerAccount', policyLimits.policiesOfAccount);
    }
  });
}
