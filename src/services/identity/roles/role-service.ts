import { StorageError } from '../../../domain/errors.ts';
import { parseIdentityArn, roleArn, uniqueId } from '../../../domain/identity-arn.ts';
import { parsePolicy } from '../../../domain/policy/parse-policy.ts';
import type { Tag } from '../../../domain/tagging.ts';
import type { MetadataEngine, Transaction } from '../../../engines/metadata/metadata-engine.ts';
import type { Clock } from '../../../foundation/clock.ts';
import type { Random } from '../../../foundation/random.ts';
import { keyspace } from '../../../records/keyspace.ts';
import { type LastUseRecord, lastUseRecordType } from '../../../records/last-use-record.ts';
import { readRecord } from '../../../records/record-type.ts';
import type { RoleRecord } from '../../../records/role-record.ts';
import { checkPrincipals } from '../../authorization/known-principals.ts';
import { deleteAttachment, putAttachment } from '../attachments.ts';
import { changeIdentity } from '../change-identity.ts';
import { roles } from '../entity-table.ts';
import { readIdentityCounters } from '../identity-counters.ts';
import type { IdentityService } from '../identity-service.ts';
import { requireAttachable } from '../policies/find-policy.ts';
import { keptPolicy, policyLimits, policySize, quotaExceeded } from '../policies/policy-size.ts';
import { withoutTags, withTags } from '../users/user-tags.ts';

interface RoleContext {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly identity: IdentityService;
}

export interface NewRole {
  readonly accountId: string;
  readonly name: string;
  readonly path: string;
  readonly description: string;
  readonly maximumSessionSeconds: number;
  /** The text of the policy that says who may assume it. */
  readonly trustPolicy: string;
  readonly boundary: string | undefined;
  readonly tags: readonly Tag[];
}

/** The roles of accounts. */
export class RoleService {
  readonly #context: RoleContext;

  constructor(context: RoleContext) {
    this.#context = context;
  }

  /** Throws EntityAlreadyExists, MalformedPolicy, LimitExceeded, NoSuchEntity and InvalidInput for the boundary. */
  async create(wanted: NewRole): Promise<RoleRecord> {
    await this.#checkTrust(wanted.trustPolicy);
    const { metadata, clock, random } = this.#context;
    const { accountId, boundary, ...fields } = wanted;
    const role: RoleRecord = {
      id: uniqueId(random, 'role'),
      accountId,
      ...fields,
      trustPolicy: keptPolicy(fields.trustPolicy),
      createdAt: clock.now(),
      attached: [],
      inline: [],
      ...(boundary === undefined ? {} : { boundary }),
    };
    await changeIdentity(metadata, accountId, async (tx) => {
      // Read and written back, so that of this and the account's deletion at the same moment one runs again.
      const account = await tx.get(keyspace.account(accountId));
      if (!account) throw new StorageError('NoSuchEntity', { message: `There is no account ${accountId}.` });
      tx.put(keyspace.account(accountId), account);
      await roles.insert(tx, role);
      const { role: count } = await readIdentityCounters(tx, accountId);
      if (count > policyLimits.rolesOfAccount) throw quotaExceeded('RolesPerAccount', policyLimits.rolesOfAccount);
      if (boundary === undefined) return;
      await requireAttachable(tx, accountId, boundary);
      putAttachment(tx, { accountId, policyArn: boundary, as: 'boundary', kind: 'role', id: role.id });
    });
    return role;
  }

  /** Throws NoSuchEntity. */
  get(accountId: string, name: string): Promise<RoleRecord> {
    return roles.require(this.#context.metadata, accountId, name);
  }

  /** In the order of their names; `after` is the name behind which the page begins. */
  list(
    accountId: string,
    page: { readonly after: string | undefined; readonly limit: number; readonly pathPrefix: string },
  ): Promise<{ readonly entities: readonly RoleRecord[]; readonly next: string | undefined }> {
    return roles.page(this.#context.metadata, accountId, page);
  }

  /** As it is spelt, path and all. */
  async findByArn(arn: string): Promise<RoleRecord | undefined> {
    const named = parseIdentityArn(arn);
    if (named?.kind !== 'role') return undefined;
    const role = await roles.findByName(this.#context.metadata, named.accountId, named.name);
    return role && roleArn(role) === arn ? role : undefined;
  }

  /** What policies are asked about; of a role that is not there, which could only be at the root path. */
  async arn(accountId: string, name: string): Promise<string> {
    const role = await roles.findByName(this.#context.metadata, accountId, name);
    return roleArn(role ?? { accountId, path: '/', name });
  }

  /** Undefined for one that has not been used. */
  lastUse({ id }: RoleRecord): Promise<LastUseRecord | undefined> {
    return readRecord(this.#context.metadata, lastUseRecordType, keyspace.lastUse(id));
  }

  /** What is left out stays. */
  update(
    accountId: string,
    name: string,
    change: { readonly description?: string | undefined; readonly maximumSessionSeconds?: number | undefined },
  ): Promise<RoleRecord> {
    return this.#change(accountId, name, (role) => ({
      ...role,
      description: change.description ?? role.description,
      maximumSessionSeconds: change.maximumSessionSeconds ?? role.maximumSessionSeconds,
    }));
  }

  /** Throws MalformedPolicy, LimitExceeded. */
  async changeTrustPolicy(accountId: string, name: string, trustPolicy: string): Promise<void> {
    await this.get(accountId, name);
    await this.#checkTrust(trustPolicy);
    await this.#change(accountId, name, (role) => ({ ...role, trustPolicy: keptPolicy(trustPolicy) }));
  }

  /** Sessions that were issued before `at` are over, with their next request. Throws NoSuchEntity. */
  async revokeSessions(accountId: string, name: string, at: number): Promise<void> {
    await this.#change(accountId, name, (role) => ({ ...role, sessionsValidFrom: at }));
  }

  /** Throws LimitExceeded. */
  async tag(accountId: string, name: string, tags: readonly Tag[]): Promise<void> {
    await this.#change(accountId, name, (role) => ({ ...role, tags: withTags(role.tags, tags) }));
  }

  async untag(accountId: string, name: string, keys: readonly string[]): Promise<void> {
    await this.#change(accountId, name, (role) => ({ ...role, tags: withoutTags(role.tags, keys) }));
  }

  /** With its boundary, and not with its policies: DeleteConflict. Its sessions are over. */
  async delete(accountId: string, name: string): Promise<void> {
    await changeIdentity(this.#context.metadata, accountId, async (tx) => {
      const role = await roles.require(tx, accountId, name);
      if (role.attached.length > 0) throw conflict('Cannot delete entity, must detach all policies first.');
      if (role.inline.length > 0) throw conflict('Cannot delete entity, must delete policies first.');
      if (role.boundary !== undefined) {
        deleteAttachment(tx, { accountId, policyArn: role.boundary, as: 'boundary', kind: 'role', id: role.id });
      }
      tx.delete(keyspace.lastUse(role.id));
      roles.remove(tx, role);
    });
  }

  async #checkTrust(text: string): Promise<void> {
    const document = parsePolicy(text, { kind: 'trust' });
    if (policySize(text) > policyLimits.trust) throw quotaExceeded('ACLSizePerRole', policyLimits.trust);
    await checkPrincipals(document, this.#context.identity);
  }

  #change(accountId: string, name: string, change: (role: RoleRecord) => RoleRecord): Promise<RoleRecord> {
    return changeIdentity(this.#context.metadata, accountId, async (tx: Transaction) => {
      const role = await roles.require(tx, accountId, name);
      const changed = change(role);
      await roles.replace(tx, role, changed);
      return changed;
    });
  }
}

function conflict(message: string): StorageError {
  return new StorageError('DeleteConflict', { message });
}
