import type { Grant } from '../../domain/grant.ts';
import { parseIdentityArn } from '../../domain/identity-arn.ts';
import { parseOidcProviderArn } from '../../domain/oidc-provider-arn.ts';
import type { Tag } from '../../domain/tagging.ts';
import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { keyspace } from '../../records/keyspace.ts';
import { oidcProviderRecordType } from '../../records/oidc-provider-record.ts';
import { readRecord } from '../../records/record-type.ts';
import { findPolicy } from './policies/find-policy.ts';
import { holderArn, holdersOf } from './policies/policy-holders.ts';

/**
 * The tags of what grants are about, by the keys of conditions in lower case: `aws:resourcetag/team`, and
 * `iam:resourcetag/team`, as IAM has them both. What is not there, or is another account's, has none.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_iam-tags.html
 */
export async function resourceTagConditions(
  metadata: MetadataEngine,
  accountId: string,
  grants: readonly Grant[],
): Promise<Readonly<Record<string, readonly string[]>>> {
  const conditions: Record<string, readonly string[]> = {};
  for (const arn of new Set(grants.flatMap((grant) => ownArn(grant, accountId)))) {
    for (const { key, value } of await tagsOf(metadata, arn)) {
      const name = `resourcetag/${key.toLowerCase()}`;
      const values = [...(conditions[`aws:${name}`] ?? []), value];
      conditions[`aws:${name}`] = values;
      conditions[`iam:${name}`] = values;
    }
  }
  return conditions;
}

function ownArn({ resource }: Grant, accountId: string): readonly string[] {
  return resource.kind === 'identity' && resource.accountId === accountId ? [resource.arn] : [];
}

const none: readonly Tag[] = [];

async function tagsOf(metadata: MetadataEngine, arn: string): Promise<readonly Tag[]> {
  const provider = parseOidcProviderArn(arn);
  if (provider) {
    const key = keyspace.oidcProvider(provider.accountId, provider.url);
    return (await readRecord(metadata, oidcProviderRecordType, key))?.tags ?? none;
  }
  const named = parseIdentityArn(arn);
  if (named === undefined || named.kind === 'group') return none;
  if (named.kind === 'policy') return (await findPolicy(metadata, arn))?.tags ?? none;
  const holder = await holdersOf(named.kind).findByName(metadata, named.accountId, named.name);
  return holder && 'tags' in holder && holderArn(named.kind, holder) === arn ? holder.tags : none;
}
