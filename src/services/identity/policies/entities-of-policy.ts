import type { MetadataEngine } from '../../../engines/metadata/metadata-engine.ts';
import { keyParts, keyspace, type PolicyAttachment, spans } from '../../../records/keyspace.ts';
import { type HolderKind, type HolderRecord, holdersOf } from './policy-holders.ts';

export interface EntityListing {
  readonly kinds: readonly HolderKind[];
  readonly as: PolicyAttachment['as'] | undefined;
  readonly pathPrefix: string;
  /** Of the page before. */
  readonly after: string | undefined;
  readonly limit: number;
}

export interface PolicyEntity {
  readonly kind: HolderKind;
  readonly entity: HolderRecord;
}

const readAtOnce = 200;
/** Entries that one page looks at, at most: short pages, and never a slow one. */
const lookedAt = 4000;
const place = /^(policy|boundary)\/(user|group|role)\/([\w]{1,128})$/;

/** What of an account a policy stands on. */
export async function entitiesOfPolicy(
  metadata: MetadataEngine,
  policy: Pick<PolicyAttachment, 'accountId' | 'policyArn'>,
  { kinds, as, pathPrefix, after, limit }: EntityListing,
): Promise<{ readonly entities: readonly PolicyEntity[]; readonly next: string | undefined }> {
  const entities: PolicyEntity[] = [];
  let next = after;
  let key = keyOf(policy, after);
  for (let looked = 0; looked < lookedAt; ) {
    const entries = await metadata.range(spans.policyAttachmentsOf(policy, key, readAtOnce));
    for (const entry of entries) {
      const attachment = keyParts.policyAttachment(entry.key);
      const isWanted = kinds.includes(attachment.kind) && (as === undefined || attachment.as === as);
      const entity = isWanted ? await holdersOf(attachment.kind).find(metadata, attachment.id) : undefined;
      // Who has it as both is told once.
      const isTold = as === undefined && attachment.as === 'boundary' && entity?.attached.includes(policy.policyArn);
      if (entity?.path.startsWith(pathPrefix) && !isTold) {
        if (entities.length === limit) return { entities, next };
        entities.push({ kind: attachment.kind, entity });
      }
      key = entry.key;
      next = `${attachment.as}/${attachment.kind}/${attachment.id}`;
    }
    looked += entries.length;
    if (entries.length < readAtOnce) return { entities, next: undefined };
  }
  return { entities, next };
}

/** Undefined, which is the beginning, for what is no place. */
function keyOf(
  policy: Pick<PolicyAttachment, 'accountId' | 'policyArn'>,
  after: string | undefined,
): Buffer | undefined {
  const [, as, kind, id] = place.exec(after ?? '') ?? [];
  if (id === undefined) return undefined;
  return keyspace.policyAttachment({
    ...policy,
    as: as as PolicyAttachment['as'],
    kind: kind as HolderKind,
    id,
  });
}
