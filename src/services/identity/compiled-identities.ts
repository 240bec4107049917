import { parseIdentityArn } from '../../domain/identity-arn.ts';
import type { IdentityRights, RightsLimit } from '../../domain/policy/identity-rights.ts';
import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import { RecentMap } from '../../foundation/recent-map.ts';
import type { GroupRecord } from '../../records/group-record.ts';
import { keyspace } from '../../records/keyspace.ts';
import type { RoleRecord } from '../../records/role-record.ts';
import type { UserRecord } from '../../records/user-record.ts';
import { awsManagedPolicies } from './aws-managed-policies.ts';
import { identityRevision } from './change-identity.ts';
import { groups, managedPolicies, roles, users } from './entity-table.ts';
import type { PolicyCompiler, ReadyPolicy } from './policy-compiler.ts';

/** A user or a role as requests need it: the record, and what its policies let it do. */
export interface CompiledIdentity<T extends UserRecord | RoleRecord> {
  readonly record: T;
  /** Without what a session or a service account narrows. */
  readonly rights: IdentityRights;
}

interface Known {
  readonly revision: number;
  /** Undefined for one that is not there (any more). */
  readonly identity: CompiledIdentity<UserRecord | RoleRecord> | undefined;
}

/** Half of what a process keeps ready at most, in policies; a user or a role counts for one beside its own. */
const remembered = 40_960;
/** How often loading begins anew because the account changes meanwhile; what is loaded then is not remembered. */
const tries = 3;

/**
 * Users and roles with their policies compiled, as they are now: each use reads the revision of the account, one small
 * value that is near, and what was made under another revision is made anew. So a change is seen with the next request
 * on every worker, without a message that could be lost.
 */
export class CompiledIdentities {
  readonly #metadata: MetadataEngine;
  readonly #compiler: PolicyCompiler;
  readonly #known = new RecentMap<string, Known>(remembered);

  constructor(metadata: MetadataEngine, compiler: PolicyCompiler) {
    this.#metadata = metadata;
    this.#compiler = compiler;
  }

  user(accountId: string, userId: string): MaybePromise<CompiledIdentity<UserRecord> | undefined> {
    return this.#of(accountId, userId, async () => {
      const user = await users.find(this.#metadata, userId);
      return user?.accountId === accountId ? { record: user, rights: await this.#rightsOfUser(user) } : undefined;
    }) as MaybePromise<CompiledIdentity<UserRecord> | undefined>;
  }

  role(accountId: string, roleId: string): MaybePromise<CompiledIdentity<RoleRecord> | undefined> {
    return this.#of(accountId, roleId, async () => {
      const role = await roles.find(this.#metadata, roleId);
      return role?.accountId === accountId ? { record: role, rights: await this.rightsOfRole(role) } : undefined;
    }) as MaybePromise<CompiledIdentity<RoleRecord> | undefined>;
  }

  /** At once where it is known and stands. */
  #of(accountId: string, id: string, load: () => Promise<Known['identity']>): MaybePromise<Known['identity']> {
    return whenReady(identityRevision(this.#metadata, accountId), (revision) => {
      const known = this.#known.get(id);
      if (known?.revision !== revision) return this.#load({ accountId, id, revision }, load);
      return known.identity;
    });
  }

  /** What is read between two looks at the same revision belongs together. */
  async #load(
    { accountId, id, revision }: { accountId: string; id: string; revision: number },
    load: () => Promise<Known['identity']>,
  ): Promise<Known['identity']> {
    let before = revision;
    for (let i = 0; ; i++) {
      const identity = await load();
      const after = await identityRevision(this.#metadata, accountId);
      if (after === before) {
        this.#known.set(id, { revision: before, identity }, 1 + (identity?.record.inline.length ?? 0));
        return identity;
      }
      if (i === tries) return identity;
      before = after;
    }
  }

  async #rightsOfUser(user: UserRecord): Promise<IdentityRights> {
    const policies = await this.#policiesOf(`user ${user.name}`, user);
    for (const id of user.groups) {
      const group = await groups.find(this.#metadata, id);
      if (group) policies.push(...(await this.#policiesOf(`group ${group.name}`, group)));
    }
    return rightsOf(policies, await this.#boundaryOf(user));
  }

  async rightsOfRole(role: RoleRecord): Promise<IdentityRights> {
    return rightsOf(await this.#policiesOf(`role ${role.name}`, role), await this.#boundaryOf(role));
  }

  async #policiesOf(name: string, owner: UserRecord | GroupRecord | RoleRecord): Promise<ReadyPolicy[]> {
    const ready: ReadyPolicy[] = [];
    for (const inline of owner.inline) {
      const text = await this.#metadata.get(keyspace.inlinePolicy(owner.id, inline));
      if (text) ready.push(this.#compiler.ready(`${name}: inline policy ${inline}`, text.toString()));
    }
    for (const arn of owner.attached) {
      const policy = await this.managedPolicy(arn);
      if (policy) ready.push(policy);
    }
    return ready;
  }

  /** Undefined for a policy that is not there. */
  async managedPolicy(arn: string, kind: 'identity' | 'session' = 'identity'): Promise<ReadyPolicy | undefined> {
    const text = await this.managedPolicyText(arn);
    return text === undefined ? undefined : this.#compiler.ready(arn, text, kind);
  }

  /** The text of the version in force. */
  async managedPolicyText(arn: string): Promise<string | undefined> {
    const aws = awsManagedPolicies.get(arn);
    if (aws) return aws.text;
    const named = parseIdentityArn(arn);
    if (named?.kind !== 'policy') return undefined;
    const record = await managedPolicies.findByName(this.#metadata, named.accountId, named.name);
    if (record?.path !== named.path) return undefined;
    return (await this.#metadata.get(keyspace.policyVersion(record.id, record.defaultVersion)))?.toString();
  }

  async #boundaryOf({ boundary }: UserRecord | RoleRecord): Promise<ReadyPolicy[] | undefined> {
    if (boundary === undefined) return undefined;
    const policy = await this.managedPolicy(boundary);
    // A boundary that is not there is none that lets anything through.
    return policy ? [policy] : [];
  }
}

const noLimits: readonly RightsLimit[] = Object.freeze([]);

function rightsOf(policies: readonly ReadyPolicy[], boundary: readonly ReadyPolicy[] | undefined): IdentityRights {
  return {
    identity: policies.map(({ compiled }) => compiled),
    limits: boundary ? [{ kind: 'boundary', policies: boundary.map(({ compiled }) => compiled) }] : noLimits,
    asksForTags: [...policies, ...(boundary ?? [])].some(({ asksForTags }) => asksForTags),
  };
}

/** The same rights, narrowed once more. Undefined rights are those of a root. */
export function narrowed(
  rights: IdentityRights | undefined,
  kind: RightsLimit['kind'],
  policies: readonly ReadyPolicy[],
): IdentityRights {
  const limit: RightsLimit = { kind, policies: policies.map(({ compiled }) => compiled) };
  return {
    identity: rights?.identity,
    limits: [...(rights?.limits ?? noLimits), limit],
    asksForTags: (rights?.asksForTags ?? false) || policies.some(({ asksForTags }) => asksForTags),
  };
}
