import { StorageError } from '../../domain/errors.ts';
import { uniqueId } from '../../domain/identity-arn.ts';
import type { MetadataEngine, Transaction } from '../../engines/metadata/metadata-engine.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { Random } from '../../foundation/random.ts';
import { keyspace, type PolicyAttachment } from '../../records/keyspace.ts';
import type { UserRecord } from '../../records/user-record.ts';
import { keepAccount } from '../identity/account/keep-account.ts';
import { deleteAttachment, putAttachment } from '../identity/attachments.ts';
import { changeIdentity } from '../identity/change-identity.ts';
import { groups } from '../identity/entity-table.ts';
import { readIdentityCounters } from '../identity/identity-counters.ts';
import { requireAttachable } from '../identity/policies/find-policy.ts';
import { boundaryOf, type HolderKind, type HolderRecord, holdersOf } from '../identity/policies/policy-holders.ts';
import { policyLimits, quotaExceeded } from '../identity/policies/policy-size.ts';
import type { HolderEntry } from './holder-calls.ts';
import { isSame } from './import-step.ts';

export interface WriteContext {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
  readonly random: Random;
}

interface HolderToWrite {
  readonly kind: HolderKind;
  readonly accountId: string;
  readonly entry: HolderEntry;
  /** As it was when the import was weighed; undefined: it was not there. */
  readonly planned: HolderRecord | undefined;
}

/**
 * Makes a user, group or role what the document says, in one commit: nobody ever sees it with half of its policies.
 * Throws ConcurrentModification where it is no longer what was weighed.
 */
export function writeHolder(context: WriteContext, { kind, accountId, entry, planned }: HolderToWrite): Promise<void> {
  const { metadata, clock, random } = context;
  const table = holdersOf(kind);
  const fresh = { id: uniqueId(random, kind), accountId, createdAt: clock.now() };
  return changeIdentity(metadata, accountId, async (tx) => {
    await keepAccount(tx, accountId);
    const before = await table.findByName(tx, accountId, entry.name);
    if (!isSame(before, planned)) throw new StorageError('ConcurrentModification');
    const groupIds = 'groups' in entry ? await groupIdsOf(tx, accountId, entry.groups) : undefined;
    const { inline: texts, attached } = entry;
    const after = {
      ...(before ?? fresh),
      name: entry.name,
      path: entry.path,
      attached,
      inline: Object.keys(texts),
      ...('tags' in entry ? { tags: entry.tags } : {}),
      ...(kind === 'group' ? {} : { boundary: 'boundary' in entry ? entry.boundary : undefined }),
      ...(groupIds ? { groups: groupIds } : {}),
      ...('trustPolicy' in entry
        ? {
            trustPolicy: entry.trustPolicy,
            description: entry.description,
            maximumSessionSeconds: entry.maximumSessionSeconds,
          }
        : {}),
    } as HolderRecord;
    await moveAttachments(tx, kind, { before, after });
    for (const [name, text] of Object.entries(texts)) tx.put(keyspace.inlinePolicy(after.id, name), Buffer.from(text));
    for (const name of before?.inline ?? []) {
      if (!Object.hasOwn(texts, name)) tx.delete(keyspace.inlinePolicy(after.id, name));
    }
    if (groupIds) moveMemberships(tx, before as UserRecord | undefined, { id: after.id, groups: groupIds });
    if (before) return table.replace(tx, before, after);
    await table.insert(tx, after);
    if (kind !== 'role') return;
    const { role: count } = await readIdentityCounters(tx, accountId);
    if (count > policyLimits.rolesOfAccount) throw quotaExceeded('RolesPerAccount', policyLimits.rolesOfAccount);
  });
}

async function groupIdsOf(tx: Transaction, accountId: string, names: readonly string[]): Promise<readonly string[]> {
  // Read here: whoever deletes one of them meanwhile makes this run again.
  return Promise.all(names.map(async (name) => (await groups.require(tx, accountId, name)).id));
}

async function moveAttachments(
  tx: Transaction,
  kind: HolderKind,
  { before, after }: { readonly before: HolderRecord | undefined; readonly after: HolderRecord },
): Promise<void> {
  const { accountId, id } = after;
  const of = (as: PolicyAttachment['as'], policyArn: string) => ({ accountId, policyArn, as, kind, id });
  for (const arn of before?.attached ?? []) if (!after.attached.includes(arn)) deleteAttachment(tx, of('policy', arn));
  for (const arn of after.attached) {
    if (before?.attached.includes(arn)) continue;
    await requireAttachable(tx, accountId, arn);
    putAttachment(tx, of('policy', arn));
  }
  const [old, boundary] = [before && boundaryOf(before), boundaryOf(after)];
  if (old === boundary) return;
  if (old !== undefined) deleteAttachment(tx, of('boundary', old));
  if (boundary === undefined) return;
  await requireAttachable(tx, accountId, boundary);
  putAttachment(tx, of('boundary', boundary));
}

function moveMemberships(
  tx: Transaction,
  before: UserRecord | undefined,
  after: Pick<UserRecord, 'id' | 'groups'>,
): void {
  for (const group of before?.groups ?? []) {
    if (after.groups.includes(group)) continue;
    tx.delete(keyspace.groupMember(group, after.id));
    tx.add(keyspace.groupMembers(group), [-1]);
  }
  for (const group of after.groups) {
    if (before?.groups.includes(group)) continue;
    tx.put(keyspace.groupMember(group, after.id), Buffer.alloc(0));
    tx.add(keyspace.groupMembers(group), [1]);
  }
}
