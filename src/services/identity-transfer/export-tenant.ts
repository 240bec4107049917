import { isSystemAccount } from '../../domain/principal.ts';
import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { compareUtf8 } from '../../foundation/byte-order.ts';
import { givingWay } from '../../foundation/give-way.ts';
import type { AccessKeyRecord, AccountRecord } from '../../records/account-record.ts';
import { bucketRecordType } from '../../records/bucket-record.ts';
import type { GroupRecord } from '../../records/group-record.ts';
import { keyspace, spans } from '../../records/keyspace.ts';
import { loginProfileRecordType } from '../../records/login-profile-record.ts';
import type { ManagedPolicyRecord } from '../../records/managed-policy-record.ts';
import { oidcProviderRecordType } from '../../records/oidc-provider-record.ts';
import { readRecord } from '../../records/record-type.ts';
import type { RoleRecord } from '../../records/role-record.ts';
import type { UserRecord } from '../../records/user-record.ts';
import { keysOfAccount, keysOfUser } from '../identity/access-keys/key-owner.ts';
import { readPasswordPolicy } from '../identity/account/account-settings-service.ts';
import { type EntityTable, groups, managedPolicies, roles, users } from '../identity/entity-table.ts';
import type { IdentityService } from '../identity/identity-service.ts';
import type { BucketConfigurations } from './bucket-configurations.ts';
import type { PassphraseBox } from './passphrase-box.ts';
import type {
  AccessKeyEntry,
  BucketEntry,
  GroupEntry,
  OidcProviderEntry,
  PolicyEntry,
  RoleEntry,
  TenantDocument,
  UserEntry,
} from './transfer-document.ts';

export interface TransferContext {
  readonly metadata: MetadataEngine;
  readonly identity: IdentityService;
  readonly configurations: BucketConfigurations;
}

export const keySecretOwner = (accessKeyId: string): string => `access key ${accessKeyId}`;
/** By name, because ids are drawn anew where it is imported. */
export const profileOwner = (userName: string): string => `login profile of ${userName}`;

/** One account as a document has it. What it is read of is one state where the account does not change meanwhile. */
export class TenantExport {
  readonly #context: TransferContext;
  readonly #box: PassphraseBox | undefined;
  readonly #withoutRootOf: string | undefined;
  readonly #giveWay = givingWay(stepsAtOnce);

  /** Without a box secrets, and what is nothing without them, are left out. */
  constructor(
    context: TransferContext,
    box?: PassphraseBox,
    { withoutRootOf }: { readonly withoutRootOf?: string | undefined } = {},
  ) {
    this.#context = context;
    this.#box = box;
    this.#withoutRootOf = withoutRootOf;
  }

  async tenant(account: AccountRecord): Promise<TenantDocument> {
    const { metadata } = this.#context;
    const { accountId, quota, rateLimits, publicAccessBlock, alias } = account;
    const passwordPolicy = await readPasswordPolicy(metadata, accountId);
    return {
      accountId,
      name: account.displayName,
      canonicalId: account.canonicalId,
      email: account.email,
      ...(isSystemAccount(account) ? { isSystem: true } : {}),
      ...(account.disabled ? { disabled: true } : {}),
      ...(alias === undefined ? {} : { alias }),
      ...(quota ? { quota } : {}),
      ...(rateLimits ? { rateLimits } : {}),
      ...(publicAccessBlock ? { publicAccessBlock } : {}),
      ...(passwordPolicy ? { passwordPolicy } : {}),
      policies: await this.#all(managedPolicies, accountId, (record) => this.policy(record)),
      groups: await this.#all(groups, accountId, (record) => this.group(record)),
      users: await this.#all(users, accountId, (record) => this.user(record)),
      roles: await this.#all(roles, accountId, (record) => this.role(record)),
      oidcProviders: await this.#oidcProviders(accountId),
      ...(await this.#rootKeys(accountId)),
      buckets: await this.#buckets(accountId),
    };
  }

  async #all<R extends { id: string; accountId: string; name: string; path: string }, E>(
    table: EntityTable<R>,
    accountId: string,
    entryOf: (record: R) => Promise<E>,
  ): Promise<readonly E[]> {
    const entries: E[] = [];
    for (let after: string | undefined; ; ) {
      const page = await table.page(this.#context.metadata, accountId, { after, limit: pageSize, pathPrefix: '/' });
      for (const record of page.entities) {
        entries.push(await entryOf(record));
        await this.#giveWay();
      }
      if (page.next === undefined) return entries;
      after = page.next;
    }
  }

  async policy({ id, name, path, description, tags, defaultVersion, versions }: ManagedPolicyRecord) {
    const texts = await Promise.all(
      versions.map(async ({ number }) => ({
        number,
        text: (await this.#context.metadata.get(keyspace.policyVersion(id, number)))?.toString() ?? '',
      })),
    );
    return { name, path, description, tags, defaultVersion, versions: texts } satisfies PolicyEntry;
  }

  async group(record: GroupRecord): Promise<GroupEntry> {
    const { name, path, attached } = record;
    return { name, path, attached: sorted(attached), inline: await this.#inlineOf(record) };
  }

  async user(record: UserRecord): Promise<UserEntry> {
    const { metadata } = this.#context;
    const { name, path, tags, boundary, attached } = record;
    const names = await Promise.all(record.groups.map(async (id) => (await groups.find(metadata, id))?.name));
    const keys = this.#box ? await keysOfUser(metadata, record) : [];
    return {
      name,
      path,
      tags,
      ...(boundary === undefined ? {} : { boundary }),
      attached: sorted(attached),
      inline: await this.#inlineOf(record),
      groups: sorted(names.filter((each) => each !== undefined)),
      ...(await this.#profileOf(record)),
      ...(keys.length > 0 ? { accessKeys: this.#keys(keys) } : {}),
    };
  }

  async role(record: RoleRecord): Promise<RoleEntry> {
    const { name, path, description, maximumSessionSeconds, trustPolicy, tags, boundary, attached } = record;
    return {
      ...{ name, path, description, maximumSessionSeconds, trustPolicy, tags },
      ...(boundary === undefined ? {} : { boundary }),
      attached: sorted(attached),
      inline: await this.#inlineOf(record),
    };
  }

  async #inlineOf(holder: UserRecord | GroupRecord | RoleRecord): Promise<Readonly<Record<string, string>>> {
    const texts: [string, string][] = [];
    for (const name of sorted(holder.inline)) {
      const text = await this.#context.metadata.get(keyspace.inlinePolicy(holder.id, name));
      if (text) texts.push([name, text.toString()]);
    }
    return Object.fromEntries(texts);
  }

  async #profileOf({ id, name }: UserRecord): Promise<Pick<UserEntry, 'loginProfile'>> {
    const profile = await readRecord(this.#context.metadata, loginProfileRecordType, keyspace.loginProfile(id));
    if (!profile || !this.#box) return {};
    const { passwordHash, passwordChangedAt, resetRequired, earlierHashes } = profile;
    const written = JSON.stringify({ passwordHash, passwordChangedAt, resetRequired, earlierHashes });
    return { loginProfile: this.#box.seal(written, profileOwner(name)) };
  }

  #keys(keys: readonly AccessKeyRecord[]): readonly AccessKeyEntry[] {
    return keys.map(({ accessKeyId, status, sealedSecret, rateLimits, serviceAccount }) => ({
      accessKeyId,
      status,
      secret: this.#box!.seal(
        this.#context.identity.secrets.open(sealedSecret, accessKeyId),
        keySecretOwner(accessKeyId),
      ),
      ...(rateLimits ? { rateLimits } : {}),
      ...(serviceAccount ? { serviceAccount } : {}),
    }));
  }

  /** Not the one that the system account has from the server's credentials file. */
  async #rootKeys(accountId: string): Promise<Pick<TenantDocument, 'rootAccessKeys'>> {
    if (!this.#box || accountId === this.#withoutRootOf) return {};
    const { metadata } = this.#context;
    const ofFile = (await metadata.get(keyspace.rootAccessKeyId()))?.toString();
    const keys: AccessKeyRecord[] = [];
    for await (const key of keysOfAccount(metadata, accountId)) {
      if (key.userId === undefined && key.accessKeyId !== ofFile) keys.push(key);
    }
    return keys.length > 0 ? { rootAccessKeys: this.#keys(keys) } : {};
  }

  async #oidcProviders(accountId: string): Promise<readonly OidcProviderEntry[]> {
    const entries = await this.#context.metadata.range(spans.oidcProviders(accountId, undefined, 1000));
    return entries.map(({ value }) => {
      const { url, clientIds, thumbprints, tags } = oidcProviderRecordType.decode(value);
      return { url, clientIds: sorted(clientIds), thumbprints: sorted(thumbprints), tags };
    });
  }

  async #buckets(accountId: string): Promise<readonly BucketEntry[]> {
    const buckets: BucketEntry[] = [];
    for (let after: string | undefined; ; ) {
      const span = spans.bucketsOfAccount(accountId, { prefix: '', after }, pageSize);
      const entries = await this.#context.metadata.range(span);
      for (const { key } of entries) {
        after = key.toString('utf8', 1 + accountId.length + 1);
        const bucket = await this.bucket(after);
        if (bucket) buckets.push(bucket);
        await this.#giveWay();
      }
      if (entries.length < pageSize) return buckets;
    }
  }

  /** Undefined for one that is gone. */
  async bucket(name: string): Promise<BucketEntry | undefined> {
    const { metadata, configurations } = this.#context;
    const record = await readRecord(metadata, bucketRecordType, keyspace.bucket(name));
    if (!record) return undefined;
    const configuration = await configurations.read(record);
    const { objectLock, quota, compression } = record;
    return {
      name,
      ...(objectLock ? { objectLock: true } : {}),
      ...(quota ? { quota } : {}),
      ...(compression ? { compression } : {}),
      configuration,
    };
  }
}

const pageSize = 500;
/** Some milliseconds. */
const stepsAtOnce = 20;
const sorted = (texts: readonly string[]): readonly string[] => [...texts].sort(compareUtf8);
