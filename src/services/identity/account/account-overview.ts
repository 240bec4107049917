import { StorageError } from '../../../domain/errors.ts';
import type { MetadataEngine } from '../../../engines/metadata/metadata-engine.ts';
import type { GroupRecord } from '../../../records/group-record.ts';
import { keyspace } from '../../../records/keyspace.ts';
import type { ManagedPolicyRecord } from '../../../records/managed-policy-record.ts';
import type { RoleRecord } from '../../../records/role-record.ts';
import type { UserRecord } from '../../../records/user-record.ts';
import { keysOfRoot } from '../access-keys/key-owner.ts';
import { groups, managedPolicies, roles, users } from '../entity-table.ts';
import { type IdentityCounter, readIdentityCounters } from '../identity-counters.ts';
import { listPolicies, placeInListing } from '../policies/list-policies.ts';
import type { CountedPolicy } from '../policies/managed-policy-service.ts';

/** What an account has of each kind. */
export interface AccountSummary extends Readonly<Record<IdentityCounter, number>> {
  readonly policyVersions: number;
  readonly rootHasKeys: boolean;
}

/** In the order in which they are told. */
export const detailKinds = ['user', 'group', 'role', 'local-policy', 'aws-policy'] as const;
export type DetailKind = (typeof detailKinds)[number];

/** An inline policy, with its text. */
export interface InlinePolicy {
  readonly name: string;
  readonly text: string;
}

export interface AccountDetails {
  readonly users: readonly UserRecord[];
  readonly groups: readonly GroupRecord[];
  readonly roles: readonly RoleRecord[];
  readonly policies: readonly CountedPolicy[];
  /** Behind which the next page begins. */
  readonly next: string | undefined;
}

interface DetailPage {
  readonly kinds: ReadonlySet<DetailKind>;
  readonly after: string | undefined;
  readonly limit: number;
}

/** All that IAM knows of an account, to look at. */
export class AccountOverview {
  readonly #metadata: MetadataEngine;

  constructor({ metadata }: { readonly metadata: MetadataEngine }) {
    this.#metadata = metadata;
  }

  async summary(accountId: string): Promise<AccountSummary> {
    const counts = await readIdentityCounters(this.#metadata, accountId);
    let policyVersions = 0;
    for (let after: string | undefined; ; ) {
      const page = await managedPolicies.page(this.#metadata, accountId, { after, limit: 1000, pathPrefix: '/' });
      for (const { versions } of page.entities) policyVersions += versions.length;
      if (page.next === undefined) break;
      after = page.next;
    }
    return { ...counts, policyVersions, rootHasKeys: (await keysOfRoot(this.#metadata, accountId)).length > 0 };
  }

  /** Kind by kind, each in the order of names. Throws ValidationError for an `after` that no page gave. */
  async details(accountId: string, { kinds, after, limit }: DetailPage): Promise<AccountDetails> {
    const found = { users: [] as UserRecord[], groups: [] as GroupRecord[], roles: [] as RoleRecord[] };
    const policies: CountedPolicy[] = [];
    const { firstKind, name } = after === undefined ? { firstKind: 0, name: '' } : placeOf(after);
    let left = limit;
    let behind: string | undefined = name === '' ? undefined : name;
    for (const kind of detailKinds.slice(firstKind)) {
      if (!kinds.has(kind)) continue;
      if (left === 0) return { ...found, policies, next: `${kind}:` };
      const page = { after: behind, limit: left, pathPrefix: '/' };
      behind = undefined;
      const { entities, next } = await this.#page(accountId, kind, page);
      left -= entities.length;
      switch (kind) {
        case 'user':
          found.users.push(...(entities as readonly UserRecord[]));
          break;
        case 'group':
          found.groups.push(...(entities as readonly GroupRecord[]));
          break;
        case 'role':
          found.roles.push(...(entities as readonly RoleRecord[]));
          break;
        default:
          policies.push(...(entities as readonly CountedPolicy[]));
      }
      if (next !== undefined) return { ...found, policies, next: `${kind}:${next}` };
    }
    return { ...found, policies, next: undefined };
  }

  async #page(
    accountId: string,
    kind: DetailKind,
    page: { readonly after: string | undefined; readonly limit: number; readonly pathPrefix: string },
  ): Promise<{ readonly entities: readonly unknown[]; readonly next: string | undefined }> {
    switch (kind) {
      case 'user':
        return users.page(this.#metadata, accountId, page);
      case 'group':
        return groups.page(this.#metadata, accountId, page);
      case 'role':
        return roles.page(this.#metadata, accountId, page);
      default: {
        const isLocal = kind === 'local-policy';
        // Of those that everybody has only the ones that are in use here.
        const listing = {
          ...page,
          scope: isLocal ? 'Local' : 'AWS',
          onlyAttached: !isLocal,
          usage: undefined,
        } as const;
        const { policies, next } = await listPolicies(this.#metadata, accountId, listing);
        return { entities: policies, next };
      }
    }
  }

  /** Those that are gone by now are left out. */
  async inlinePolicies(owner: UserRecord | GroupRecord | RoleRecord): Promise<readonly InlinePolicy[]> {
    const found: InlinePolicy[] = [];
    for (const name of owner.inline) {
      const text = await this.#metadata.get(keyspace.inlinePolicy(owner.id, name));
      if (text) found.push({ name, text: text.toString() });
    }
    return found;
  }
}

/** Behind which a page begins that follows one that ends with this policy. */
export function placeOfPolicyDetail(policy: ManagedPolicyRecord): string {
  const kind: DetailKind = policy.accountId === 'aws' ? 'aws-policy' : 'local-policy';
  return `${kind}:${placeInListing(policy)}`;
}

function placeOf(place: string): { readonly firstKind: number; readonly name: string } {
  const colon = place.indexOf(':');
  const firstKind = (detailKinds as readonly string[]).indexOf(place.slice(0, Math.max(0, colon)));
  if (firstKind < 0) throw new StorageError('ValidationError', { message: 'Invalid Marker.' });
  return { firstKind, name: place.slice(colon + 1) };
}
