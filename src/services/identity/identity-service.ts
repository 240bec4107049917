import { StorageError } from '../../domain/errors.ts';
import { parseIdentityArn, roleArn, userArn } from '../../domain/identity-arn.ts';
import { type Account, type SignedPrincipal, systemAccountName } from '../../domain/principal.ts';
import type { PublicAccessBlock } from '../../domain/public-access-block.ts';
import type { RateLimits } from '../../domain/rate-limits.ts';
import type { MetadataEngine, Transaction } from '../../engines/metadata/metadata-engine.ts';
import type { MaybePromise } from '../../foundation/bytes.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { Random } from '../../foundation/random.ts';
import {
  type AccessKeyRecord,
  type AccountRecord,
  accessKeyRecordType,
  accountRecordType,
} from '../../records/account-record.ts';
import { keyParts, keyspace, spans } from '../../records/keyspace.ts';
import { type RecordReader, readRecord, writeRecord } from '../../records/record-type.ts';
import type { RoleRecord } from '../../records/role-record.ts';
import { deleteAccessKeyEntries, putAccessKey } from './access-key-entries.ts';
import { CompiledIdentities } from './compiled-identities.ts';
import { type Credential, Credentials } from './credentials.ts';
import { roles, users } from './entity-table.ts';
import { PolicyCompiler } from './policy-compiler.ts';
import type { SecretBox } from './secret-box.ts';
import { SessionTokens } from './sessions/session-tokens.ts';

export type { Credential } from './credentials.ts';

export interface IdentityContext {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly secrets: SecretBox;
}

export interface NewAccount {
  readonly name: string;
  /** 12 or 15 digits; drawn when left out. */
  readonly accountId?: string;
  /** 64 hexadecimal digits, or what another store used; drawn when left out. */
  readonly canonicalId?: string;
  readonly email?: string;
}

export interface NewAccessKey {
  /** The account's name or id. */
  readonly account: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
}

export interface AccessKeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The name under which the first start keeps the owner of everything that nobody else owns. */
export const rootAccountName = systemAccountName;

/** Accounts and their access keys. */
export class IdentityService {
  readonly #context: IdentityContext;
  /** Users and roles, ready to be weighed. */
  readonly identities: CompiledIdentities;
  readonly compiler = new PolicyCompiler();
  readonly sessionTokens: SessionTokens;
  readonly credentials: Credentials;

  constructor(context: IdentityContext) {
    this.#context = context;
    const { metadata, clock, secrets } = context;
    this.identities = new CompiledIdentities(metadata, this.compiler);
    this.sessionTokens = new SessionTokens(secrets);
    this.credentials = new Credentials({
      metadata,
      clock,
      secrets,
      identities: this.identities,
      compiler: this.compiler,
      tokens: this.sessionTokens,
    });
  }

  /** See `Credentials.find`. Reads the records each time, so that a change shows at once. */
  findCredential(accessKeyId: string, token?: string): MaybePromise<Credential | undefined> {
    return this.credentials.find(accessKeyId, token);
  }

  /** See `Credentials.again`. */
  principalAgain(principal: SignedPrincipal): Promise<SignedPrincipal | undefined> {
    return this.credentials.again(principal);
  }

  findAccount(accountId: string): MaybePromise<AccountRecord | undefined> {
    return this.credentials.account(accountId);
  }

  /** Undefined where the account has switched nothing on, or is gone. */
  async publicAccessBlockOf(accountId: string): Promise<PublicAccessBlock | undefined> {
    return (await this.findAccount(accountId))?.publicAccessBlock;
  }

  async setPublicAccessBlock(accountId: string, block: PublicAccessBlock | undefined): Promise<void> {
    const key = keyspace.account(accountId);
    await this.#context.metadata.transact(async (tx) => {
      const account = await readRecord(tx, accountRecordType, key);
      if (!account) throw noSuchAccount(accountId);
      writeRecord(tx, { type: accountRecordType, key }, { ...account, publicAccessBlock: block });
    });
  }

  /** The ARN of the user or role that has this name; undefined where there is none. */
  async findNamed(arn: string): Promise<string | undefined> {
    const named = parseIdentityArn(arn);
    if (named?.kind === 'user') {
      const user = await users.findByName(this.#context.metadata, named.accountId, named.name);
      return user && userArn(user);
    }
    if (named?.kind !== 'role') return undefined;
    const role = await roles.findByName(this.#context.metadata, named.accountId, named.name);
    return role && roleArn(role);
  }

  findRoleNamed(accountId: string, name: string): Promise<RoleRecord | undefined> {
    return roles.findByName(this.#context.metadata, accountId, name);
  }

  /** An account by what ACLs name it by. */
  async findGrantee(
    by: { readonly canonicalId: string } | { readonly email: string },
  ): Promise<AccountRecord | undefined> {
    const index = 'email' in by ? keyspace.accountByEmail(by.email) : keyspace.accountByCanonicalId(by.canonicalId);
    const accountId = await this.#context.metadata.get(index);
    return accountId && this.findAccount(accountId.toString());
  }

  /** Throws AccountExists-like InvalidRequest when the name, id or e-mail is taken. */
  async createAccount(account: NewAccount): Promise<AccountRecord> {
    checkAccount(account);
    return this.#context.metadata.transact((tx) => this.#insertAccount(tx, account));
  }

  async #insertAccount(tx: Transaction, account: NewAccount): Promise<AccountRecord> {
    const { random, clock } = this.#context;
    const record: AccountRecord = {
      accountId: account.accountId ?? randomDigits(random, 12),
      canonicalId: account.canonicalId ?? random.bytes(32).toString('hex'),
      displayName: account.name,
      email: account.email ?? '',
      createdAt: clock.now(),
      publicAccessBlock: undefined,
    };
    const indexes = [
      { key: keyspace.accountByName(record.displayName), what: `name ${record.displayName}` },
      { key: keyspace.accountByCanonicalId(record.canonicalId), what: `canonical id ${record.canonicalId}` },
    ];
    if (record.email !== '')
      indexes.push({ key: keyspace.accountByEmail(record.email), what: `e-mail ${record.email}` });
    if (await tx.get(keyspace.account(record.accountId))) throw taken(`id ${record.accountId}`);
    for (const { key, what } of indexes) {
      if (await tx.get(key)) throw taken(what);
      tx.put(key, Buffer.from(record.accountId));
    }
    writeRecord(tx, { type: accountRecordType, key: keyspace.account(record.accountId) }, record);
    return record;
  }

  /**
   * Removes an account and its keys. Refused for the root account and while the account owns buckets. CreateBucket
   * and CreateAccessKey write the account's record, which is read here, so that one of two at the same moment runs again.
   */
  async deleteAccount(nameOrId: string): Promise<void> {
    const account = await this.resolveAccount(nameOrId);
    if (account.displayName === rootAccountName) {
      throw new StorageError('InvalidRequest', { message: 'The root account cannot be deleted.' });
    }
    const { accountId } = account;
    await this.#context.metadata.transact(async (tx) => {
      if (!(await tx.get(keyspace.account(accountId)))) throw noSuchAccount(nameOrId);
      const buckets = await tx.range(spans.bucketsOfAccount(accountId, { prefix: '', after: undefined }, 1));
      if (buckets.length > 0) {
        throw new StorageError('InvalidRequest', {
          message: `The account ${nameOrId} owns buckets; delete them first.`,
        });
      }
      // Read, so that this runs again where a user is made meanwhile: each is counted there.
      if (await tx.get(keyspace.identityCounters(accountId))) {
        throw new StorageError('InvalidRequest', {
          message: `The account ${nameOrId} has users, roles or policies; delete them first.`,
        });
      }
      tx.delete(keyspace.identitySettings(accountId));
      if (account.alias !== undefined) tx.delete(keyspace.accountByAlias(account.alias));
      const keys = await tx.range(spans.accessKeysOfAccount(accountId, undefined, maximumKeysAtOnce + 1));
      if (keys.length > maximumKeysAtOnce) {
        throw new StorageError('InvalidRequest', {
          message: `The account ${nameOrId} has more than ${maximumKeysAtOnce} access keys; delete some of them first.`,
        });
      }
      const places = keys.map(({ key }) => keyspace.accessKey(keyParts.afterTable(key).slice(accountId.length + 1)));
      // Only so that this runs again where one of them is deleted meanwhile, and perhaps made anew for another account.
      await tx.getMany(places);
      for (const key of [...places, ...keys.map((entry) => entry.key)]) tx.delete(key);
      tx.delete(keyspace.accountByName(account.displayName));
      tx.delete(keyspace.accountByCanonicalId(account.canonicalId));
      if (account.email !== '') tx.delete(keyspace.accountByEmail(account.email));
      tx.delete(keyspace.account(accountId));
    });
  }

  async listAccounts(page: { after?: string; limit: number }): Promise<readonly AccountRecord[]> {
    const entries = await this.#context.metadata.range(spans.accounts(page.after, page.limit));
    return entries.map((entry) => accountRecordType.decode(entry.value));
  }

  /** By id or by name. */
  async resolveAccount(nameOrId: string): Promise<AccountRecord> {
    const byName = await this.#context.metadata.get(keyspace.accountByName(nameOrId));
    const account = await this.findAccount(byName ? byName.toString() : nameOrId);
    if (!account) throw noSuchAccount(nameOrId);
    return account;
  }

  /** The only time that the secret is told. */
  async createAccessKey(request: NewAccessKey): Promise<AccessKeyPair> {
    checkAccessKey(request);
    const { random, metadata } = this.#context;
    const account = await this.resolveAccount(request.account);
    const accessKeyId = request.accessKeyId ?? `AK${randomText(random, base32, 18)}`;
    const secretAccessKey = request.secretAccessKey ?? randomText(random, base64Letters, 40);
    await metadata.transact(async (tx) => {
      if (await tx.get(keyspace.accessKey(accessKeyId))) throw taken(`access key id ${accessKeyId}`);
      const stored = await tx.get(keyspace.account(account.accountId));
      if (!stored) throw noSuchAccount(request.account);
      // Written back as it is, so that a concurrent deletion of the account conflicts.
      tx.put(keyspace.account(account.accountId), stored);
      this.#putAccessKey(tx, account, { accessKeyId, secretAccessKey });
    });
    return { accessKeyId, secretAccessKey };
  }

  #putAccessKey(tx: Transaction, account: Account, pair: AccessKeyPair): void {
    putAccessKey(tx, {
      accessKeyId: pair.accessKeyId,
      accountId: account.accountId,
      sealedSecret: this.#context.secrets.seal(pair.secretAccessKey, pair.accessKeyId),
      status: 'active',
      createdAt: this.#context.clock.now(),
    });
  }

  /** Records of one account's keys, fewer than `limit` only at their end; their secrets stay sealed. */
  async listAccessKeys(account: Account, page: { after?: string; limit: number }): Promise<readonly AccessKeyRecord[]> {
    const { metadata } = this.#context;
    const keys: AccessKeyRecord[] = [];
    for (let { after } = page; ; ) {
      const wanted = page.limit - keys.length;
      const entries = await metadata.range(spans.accessKeysOfAccount(account.accountId, after, wanted));
      for (const entry of entries) {
        after = keyParts.afterTable(entry.key).slice(account.accountId.length + 1);
        const key = await readRecord(metadata, accessKeyRecordType, keyspace.accessKey(after));
        // It may have been deleted since, and have become another account's.
        if (key?.accountId === account.accountId) keys.push(key);
      }
      if (entries.length < wanted || keys.length === page.limit) return keys;
    }
  }

  /** In force with the next request, on every process. Throws InvalidRequest where there is no such account. */
  async changeLimitsOfAccount(nameOrId: string, change: ChangeOfLimits): Promise<void> {
    const { accountId } = await this.resolveAccount(nameOrId);
    const key = keyspace.account(accountId);
    await this.#context.metadata.transact(async (tx) => {
      const account = await readRecord(tx, accountRecordType, key);
      if (!account) throw noSuchAccount(nameOrId);
      const rateLimits = limiting(change(account.rateLimits));
      writeRecord(tx, { type: accountRecordType, key }, { ...account, rateLimits });
    });
  }

  /** In force with the next request, on every process. Throws InvalidRequest where there is no such key. */
  async changeLimitsOfAccessKey(accessKeyId: string, change: ChangeOfLimits): Promise<void> {
    await this.#context.metadata.transact(async (tx) => {
      const key = await readAccessKey(tx, accessKeyId);
      const rateLimits = limiting(change(key.rateLimits));
      writeRecord(tx, { type: accessKeyRecordType, key: keyspace.accessKey(accessKeyId) }, { ...key, rateLimits });
    });
  }

  /** Throws InvalidRequest where there is no such key. */
  async limitsOfAccessKey(accessKeyId: string): Promise<RateLimits | undefined> {
    return (await readAccessKey(this.#context.metadata, accessKeyId)).rateLimits;
  }

  async setAccessKeyStatus(accessKeyId: string, status: AccessKeyRecord['status']): Promise<void> {
    await this.#context.metadata.transact(async (tx) => {
      const key = await readAccessKey(tx, accessKeyId);
      writeRecord(tx, { type: accessKeyRecordType, key: keyspace.accessKey(accessKeyId) }, { ...key, status });
    });
  }

  async deleteAccessKey(accessKeyId: string): Promise<void> {
    await this.#context.metadata.transact(async (tx) => {
      deleteAccessKeyEntries(tx, await readAccessKey(tx, accessKeyId));
    });
  }

  /**
   * Makes the root account at the first start, and sees to it at each that `pair` is the key of its credentials file or
   * settings: a root key that was there before under another id is removed.
   */
  async ensureRoot(pair: AccessKeyPair): Promise<AccountRecord> {
    checkAccessKey({ account: rootAccountName, ...pair });
    return this.#context.metadata.transact(async (tx) => {
      const id = await tx.get(keyspace.accountByName(rootAccountName));
      const account = id
        ? await readRecord(tx, accountRecordType, keyspace.account(id.toString()))
        : await this.#insertAccount(tx, { name: rootAccountName });
      if (!account) throw new StorageError('InternalError', { message: 'The root account is missing.' });
      const previous = (await tx.get(keyspace.rootAccessKeyId()))?.toString();
      if (previous !== pair.accessKeyId) tx.put(keyspace.rootAccessKeyId(), Buffer.from(pair.accessKeyId));
      if (previous !== undefined && previous !== pair.accessKeyId) {
        tx.delete(keyspace.accessKey(previous));
        tx.delete(keyspace.accessKeyOfAccount(account.accountId, previous));
      }
      const existing = await readRecord(tx, accessKeyRecordType, keyspace.accessKey(pair.accessKeyId));
      if (existing && existing.accountId !== account.accountId) {
        throw new StorageError('InvalidRequest', {
          message: `The access key ${pair.accessKeyId} belongs to another account already; choose another root access key.`,
        });
      }
      if (existing && this.#context.secrets.open(existing.sealedSecret, pair.accessKeyId) === pair.secretAccessKey) {
        return account;
      }
      this.#putAccessKey(tx, account, pair);
      return account;
    });
  }
}

/** Makes the new limits of those that are there. */
export type ChangeOfLimits = (limits: RateLimits | undefined) => RateLimits | undefined;

/** Limits without a bound are none. */
function limiting(limits: RateLimits | undefined): RateLimits | undefined {
  return limits?.requests === undefined && limits?.bytes === undefined ? undefined : limits;
}

async function readAccessKey(tx: RecordReader, accessKeyId: string): Promise<AccessKeyRecord> {
  const key = await readRecord(tx, accessKeyRecordType, keyspace.accessKey(accessKeyId));
  if (!key) throw new StorageError('InvalidRequest', { message: `There is no access key ${accessKeyId}.` });
  return key;
}

function noSuchAccount(nameOrId: string): StorageError {
  return new StorageError('InvalidRequest', { message: `There is no account ${nameOrId}.` });
}

function taken(what: string): StorageError {
  return new StorageError('InvalidRequest', { message: `The ${what} is taken already.` });
}

/** That one commit deletes. */
const maximumKeysAtOnce = 10_000;
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** 64 letters that need no escaping in shells, URLs and configuration files. */
const base64Letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The alphabet's size divides 256, so that every letter is equally likely. */
function randomText(random: Random, alphabet: string, length: number): string {
  return Array.from(random.bytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
}

function randomDigits(random: Random, length: number): string {
  let digits = '';
  while (digits.length < length) {
    for (const byte of random.bytes(length)) {
      if (byte < 250 && digits.length < length) digits += byte % 10;
    }
  }
  return digits;
}

function checkAccount({ name, accountId, email }: NewAccount): void {
  const refuse = (message: string) => {
    throw new StorageError('InvalidRequest', { message });
  };
  if (!/^[\w+=,.@-][\w+=,.@ -]{0,127}$/.test(name)) {
    refuse('An account name has 1 to 128 letters, digits and _ + = , . @ - or spaces.');
  }
  if (accountId !== undefined && !/^(\d{12}|\d{15})$/.test(accountId)) refuse('An account id has 12 or 15 digits.');
  if (email !== undefined && !/^[^\s@]+@[^\s@]+$/.test(email)) refuse(`${email} is not an e-mail address.`);
}

function checkAccessKey({ accessKeyId, secretAccessKey }: NewAccessKey): void {
  if (accessKeyId !== undefined && !/^[\w.-]{3,128}$/.test(accessKeyId)) {
    throw new StorageError('InvalidRequest', { message: 'An access key id has 3 to 128 letters, digits, _ . or -.' });
  }
  if (secretAccessKey !== undefined && !/^[\x21-\x7e]{8,128}$/.test(secretAccessKey)) {
    throw new StorageError('InvalidRequest', {
      message: 'A secret access key has 8 to 128 printable ASCII characters.',
    });
  }
}
