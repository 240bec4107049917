import { StorageError } from '../../../domain/errors.ts';
import { parsePolicy } from '../../../domain/policy/parse-policy.ts';
import type { MetadataEngine } from '../../../engines/metadata/metadata-engine.ts';
import { keyspace } from '../../../records/keyspace.ts';
import { changeIdentity } from '../change-identity.ts';
import { type Holder, type HolderRecord, holdersOf } from './policy-holders.ts';
import { keptPolicy, policyLimits, policySize } from './policy-size.ts';

/** Policies that stand on one user, group or role alone. */
export class InlinePolicyService {
  readonly #metadata: MetadataEngine;

  constructor({ metadata }: { readonly metadata: MetadataEngine }) {
    this.#metadata = metadata;
  }

  /** In place of the one of that name. Throws NoSuchEntity, MalformedPolicy, LimitExceeded. */
  async put({ kind, accountId, name }: Holder, policyName: string, text: string): Promise<void> {
    parsePolicy(text, { kind: 'identity' });
    await changeIdentity(this.#metadata, accountId, async (tx) => {
      const holder = await holdersOf(kind).require(tx, accountId, name);
      const others = holder.inline.filter((one) => one !== policyName);
      const texts = await tx.getMany(others.map((one) => keyspace.inlinePolicy(holder.id, one)));
      const size = texts.reduce((sum, other) => sum + policySize(other?.toString() ?? ''), policySize(text));
      const most = policyLimits.inline[kind];
      if (size > most) {
        throw new StorageError('LimitExceeded', {
          message: `Maximum policy size of ${most} bytes exceeded for ${kind} ${holder.name}`,
        });
      }
      tx.put(keyspace.inlinePolicy(holder.id, policyName), Buffer.from(keptPolicy(text)));
      // Written although nothing of it may have changed, so that the sum holds of two that are put at the same moment.
      const inline = others.length === holder.inline.length ? [...others, policyName] : holder.inline;
      await holdersOf(kind).replace(tx, holder, { ...holder, inline });
    });
  }

  /** Throws NoSuchEntity. */
  async get({ kind, accountId, name }: Holder, policyName: string): Promise<string> {
    const holder = await holdersOf(kind).require(this.#metadata, accountId, name);
    const text = holder.inline.includes(policyName)
      ? await this.#metadata.get(keyspace.inlinePolicy(holder.id, policyName))
      : undefined;
    if (text === undefined) throw noSuchPolicy(kind, holder, policyName);
    return text.toString();
  }

  /** Throws NoSuchEntity. */
  async delete({ kind, accountId, name }: Holder, policyName: string): Promise<void> {
    await changeIdentity(this.#metadata, accountId, async (tx) => {
      const holder = await holdersOf(kind).require(tx, accountId, name);
      if (!holder.inline.includes(policyName)) throw noSuchPolicy(kind, holder, policyName);
      tx.delete(keyspace.inlinePolicy(holder.id, policyName));
      const inline = holder.inline.filter((one) => one !== policyName);
      await holdersOf(kind).replace(tx, holder, { ...holder, inline });
    });
  }
}

function noSuchPolicy(kind: Holder['kind'], { name }: HolderRecord, policyName: string): StorageError {
  return new StorageError('NoSuchEntity', {
    message: `The ${kind} policy with name ${policyName} cannot be found on ${kind} ${name}.`,
  });
}
