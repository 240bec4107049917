import { StorageError } from '../../domain/errors.ts';
import {
  type KeyVault,
  KeyVaultUnavailableError,
  VaultKeyMissingError,
  VaultKeyUnfitError,
} from '../../engines/key-vault/key-vault.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import type { Logger } from '../../foundation/logger.ts';
import { type KmsKeyRecord, kmsKeyRecordType } from '../../records/encryption-key-record.ts';
import { keyspace, spans } from '../../records/keyspace.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import type { KeyringContext } from './master-keys.ts';
import { openBytes, sealBytes } from './sealed-bytes.ts';

export interface KeyManagementContext extends KeyringContext {
  readonly logger: Logger;
  /** Of the ARNs of keys. */
  readonly region: string;
  /** Where new keys are made; undefined: in the store itself, sealed under the server's secret. */
  readonly vault?: KeyVault | undefined;
}

export interface NewKmsKey {
  readonly accountId: string;
  readonly description?: string | undefined;
  /** Letters, digits and hyphens; drawn when left out. */
  readonly id?: string | undefined;
  /** With or without `alias/`. */
  readonly alias?: string | undefined;
  /** The name of a key that is in the vault already. */
  readonly vaultKey?: string | undefined;
}

/** Who uses a key: an account, or the server itself for what nobody asked it for. */
export type KeyUser = { readonly accountId: string } | 'server';

const arnPattern = /^arn:aws[a-z-]{0,20}:kms:([a-z0-9-]{1,63}):(\d{12,15}):(key|alias)\/(.+)$/;
const idPattern = /^[A-Za-z0-9-]{1,64}$/;
/** What Vault and OpenBao take for one. */
const vaultNamePattern = /^\w(?:[\w.-]*\w)?$/;
const aliasPattern = /^[A-Za-z0-9/_-]{1,250}$/;
/** The alias of the key that S3 makes for an account by itself. */
const managedAlias = 'aws/s3';

/**
 * The keys that SSE-KMS names. Who may use them and whether they are enabled is always decided here; what they seal with
 * is in the store, or in a vault that they never leave.
 */
export class KeyManagement {
  readonly #context: KeyManagementContext;

  constructor(context: KeyManagementContext) {
    this.#context = context;
  }

  arnOf({ id, accountId }: Pick<KmsKeyRecord, 'id' | 'accountId'>): string {
    return `arn:aws:kms:${this.#context.region}:${accountId}:key/${id}`;
  }

  /**
   * The key that a request means by an id, an ARN or an alias of `account`'s; without a name the one that is made for the
   * account by itself. Throws KmsKeyNotFound, KmsKeyDisabled, and AccessDenied where `user` may not use it.
   */
  async find(name: string | undefined, { account, user }: { account: string; user: KeyUser }): Promise<KmsKeyRecord> {
    const key = await this.#locate(name ?? `alias/${managedAlias}`, { account, user });
    return this.#usable(key, user);
  }

  /** The same, of a key that an object is encrypted with. */
  async byArn(arn: string, user: KeyUser): Promise<KmsKeyRecord> {
    // The region may have another name by now; the key is the same.
    const id = arnPattern.exec(arn)?.[4] ?? '';
    const key = await this.#read(id);
    if (!key) throw notFound(arn);
    return this.#usable(key, user);
  }

  async seal(key: KmsKeyRecord, secret: Buffer, context: string): Promise<Buffer> {
    const { random } = this.#context;
    if (key.material.kind === 'transit') {
      const { name } = key.material;
      return this.#ask(key, (vault) => vault.seal(name, secret, Buffer.from(context)));
    }
    const version = key.material.sealedKeys.length - 1;
    const header = Buffer.alloc(4);
    header.writeUInt32BE(version);
    return Buffer.concat([header, sealBytes(this.#material(key, version), { secret, about: context }, random)]);
  }

  async open(key: KmsKeyRecord, sealed: Buffer, context: string): Promise<Buffer> {
    if (key.material.kind === 'transit') {
      const { name } = key.material;
      return this.#ask(key, (vault) => vault.open(name, sealed, Buffer.from(context)));
    }
    const bytes = this.#material(key, sealed.readUInt32BE(0));
    return openBytes(bytes, { sealed: sealed.subarray(4), about: context });
  }

  async create(given: NewKmsKey): Promise<KmsKeyRecord> {
    const { metadata, vault } = this.#context;
    const id = given.id ?? this.#drawId();
    if (!idPattern.test(id)) throw invalid('A key id has up to 64 letters, digits and hyphens.');
    const alias = given.alias?.replace(/^alias\//, '');
    if (alias !== undefined) checkAlias(alias);
    if (given.vaultKey !== undefined && !vault) throw invalid('There is no vault: see the setting vault-address.');
    const vaultName = given.vaultKey ?? `cairn-${id}`;
    if (vault) await this.#prepare(vault, vaultName, { isNew: given.vaultKey === undefined });
    return metadata.transact((tx) =>
      this.#insert(tx, { ...given, id, alias, vaultName: vault ? vaultName : undefined }),
    );
  }

  async *list(): AsyncGenerator<KmsKeyRecord, void> {
    for (let after: string | undefined; ; ) {
      const entries = await this.#context.metadata.range(spans.kmsKeys(after, pageSize));
      const keys = entries.map(({ value }) => kmsKeyRecordType.decode(value));
      yield* keys;
      if (keys.length < pageSize) return;
      after = keys.at(-1)!.id;
    }
  }

  /** By its id or ARN. Throws KmsKeyNotFound. */
  async setEnabled(name: string, isEnabled: boolean): Promise<KmsKeyRecord> {
    return this.#change(name, (key) => ({ ...key, isEnabled }));
  }

  async share(name: string, accountId: string): Promise<KmsKeyRecord> {
    return this.#change(name, (key) => ({ ...key, sharedWith: [...new Set([...key.sharedWith, accountId])] }));
  }

  async unshare(name: string, accountId: string): Promise<KmsKeyRecord> {
    return this.#change(name, (key) => ({ ...key, sharedWith: key.sharedWith.filter((id) => id !== accountId) }));
  }

  /** What is sealed from now on is sealed with a new secret; what was sealed before goes on to open. */
  async rotate(name: string): Promise<KmsKeyRecord> {
    const found = await this.#read(idIn(name));
    if (!found) throw notFound(name);
    if (found.material.kind === 'transit') {
      const { name: vaultName } = found.material;
      await this.#ask(found, (vault) => vault.rotate(vaultName));
      return found;
    }
    const fresh = this.#newMaterial(found.id);
    return this.#change(name, (key) =>
      key.material.kind === 'built-in'
        ? { ...key, material: { kind: 'built-in', sealedKeys: [...key.material.sealedKeys, fresh] } }
        : key,
    );
  }

  /** For how many seconds the vault lets this server in; undefined where that is not up to renewal. */
  async renewVaultToken(): Promise<number | undefined> {
    return this.#context.vault?.renewAccess();
  }

  async #locate(name: string, { account, user }: { account: string; user: KeyUser }): Promise<KmsKeyRecord> {
    const arn = arnPattern.exec(name);
    if (name.startsWith('arn:')) {
      if (!arn || arn[1] !== this.#context.region) throw notFound(name, `Invalid arn ${arn?.[1] ?? ''}`.trim());
      const [, , owner, kind, rest] = arn as unknown as [string, string, string, string, string];
      // Nobody has a key made for somebody else.
      const isOwn = user === 'server' || user.accountId === owner || account === owner;
      const byAlias = () => (isOwn || rest !== managedAlias ? this.#byAlias(rest, owner) : this.#aliased(owner, rest));
      const key = kind === 'alias' ? await byAlias() : await this.#read(rest);
      if (key?.accountId !== owner) throw notFound(name);
      return key;
    }
    const isAlias = name.startsWith('alias/');
    const key = isAlias ? await this.#byAlias(name.slice(6), account) : await this.#read(name);
    // Ids speak of the account's own keys: others have to be named in full.
    if (key?.accountId !== account) throw notFound(name);
    return key;
  }

  async #byAlias(alias: string, account: string): Promise<KmsKeyRecord | undefined> {
    if (!aliasPattern.test(alias)) return undefined;
    const key = await this.#aliased(account, alias);
    return key || alias !== managedAlias ? key : this.#createManaged(account);
  }

  async #aliased(account: string, alias: string): Promise<KmsKeyRecord | undefined> {
    const id = await this.#context.metadata.get(keyspace.kmsAlias(account, alias));
    return id && this.#read(id.toString());
  }

  async #createManaged(accountId: string): Promise<KmsKeyRecord | undefined> {
    const { metadata, vault } = this.#context;
    if (!(await metadata.get(keyspace.account(accountId)))) return undefined;
    const id = this.#drawId();
    if (vault) await this.#askVault(vault, `cairn-${id}`, () => vault.create(`cairn-${id}`));
    return metadata.transact(async (tx) => {
      const there = await tx.get(keyspace.kmsAlias(accountId, managedAlias));
      if (there) return readRecord(tx, kmsKeyRecordType, keyspace.kmsKey(there.toString()));
      const description = 'Made for SSE-KMS without a key of its own';
      const vaultName = vault ? `cairn-${id}` : undefined;
      return this.#insert(tx, { accountId, id, alias: managedAlias, description, vaultName });
    });
  }

  async #insert(
    tx: Transaction,
    given: NewKmsKey & { readonly id: string; readonly vaultName: string | undefined },
  ): Promise<KmsKeyRecord> {
    const { id, accountId, alias } = given;
    if (await tx.get(keyspace.kmsKey(id))) throw invalid(`There is a key ${id} already.`);
    if (!(await tx.get(keyspace.account(accountId)))) throw invalid(`There is no account ${accountId}.`);
    const key: KmsKeyRecord = {
      id,
      accountId,
      sharedWith: [],
      createdAt: this.#context.clock.now(),
      isEnabled: true,
      description: given.description ?? '',
      material:
        given.vaultName === undefined
          ? { kind: 'built-in', sealedKeys: [this.#newMaterial(id)] }
          : { kind: 'transit', name: given.vaultName },
      aliases: alias === undefined ? [] : [alias],
    };
    if (alias !== undefined) {
      if (await tx.get(keyspace.kmsAlias(accountId, alias))) throw invalid(`alias/${alias} is taken.`);
      tx.put(keyspace.kmsAlias(accountId, alias), Buffer.from(id));
    }
    writeRecord(tx, { type: kmsKeyRecordType, key: keyspace.kmsKey(id) }, key);
    return key;
  }

  async #change(name: string, change: (key: KmsKeyRecord) => KmsKeyRecord): Promise<KmsKeyRecord> {
    const id = idIn(name);
    return this.#context.metadata.transact(async (tx) => {
      const key = idPattern.test(id) ? await readRecord(tx, kmsKeyRecordType, keyspace.kmsKey(id)) : undefined;
      if (!key) throw notFound(name);
      const changed = change(key);
      writeRecord(tx, { type: kmsKeyRecordType, key: keyspace.kmsKey(id) }, changed);
      return changed;
    });
  }

  #usable(key: KmsKeyRecord, user: KeyUser): KmsKeyRecord {
    if (user !== 'server' && user.accountId !== key.accountId && !key.sharedWith.includes(user.accountId)) {
      throw new StorageError('AccessDenied', {
        message: `The account ${user.accountId} is not authorized to use the KMS key ${this.arnOf(key)}.`,
      });
    }
    if (!key.isEnabled) throw new StorageError('KmsKeyDisabled', { message: `${this.arnOf(key)} is disabled.` });
    return key;
  }

  async #read(id: string): Promise<KmsKeyRecord | undefined> {
    if (!idPattern.test(id)) return undefined;
    return readRecord(this.#context.metadata, kmsKeyRecordType, keyspace.kmsKey(id));
  }

  #drawId(): string {
    const hex = this.#context.random.bytes(16).toString('hex');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  #newMaterial(id: string): Buffer {
    const { secrets, random } = this.#context;
    return secrets.seal(random.bytes(32).toString('hex'), `kms-key/${id}`);
  }

  #material(key: KmsKeyRecord, version: number): Buffer {
    const sealed = key.material.kind === 'built-in' ? key.material.sealedKeys[version] : undefined;
    if (!sealed) throw new Error(`the KMS key ${key.id} has no version ${version}`);
    return Buffer.from(this.#context.secrets.open(sealed, `kms-key/${key.id}`), 'hex');
  }

  /** A key of the vault that is found unfit only when objects are to be read would be found too late. */
  async #prepare(vault: KeyVault, name: string, { isNew }: { readonly isNew: boolean }): Promise<void> {
    if (!vaultNamePattern.test(name)) {
      throw invalid(
        'A key of the vault has a name of letters, digits, dots and hyphens, and a letter or digit ends it.',
      );
    }
    const secret = this.#context.random.bytes(32);
    try {
      await this.#askVault(vault, name, async () => {
        if (isNew) await vault.create(name);
        const sealed = await vault.seal(name, secret, aboutProbe);
        if (!secret.equals(await vault.open(name, sealed, aboutProbe)))
          throw new Error('the vault opens something else');
      });
    } catch (error) {
      const { cause } = error as Error;
      if (!(cause instanceof VaultKeyUnfitError)) throw error;
      throw invalid(`The key ${name} of the vault cannot be used: ${cause.message}`);
    }
  }

  #ask<T>(key: KmsKeyRecord, use: (vault: KeyVault) => Promise<T>): Promise<T> {
    const { vault } = this.#context;
    if (!vault) throw new Error(`the KMS key ${key.id} is in a vault, and no vault is set`);
    return this.#askVault(vault, this.arnOf(key), use);
  }

  async #askVault<T>(vault: KeyVault, name: string, use: (vault: KeyVault) => Promise<T>): Promise<T> {
    try {
      return await use(vault);
    } catch (error) {
      if (error instanceof VaultKeyMissingError) throw notFound(name);
      if (!(error instanceof KeyVaultUnavailableError)) throw error;
      this.#context.logger.error({ err: error, key: name }, 'the key vault cannot be used');
      throw new StorageError('ServiceUnavailable', { message: 'The key management cannot be reached.', cause: error });
    }
  }
}

const pageSize = 100;
const aboutProbe = Buffer.from('probe');

function idIn(name: string): string {
  return arnPattern.exec(name)?.[4] ?? name;
}

function checkAlias(alias: string): void {
  if (!aliasPattern.test(alias))
    throw invalid('An alias has up to 250 letters, digits, slashes, hyphens, underscores.');
  if (alias.startsWith('aws/')) throw invalid('Aliases that begin with aws/ are made by the server itself.');
}

function notFound(name: string, message = `Key '${name.slice(0, 200)}' does not exist`): StorageError {
  return new StorageError('KmsKeyNotFound', { message });
}

function invalid(message: string): StorageError {
  return new StorageError('InvalidRequest', { message });
}
