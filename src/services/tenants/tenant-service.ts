import { StorageError } from '../../domain/errors.ts';
import { type Account, isSystemAccount } from '../../domain/principal.ts';
import type { Quota } from '../../domain/quota.ts';
import type { RateLimits } from '../../domain/rate-limits.ts';
import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import type { AccessKeyRecord, AccountRecord } from '../../records/account-record.ts';
import { keyspace, spans } from '../../records/keyspace.ts';
import { type Usage, usageOf } from '../../records/usage-record.ts';
import { type IdentityCounter, readIdentityCounters } from '../identity/identity-counters.ts';
import type { AccessKeyPair, IdentityService, NewAccount } from '../identity/identity-service.ts';
import { QuotaService } from '../quotas/quota-service.ts';

interface TenantContext {
  readonly metadata: MetadataEngine;
  readonly identity: IdentityService;
}

/** A tenant with what it holds. */
export interface TenantState {
  readonly account: AccountRecord;
  readonly usage: Usage;
}

export interface TenantPage {
  readonly tenants: readonly TenantState[];
  /** The account id behind which the next page begins. */
  readonly next: string | undefined;
}

/** Tenants, which are accounts, as the administrators of the system account see them. */
export class TenantService {
  readonly #context: TenantContext;
  readonly #quotas: QuotaService;

  constructor(context: TenantContext) {
    this.#context = context;
    this.#quotas = new QuotaService(context.metadata);
  }

  /** With the key of its root, whose secret is told this once. Throws EntityAlreadyExists and ValidationError. */
  create(tenant: NewAccount): Promise<{ readonly account: AccountRecord; readonly key: AccessKeyPair }> {
    return this.#context.identity.createAccountWithKey(tenant);
  }

  /** In the order of their ids. */
  async list({ after, limit }: { readonly after: string | undefined; readonly limit: number }): Promise<TenantPage> {
    const { identity } = this.#context;
    const accounts = await identity.listAccounts({ ...(after === undefined ? {} : { after }), limit: limit + 1 });
    const shown = accounts.slice(0, limit);
    const tenants = await Promise.all(shown.map((account) => this.#stateOf(account)));
    return { tenants, next: accounts.length > limit ? shown.at(-1)!.accountId : undefined };
  }

  /** Throws NoSuchEntity. */
  async get(accountId: string): Promise<TenantState> {
    return this.#stateOf(await this.require(accountId));
  }

  /** Throws NoSuchEntity. */
  async require(accountId: string): Promise<AccountRecord> {
    const account = await this.#context.identity.findAccount(accountId);
    if (!account) throw new StorageError('NoSuchEntity', { message: `There is no tenant ${accountId}.` });
    return account;
  }

  /** The id of the tenant of that name; undefined where there is none. */
  async idOfName(name: string): Promise<string | undefined> {
    return (await this.#context.metadata.get(keyspace.accountByName(name)))?.toString();
  }

  async #stateOf(account: AccountRecord): Promise<TenantState> {
    const usage = usageOf(await this.#context.metadata.get(keyspace.accountUsage(account.accountId)));
    return { account, usage };
  }

  /** How many users, groups, roles and policies it has, and how many buckets (counted up to 1000). */
  async counts(accountId: string): Promise<Readonly<Record<IdentityCounter, number>> & { readonly buckets: number }> {
    const { metadata } = this.#context;
    const buckets = await metadata.range(spans.bucketsOfAccount(accountId, { prefix: '', after: undefined }, 1000));
    return { ...(await readIdentityCounters(metadata, accountId)), buckets: buckets.length };
  }

  rename(
    accountId: string,
    change: { readonly name: string | undefined; readonly email: string | undefined },
  ): Promise<AccountRecord> {
    return this.#context.identity.updateAccount(accountId, change);
  }

  /** Throws NoSuchEntity, and UnmodifiableEntity for the system account. */
  setState(accountId: string, state: 'disabled' | 'enabled'): Promise<void> {
    return this.#context.identity.setAccountDisabled(accountId, state);
  }

  /** Throws NoSuchEntity, DeleteConflict where there is still something in it or for it alone, UnmodifiableEntity for the system account. */
  delete(accountId: string): Promise<void> {
    return this.#context.identity.deleteTenant(accountId);
  }

  rootKeys(accountId: string): Promise<readonly AccessKeyRecord[]> {
    return this.#context.identity.rootKeys(accountId);
  }

  /** Throws NoSuchEntity, LimitExceeded, and UnmodifiableEntity for the system account. */
  async addRootKey(account: Account): Promise<AccessKeyPair> {
    refuseSystem(account);
    return this.#context.identity.addRootKey(account.accountId);
  }

  /** Throws NoSuchEntity, DeleteConflict for the last one, and UnmodifiableEntity for the system account. */
  async deleteRootKey(account: Account, accessKeyId: string): Promise<void> {
    refuseSystem(account);
    return this.#context.identity.deleteRootKey(account.accountId, accessKeyId);
  }

  /** In force from its commit on, for all buckets. Throws NoSuchEntity. */
  async setQuota(accountId: string, quota: Quota): Promise<void> {
    await this.require(accountId);
    await this.#quotas.changeOfAccount(accountId, () => quota);
  }

  /** Throws NoSuchEntity. */
  async setRateLimits(accountId: string, limits: RateLimits): Promise<void> {
    await this.require(accountId);
    await this.#context.identity.changeLimitsOfAccount(accountId, () => limits);
  }
}

/** Its root's key stands in the server's credentials file; whoever may rotate those of tenants is not to become that root. */
function refuseSystem(account: Account): void {
  if (!isSystemAccount(account)) return;
  throw new StorageError('UnmodifiableEntity', {
    message: 'The root key of the system account is kept by the server itself.',
  });
}
