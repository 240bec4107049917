import { StorageError } from '../../../domain/errors.ts';
import { parseIdentityArn } from '../../../domain/identity-arn.ts';
import type { MetadataEngine } from '../../../engines/metadata/metadata-engine.ts';
import { keyspace } from '../../../records/keyspace.ts';
import type { CompiledIdentities } from '../compiled-identities.ts';
import { groups } from '../entity-table.ts';
import { boundaryOf, type HolderKind, type HolderRecord, holderArn, holdersOf } from '../policies/policy-holders.ts';

/** A policy to be simulated. */
export interface SourcePolicy {
  /** As answers call it: the name of a managed policy, `user_alice_backup` for an inline one. */
  readonly id: string;
  readonly type: 'IAM Policy' | 'Resource Policy';
  readonly text: string;
}

/** Whose policies are simulated. */
export interface PolicySource {
  readonly kind: HolderKind;
  readonly entity: HolderRecord;
  readonly policies: readonly SourcePolicy[];
  /** Empty for a boundary that is not there, which lets nothing through; undefined where there is none. */
  readonly boundary: readonly SourcePolicy[] | undefined;
}

interface Stores {
  readonly metadata: MetadataEngine;
  readonly identities: CompiledIdentities;
}

/** What `arn` names, as it is spelt. Throws InvalidInput, NoSuchEntity. */
export async function findPolicySource(stores: Stores, arn: string): Promise<PolicySource> {
  const named = parseIdentityArn(arn);
  if (!named || named.kind === 'policy') {
    throw new StorageError('InvalidInput', {
      message: `Invalid Entity Arn: ${arn} does not clearly define entity type and name.`,
    });
  }
  const { kind } = named;
  const entity = await holdersOf(kind).require(stores.metadata, named.accountId, named.name);
  if (holderArn(kind, entity) !== arn) {
    throw new StorageError('NoSuchEntity', { message: `The ${kind} with name ${named.name} cannot be found.` });
  }
  const policies = await policiesOf(stores, kind, entity);
  if ('groups' in entity) {
    for (const id of entity.groups) {
      const group = await groups.find(stores.metadata, id);
      if (group) policies.push(...(await policiesOf(stores, 'group', group)));
    }
  }
  const boundary = boundaryOf(entity);
  return {
    kind,
    entity,
    policies,
    boundary: boundary === undefined ? undefined : await managed(stores, [boundary]),
  };
}

async function policiesOf(stores: Stores, kind: HolderKind, { id, name, inline, attached }: HolderRecord) {
  const found: SourcePolicy[] = [];
  for (const policy of inline) {
    const text = await stores.metadata.get(keyspace.inlinePolicy(id, policy));
    if (text) found.push({ id: `${kind}_${name}_${policy}`, type: 'IAM Policy', text: text.toString() });
  }
  found.push(...(await managed(stores, attached)));
  return found;
}

async function managed({ identities }: Stores, arns: readonly string[]): Promise<SourcePolicy[]> {
  const found: SourcePolicy[] = [];
  for (const arn of arns) {
    const text = await identities.managedPolicyText(arn);
    if (text !== undefined) found.push({ id: parseIdentityArn(arn)?.name ?? arn, type: 'IAM Policy', text });
  }
  return found;
}
