import { StorageError } from '../../../domain/errors.ts';
import { oidcProviderArn } from '../../../domain/oidc-provider-arn.ts';
import type { Tag } from '../../../domain/tagging.ts';
import type { MetadataEngine } from '../../../engines/metadata/metadata-engine.ts';
import type { Clock } from '../../../foundation/clock.ts';
import { keyParts, keyspace, spans } from '../../../records/keyspace.ts';
import { type OidcProviderRecord, oidcProviderRecordType } from '../../../records/oidc-provider-record.ts';
import { type RecordReader, readRecord, writeRecord } from '../../../records/record-type.ts';
import { changeIdentity } from '../change-identity.ts';
import { countIdentity, readIdentityCounters } from '../identity-counters.ts';
import { quotaExceeded } from '../policies/policy-size.ts';
import { withoutTags, withTags } from '../users/user-tags.ts';

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const mostProviders = 100;
const mostClientIds = 100;

interface ProviderContext {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
}

export interface NewOidcProvider extends ProviderAddress {
  readonly accountId: string;
  readonly clientIds: readonly string[];
  readonly thumbprints: readonly string[];
  readonly tags: readonly Tag[];
}

/** Where a provider is, by what its tokens have as their issuer. */
export interface ProviderAddress {
  /** Without a scheme. */
  readonly url: string;
  readonly plainHttp: boolean;
}

/** The OpenID Connect providers that roles of an account may trust. */
export class OidcProviderService {
  readonly #context: ProviderContext;

  constructor(context: ProviderContext) {
    this.#context = context;
  }

  /** Throws EntityAlreadyExists, LimitExceeded. */
  async create({ accountId, url, plainHttp, clientIds, ...rest }: NewOidcProvider): Promise<OidcProviderRecord> {
    const { metadata, clock } = this.#context;
    const provider: OidcProviderRecord = {
      accountId,
      url,
      clientIds: distinct(clientIds),
      ...rest,
      createdAt: clock.now(),
      ...(plainHttp ? { plainHttp } : {}),
    };
    await changeIdentity(metadata, accountId, async (tx) => {
      const account = await tx.get(keyspace.account(accountId));
      if (!account) throw new StorageError('NoSuchEntity', { message: `There is no account ${accountId}.` });
      tx.put(keyspace.account(accountId), account);
      if (await tx.get(keyspace.oidcProvider(accountId, url))) {
        throw new StorageError('EntityAlreadyExists', { message: `Provider with url https://${url} already exists.` });
      }
      const { oidcProvider: count } = await readIdentityCounters(tx, accountId);
      if (count >= mostProviders) throw quotaExceeded('OpenIdConnectProvidersPerAccount', mostProviders);
      put(tx, provider);
      countIdentity(tx, accountId, 'oidcProvider', 1);
    });
    return provider;
  }

  find(accountId: string, url: string): Promise<OidcProviderRecord | undefined> {
    return read(this.#context.metadata, accountId, url);
  }

  /** Throws NoSuchEntity. */
  get(accountId: string, url: string): Promise<OidcProviderRecord> {
    return requireProvider(this.#context.metadata, accountId, url);
  }

  /** All of them: an account has a hundred at most. */
  async list(accountId: string): Promise<readonly string[]> {
    const entries = await this.#context.metadata.range(spans.oidcProviders(accountId, undefined, mostProviders + 1));
    return entries.map(({ key }) => oidcProviderArn(accountId, keyParts.afterTable(key).slice(accountId.length + 1)));
  }

  /** To delete what is not there is no error. */
  async delete(accountId: string, url: string): Promise<void> {
    await changeIdentity(this.#context.metadata, accountId, async (tx) => {
      if (!(await tx.get(keyspace.oidcProvider(accountId, url)))) return;
      tx.delete(keyspace.oidcProvider(accountId, url));
      countIdentity(tx, accountId, 'oidcProvider', -1);
    });
  }

  /** To add what is there changes nothing. Throws LimitExceeded. */
  addClientId(accountId: string, url: string, clientId: string): Promise<void> {
    return this.#change(accountId, url, (provider) => {
      const clientIds = distinct([...provider.clientIds, clientId]);
      if (clientIds.length > mostClientIds) throw quotaExceeded('ClientIdsPerOpenIdConnectProvider', mostClientIds);
      return { ...provider, clientIds };
    });
  }

  /** To remove what is not there changes nothing. */
  removeClientId(accountId: string, url: string, clientId: string): Promise<void> {
    return this.#change(accountId, url, (provider) => ({
      ...provider,
      clientIds: provider.clientIds.filter((one) => one !== clientId),
    }));
  }

  setThumbprints(accountId: string, url: string, thumbprints: readonly string[]): Promise<void> {
    return this.#change(accountId, url, (provider) => ({ ...provider, thumbprints }));
  }

  /** Throws LimitExceeded. */
  tag(accountId: string, url: string, tags: readonly Tag[]): Promise<void> {
    return this.#change(accountId, url, (provider) => ({ ...provider, tags: withTags(provider.tags, tags) }));
  }

  untag(accountId: string, url: string, keys: readonly string[]): Promise<void> {
    return this.#change(accountId, url, (provider) => ({ ...provider, tags: withoutTags(provider.tags, keys) }));
  }

  async #change(
    accountId: string,
    url: string,
    change: (provider: OidcProviderRecord) => OidcProviderRecord,
  ): Promise<void> {
    await changeIdentity(this.#context.metadata, accountId, async (tx) => {
      put(tx, change(await requireProvider(tx, accountId, url)));
    });
  }
}

const distinct = (values: readonly string[]): readonly string[] => [...new Set(values)];

function put(tx: Parameters<typeof writeRecord>[0], provider: OidcProviderRecord): void {
  const key = keyspace.oidcProvider(provider.accountId, provider.url);
  writeRecord(tx, { type: oidcProviderRecordType, key }, provider);
}

function read(reader: RecordReader, accountId: string, url: string): Promise<OidcProviderRecord | undefined> {
  return readRecord(reader, oidcProviderRecordType, keyspace.oidcProvider(accountId, url));
}

async function requireProvider(reader: RecordReader, accountId: string, url: string): Promise<OidcProviderRecord> {
  const found = await read(reader, accountId, url);
  if (found) return found;
  throw new StorageError('NoSuchEntity', {
    message: `OpenIDConnect Provider not found for arn ${oidcProviderArn(accountId, url)}`,
  });
}
