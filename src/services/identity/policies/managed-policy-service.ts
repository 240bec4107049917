import { StorageError } from '../../../domain/errors.ts';
import { policyArn, uniqueId } from '../../../domain/identity-arn.ts';
import { parsePolicy } from '../../../domain/policy/parse-policy.ts';
import type { Tag } from '../../../domain/tagging.ts';
import type { MetadataEngine, Transaction } from '../../../engines/metadata/metadata-engine.ts';
import type { Clock } from '../../../foundation/clock.ts';
import type { Random } from '../../../foundation/random.ts';
import { keyspace } from '../../../records/keyspace.ts';
import type { ManagedPolicyRecord } from '../../../records/managed-policy-record.ts';
import { attachmentCounts } from '../attachments.ts';
import { awsManagedPolicies } from '../aws-managed-policies.ts';
import { changeIdentity } from '../change-identity.ts';
import { managedPolicies } from '../entity-table.ts';
import { readIdentityCounters } from '../identity-counters.ts';
import { withoutTags, withTags } from '../users/user-tags.ts';
import { requirePolicy } from './find-policy.ts';
import { keptPolicy, policyLimits, policySize, quotaExceeded } from './policy-size.ts';

interface PolicyContext {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
  readonly random: Random;
}

export interface NewPolicy {
  readonly accountId: string;
  readonly name: string;
  readonly path: string;
  readonly description: string;
  readonly text: string;
  readonly tags: readonly Tag[];
}

/** A policy, and how often one account uses it. */
export interface CountedPolicy {
  readonly policy: ManagedPolicyRecord;
  readonly counts: { readonly attached: number; readonly asBoundary: number };
}

export interface NewVersion {
  readonly text: string;
  readonly becomesDefault: boolean;
}

/** Managed policies: those of accounts, and to be read only those that everybody has. */
export class ManagedPolicyService {
  readonly #context: PolicyContext;

  constructor(context: PolicyContext) {
    this.#context = context;
  }

  /** Throws EntityAlreadyExists, MalformedPolicy, LimitExceeded. */
  async create({ accountId, name, path, description, text, tags }: NewPolicy): Promise<ManagedPolicyRecord> {
    checkText(text);
    const { metadata, clock, random } = this.#context;
    const now = clock.now();
    const policy: ManagedPolicyRecord = {
      id: uniqueId(random, 'policy'),
      accountId,
      name,
      path,
      createdAt: now,
      updatedAt: now,
      description,
      defaultVersion: 1,
      latestVersion: 1,
      versions: [{ number: 1, createdAt: now }],
      tags,
    };
    await changeIdentity(metadata, accountId, async (tx) => {
      // Read and written back, so that of this and the account's deletion at the same moment one runs again.
      const account = await tx.get(keyspace.account(accountId));
      if (!account) throw new StorageError('NoSuchEntity', { message: `There is no account ${accountId}.` });
      tx.put(keyspace.account(accountId), account);
      await managedPolicies.insert(tx, policy);
      const { policy: count } = await readIdentityCounters(tx, accountId);
      if (count > policyLimits.policiesOfAccount) {
        throw quotaExceeded('PoliciesPerAccount', policyLimits.policiesOfAccount);
      }
      tx.put(keyspace.policyVersion(policy.id, 1), Buffer.from(keptPolicy(text)));
    });
    return policy;
  }

  /** With what it is used for in the account. Throws InvalidInput, NoSuchEntity. */
  async get(accountId: string, arn: string): Promise<CountedPolicy> {
    return this.counted(accountId, await requirePolicy(this.#context.metadata, arn));
  }

  async counted(accountId: string, policy: ManagedPolicyRecord): Promise<CountedPolicy> {
    const counts = await attachmentCounts(this.#context.metadata, { accountId, policyArn: policyArn(policy) });
    return { policy, counts };
  }

  /** Throws NoSuchEntity. */
  async versionText(policy: ManagedPolicyRecord, number: number): Promise<string> {
    if (policy.accountId === 'aws' && number === policy.defaultVersion) {
      return awsManagedPolicies.get(policyArn(policy))!.text;
    }
    const text = await this.#context.metadata.get(keyspace.policyVersion(policy.id, number));
    if (text === undefined) throw noSuchVersion(policyArn(policy), number);
    return text.toString();
  }

  /** Throws DeleteConflict while it is attached, a boundary, or has other versions. */
  async delete(arn: string): Promise<void> {
    await this.#change(arn, async (tx, policy) => {
      const { attached, asBoundary } = await attachmentCounts(tx, { accountId: policy.accountId, policyArn: arn });
      if (attached + asBoundary > 0) throw conflict('Cannot delete a policy attached to entities.');
      if (policy.versions.length > 1) {
        throw conflict(
          "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
        );
      }
      for (const { number } of policy.versions) tx.delete(keyspace.policyVersion(policy.id, number));
      managedPolicies.remove(tx, policy);
    });
  }

  /** Answers its number. Throws LimitExceeded for a sixth, MalformedPolicy. */
  async createVersion(arn: string, { text, becomesDefault }: NewVersion): Promise<ManagedPolicyRecord> {
    checkText(text);
    const now = this.#context.clock.now();
    return this.#change(arn, async (tx, policy) => {
      if (policy.versions.length >= policyLimits.versions) {
        throw new StorageError('LimitExceeded', {
          message: `A managed policy can have up to ${policyLimits.versions} versions. Before you create a new version, you must delete an existing version.`,
        });
      }
      const number = policy.latestVersion + 1;
      const changed: ManagedPolicyRecord = {
        ...policy,
        latestVersion: number,
        versions: [...policy.versions, { number, createdAt: now }],
        updatedAt: now,
        ...(becomesDefault ? { defaultVersion: number } : {}),
      };
      tx.put(keyspace.policyVersion(policy.id, number), Buffer.from(keptPolicy(text)));
      await managedPolicies.replace(tx, policy, changed);
      return changed;
    });
  }

  /** Throws NoSuchEntity. */
  async setDefaultVersion(arn: string, number: number): Promise<void> {
    const now = this.#context.clock.now();
    await this.#change(arn, async (tx, policy) => {
      requireVersion(policy, number);
      await managedPolicies.replace(tx, policy, { ...policy, defaultVersion: number, updatedAt: now });
    });
  }

  /** Throws NoSuchEntity, and DeleteConflict for the version in force. */
  async deleteVersion(arn: string, number: number): Promise<void> {
    await this.#change(arn, async (tx, policy) => {
      requireVersion(policy, number);
      if (policy.defaultVersion === number) throw conflict('Cannot delete the default version of a policy.');
      tx.delete(keyspace.policyVersion(policy.id, number));
      const versions = policy.versions.filter((version) => version.number !== number);
      await managedPolicies.replace(tx, policy, { ...policy, versions });
    });
  }

  /** Throws LimitExceeded. */
  async tag(arn: string, tags: readonly Tag[]): Promise<void> {
    await this.#change(arn, (tx, policy) =>
      managedPolicies.replace(tx, policy, { ...policy, tags: withTags(policy.tags, tags) }),
    );
  }

  async untag(arn: string, keys: readonly string[]): Promise<void> {
    await this.#change(arn, (tx, policy) =>
      managedPolicies.replace(tx, policy, { ...policy, tags: withoutTags(policy.tags, keys) }),
    );
  }

  /** Of a policy of an account; nobody changes those that everybody has. */
  async #change<T>(arn: string, body: (tx: Transaction, policy: ManagedPolicyRecord) => Promise<T>): Promise<T> {
    const { metadata } = this.#context;
    const { accountId } = await requirePolicy(metadata, arn);
    if (accountId === 'aws') throw new StorageError('AccessDenied');
    return changeIdentity(metadata, accountId, async (tx) => body(tx, await requirePolicy(tx, arn)));
  }
}

function checkText(text: string): void {
  parsePolicy(text, { kind: 'identity' });
  if (policySize(text) > policyLimits.managed) throw quotaExceeded('PolicySize', policyLimits.managed);
}

/** Throws NoSuchEntity. */
export function requireVersion(policy: ManagedPolicyRecord, number: number): ManagedPolicyRecord['versions'][number] {
  const version = policy.versions.find((one) => one.number === number);
  if (version === undefined) throw noSuchVersion(policyArn(policy), number);
  return version;
}

function noSuchVersion(arn: string, number: number): StorageError {
  return new StorageError('NoSuchEntity', {
    message: `Policy ${arn} version v${number} does not exist or is not attachable.`,
  });
}

function conflict(message: string): StorageError {
  return new StorageError('DeleteConflict', { message });
}
