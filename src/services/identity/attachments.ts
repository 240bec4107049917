import { type MetadataEngine, readCounters, type Transaction } from '../../engines/metadata/metadata-engine.ts';
import { keyspace, type PolicyAttachment } from '../../records/keyspace.ts';

const nothing = Buffer.alloc(0);
const deltas = (as: PolicyAttachment['as'], by: 1 | -1) => (as === 'policy' ? [by] : [0, by]);

/**
 * Notes that a policy hangs on something; the record of that is written in the same commit, and has been read there.
 * The commit has to have read the policy's record, too (unless it is AWS's own): whoever deletes a policy reads the
 * counters, and so one of two at the same moment runs again.
 */
export function putAttachment(tx: Transaction, attachment: PolicyAttachment): void {
  tx.put(keyspace.policyAttachment(attachment), nothing);
  tx.add(keyspace.policyAttachments(attachment.accountId, attachment.policyArn), deltas(attachment.as, 1));
}

/** The record of what it hung on has been read in this commit, and named the policy. */
export function deleteAttachment(tx: Transaction, attachment: PolicyAttachment): void {
  tx.delete(keyspace.policyAttachment(attachment));
  tx.add(keyspace.policyAttachments(attachment.accountId, attachment.policyArn), deltas(attachment.as, -1));
}

/** `AttachmentCount` and `PermissionsBoundaryUsageCount`. Within a commit it conflicts with each that changes them. */
export async function attachmentCounts(
  reader: Pick<MetadataEngine, 'get'> | Transaction,
  { accountId, policyArn }: Pick<PolicyAttachment, 'accountId' | 'policyArn'>,
): Promise<{ readonly attached: number; readonly asBoundary: number }> {
  const [attached, asBoundary] = readCounters(await reader.get(keyspace.policyAttachments(accountId, policyArn)), 2);
  return { attached: attached!, asBoundary: asBoundary! };
}
