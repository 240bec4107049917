import { StorageError } from '../../domain/errors.ts';
import { parseIdentityArn, roleArn, userArn } from '../../domain/identity-arn.ts';
import { type Account, isSystemAccount, type SignedPrincipal, systemAccountName } from '../../domain/principal.ts';
import type { PublicAccessBlock } from '../../domain/public-access-block.ts';
import { quotaOrNone } from '../../domain/quota.ts';
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
import { bucketRecordType } from '../../records/bucket-record.ts';
import { keyParts, keyspace, spans } from '../../records/keyspace.ts';
import { type RecordReader, readRecord, writeRecord } from '../../records/record-type.ts';
import type { RoleRecord } from '../../records/role-record.ts';
import { bucketsOf } from '../quotas/account-usage.ts';
import { forgetRefusalsOf } from '../refusals/refusal-store.ts';
import { deleteAccessKeyEntries, putAccessKey } from './access-key-entries.ts';
import { keysOf } from './access-keys/key-owner.ts';
import {
  type AccessKeyPair,
  checkAccessKey,
  checkAccount,
  drawAccessKey,
  drawAccountId,
  type NewAccessKey,
  type NewAccount,
} from './account/account-form.ts';
import { AccountRefusal, inWordsOfIdentity, noSuchAccount, taken, unchangeable } from './account/account-refusal.ts';
import { leaveConnections } from './account/leave-connections.ts';
import { changeIdentity } from './change-identity.ts';
import { CompiledIdentities } from './compiled-identities.ts';
import { type Credential, Credentials } from './credentials.ts';
import { roles, users } from './entity-table.ts';
import { PolicyCompiler } from './policy-compiler.ts';
import type { SecretBox } from './secret-box.ts';
import { SessionTokens } from './sessions/session-tokens.ts';

export type { AccessKeyPair, NewAccessKey, NewAccount } from './account/account-form.ts';
export type { Credential } from './credentials.ts';

export interface IdentityContext {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly secrets: SecretBox;
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

  /** For export and import, which hand on what other services keep sealed. */
  get secrets(): SecretBox {
    return this.#context.secrets;
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

  /** `url` as its ARN ends. */
  async hasOidcProvider(accountId: string, url: string): Promise<boolean> {
    return (await this.#context.metadata.get(keyspace.oidcProvider(accountId, url))) !== undefined;
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

  /** The same with its first key, in one commit. Throws EntityAlreadyExists, and ValidationError. */
  async createAccountWithKey(
    account: NewAccount,
  ): Promise<{ readonly account: AccountRecord; readonly key: AccessKeyPair }> {
    return inWordsOfIdentity(async () => {
      checkAccount(account);
      const key = drawAccessKey(this.#context.random);
      const record = await this.#context.metadata.transact(async (tx) => {
        const inserted = await this.#insertAccount(tx, account);
        await this.#insertKey(tx, inserted, key);
        return inserted;
      });
      return { account: record, key };
    });
  }

  /**
   * Gives the account another name or e-mail address (empty: none). Throws EntityAlreadyExists, NoSuchEntity and
   * ValidationError. The system account keeps its name.
   */
  async updateAccount(
    accountId: string,
    change: { readonly name?: string | undefined; readonly email?: string | undefined },
  ): Promise<AccountRecord> {
    return inWordsOfIdentity(() =>
      this.#context.metadata.transact(async (tx) => {
        const key = keyspace.account(accountId);
        const before = await readRecord(tx, accountRecordType, key);
        if (!before) throw noSuchAccount(accountId);
        const { name = before.displayName, email = before.email } = change;
        checkAccount(email === '' ? { name } : { name, email });
        if (name !== before.displayName) {
          if (isSystemAccount(before)) throw unchangeable('renamed');
          await takeIndex(tx, { key: keyspace.accountByName(name), what: `name ${name}`, accountId });
          tx.delete(keyspace.accountByName(before.displayName));
        }
        if (email.toLowerCase() !== before.email.toLowerCase()) {
          if (email !== '')
            await takeIndex(tx, { key: keyspace.accountByEmail(email), what: `e-mail ${email}`, accountId });
          if (before.email !== '') tx.delete(keyspace.accountByEmail(before.email));
        }
        const after = { ...before, displayName: name, email };
        writeRecord(tx, { type: accountRecordType, key }, after);
        return after;
      }),
    );
  }

  /**
   * Shuts an account out, or lets it in again: in force with the next request, for its keys, users and sessions, and
   * for everybody who asks for its buckets. Throws NoSuchEntity, and UnmodifiableEntity for the system account.
   */
  async setAccountDisabled(accountId: string, state: 'disabled' | 'enabled'): Promise<void> {
    const disabled = state === 'disabled' ? true : undefined;
    await inWordsOfIdentity(() =>
      changeIdentity(this.#context.metadata, accountId, async (tx) => {
        const key = keyspace.account(accountId);
        const account = await readRecord(tx, accountRecordType, key);
        if (!account) throw noSuchAccount(accountId);
        if (isSystemAccount(account)) throw unchangeable('disabled');
        // Written in any case: a bucket that is made meanwhile conflicts.
        writeRecord(tx, { type: accountRecordType, key }, { ...account, disabled });
        for await (const bucket of bucketsOf(tx, accountId)) {
          const place = { type: bucketRecordType, key: keyspace.bucket(bucket.name) };
          writeRecord(tx, place, { ...bucket, ownerDisabled: disabled });
        }
      }),
    );
  }

  /** Keys of the root of an account, without those of service accounts; their secrets stay sealed. */
  rootKeys(accountId: string): Promise<readonly AccessKeyRecord[]> {
    return rootKeysOf(this.#context.metadata, accountId);
  }

  /** Another key for the root of an account, beside the one that is there. Throws LimitExceeded at the third. */
  async addRootKey(accountId: string): Promise<AccessKeyPair> {
    const pair = drawAccessKey(this.#context.random);
    await inWordsOfIdentity(() =>
      this.#context.metadata.transact(async (tx) => {
        const account = await readRecord(tx, accountRecordType, keyspace.account(accountId));
        if (!account) throw noSuchAccount(accountId);
        if ((await rootKeysOf(tx, accountId)).length >= maximumRootKeys) {
          throw new StorageError('LimitExceeded', {
            message: `Cannot exceed quota for AccessKeysPerAccount: ${maximumRootKeys}`,
          });
        }
        await this.#insertKey(tx, account, pair);
      }),
    );
    return pair;
  }

  /** Throws NoSuchEntity for a key that is not the root's of that account, and DeleteConflict for its last active one. */
  async deleteRootKey(accountId: string, accessKeyId: string): Promise<void> {
    await this.#context.metadata.transact(async (tx) => {
      const stored = await tx.get(keyspace.account(accountId));
      const keys = await rootKeysOf(tx, accountId);
      const key = keys.find((each) => each.accessKeyId === accessKeyId);
      if (!stored || !key) {
        throw new StorageError('NoSuchEntity', {
          message: `The Access Key with id ${accessKeyId} cannot be found.`,
        });
      }
      if (!keys.some((other) => other !== key && other.status === 'active')) {
        throw new StorageError('DeleteConflict', { message: 'The last active key of a root cannot be deleted.' });
      }
      // Written back, so that of two that leave each other's key one runs again.
      tx.put(keyspace.account(accountId), stored);
      deleteAccessKeyEntries(tx, key);
    });
  }

  async #insertAccount(tx: Transaction, account: NewAccount): Promise<AccountRecord> {
    const { random, clock } = this.#context;
    const record: AccountRecord = {
      accountId: account.accountId ?? drawAccountId(random),
      canonicalId: account.canonicalId ?? random.bytes(32).toString('hex'),
      displayName: account.name,
      email: account.email ?? '',
      createdAt: clock.now(),
      publicAccessBlock: undefined,
      ...(quotaOrNone(account.quota) ? { quota: account.quota } : {}),
      ...(limiting(account.rateLimits) ? { rateLimits: account.rateLimits } : {}),
    };
    const indexes = [
      { key: keyspace.accountByName(record.displayName), what: `name ${record.displayName}` },
      { key: keyspace.accountByCanonicalId(record.canonicalId), what: `canonical id ${record.canonicalId}` },
    ];
    if (record.email !== '')
      indexes.push({ key: keyspace.accountByEmail(record.email), what: `e-mail ${record.email}` });
    if (await tx.get(keyspace.account(record.accountId))) throw taken(`id ${record.accountId}`);
    for (const index of indexes) await takeIndex(tx, { ...index, accountId: record.accountId });
    writeRecord(tx, { type: accountRecordType, key: keyspace.account(record.accountId) }, record);
    return record;
  }

  /**
   * Removes an account with its keys and what is kept of its refused requests. Refused for the root account and while
   * something in it, or for it alone, is there. CreateBucket and CreateAccessKey write the account's record, which is
   * read here, so that one of two at the same moment runs again.
   */
  async deleteAccount(nameOrId: string): Promise<void> {
    const { metadata } = this.#context;
    const { accountId } = await this.resolveAccount(nameOrId);
    const deleteNow = () =>
      metadata.transact(async (tx) => {
        const account = await readRecord(tx, accountRecordType, keyspace.account(accountId));
        if (!account) throw noSuchAccount(nameOrId);
        await requireEmpty(tx, account, nameOrId);
        await leaveConnections(tx, accountId, nameOrId);
        await requireFewKeys(tx, accountId, nameOrId);
        // Only a few fit in one commit: where there are more, nothing but they is deleted yet.
        if ((await forgetRefusalsOf(tx, accountId)) === 'more') return false;
        await deleteKeys(tx, accountId);
        tx.delete(keyspace.identitySettings(accountId));
        if (account.alias !== undefined) tx.delete(keyspace.accountByAlias(account.alias));
        tx.delete(keyspace.accountByName(account.displayName));
        tx.delete(keyspace.accountByCanonicalId(account.canonicalId));
        if (account.email !== '') tx.delete(keyspace.accountByEmail(account.email));
        tx.delete(keyspace.account(accountId));
        return true;
      });
    while (!(await deleteNow()));
  }

  /** The same in the words of the API: NoSuchEntity, DeleteConflict, UnmodifiableEntity. */
  async deleteTenant(accountId: string): Promise<void> {
    await inWordsOfIdentity(() => this.deleteAccount(accountId));
  }

  async listAccounts(page: { after?: string; limit: number }): Promise<readonly AccountRecord[]> {
    const entries = await this.#context.metadata.range(spans.accounts(page.after, page.limit));
    return entries.map((entry) => accountRecordType.decode(entry.value));
  }

  /** By id or by name: an id is first of all an id, so that nobody takes the place of another by what it is called. */
  async resolveAccount(nameOrId: string): Promise<AccountRecord> {
    const byId = /^\d{12,15}$/.test(nameOrId) ? await this.findAccount(nameOrId) : undefined;
    if (byId) return byId;
    const byName = await this.#context.metadata.get(keyspace.accountByName(nameOrId));
    const account = await this.findAccount(byName ? byName.toString() : nameOrId);
    if (!account) throw noSuchAccount(nameOrId);
    return account;
  }

  /** As the record of that access key holds it. */
  sealSecret(secretAccessKey: string, accessKeyId: string): Buffer {
    return this.#context.secrets.seal(secretAccessKey, accessKeyId);
  }

  /** The only time that the secret is told. */
  async createAccessKey(request: NewAccessKey): Promise<AccessKeyPair> {
    checkAccessKey(request);
    const account = await this.resolveAccount(request.account);
    const drawn = drawAccessKey(this.#context.random);
    const { accessKeyId = drawn.accessKeyId, secretAccessKey = drawn.secretAccessKey } = request;
    await this.#context.metadata.transact((tx) => this.#insertKey(tx, account, { accessKeyId, secretAccessKey }));
    return { accessKeyId, secretAccessKey };
  }

  async #insertKey(tx: Transaction, account: Account, pair: AccessKeyPair): Promise<void> {
    if (await tx.get(keyspace.accessKey(pair.accessKeyId))) throw taken(`access key id ${pair.accessKeyId}`);
    const stored = await tx.get(keyspace.account(account.accountId));
    if (!stored) throw noSuchAccount(account.displayName);
    // Written back as it is, so that a concurrent deletion of the account conflicts.
    tx.put(keyspace.account(account.accountId), stored);
    this.#putAccessKey(tx, account, pair);
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
        tx.delete(keyspace.lastUse(previous));
        tx.delete(keyspace.accessKeyOfAccount(account.accountId, previous));
      }
      const existing = await readRecord(tx, accessKeyRecordType, keyspace.accessKey(pair.accessKeyId));
      if (existing && (existing.accountId !== account.accountId || existing.userId !== undefined)) {
        throw new StorageError('InvalidRequest', {
          message: `The access key ${pair.accessKeyId} belongs to somebody else already; choose another root access key.`,
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

async function takeIndex(
  tx: Transaction,
  { key, what, accountId }: { readonly key: Buffer; readonly what: string; readonly accountId: string },
): Promise<void> {
  if (await tx.get(key)) throw taken(what);
  tx.put(key, Buffer.from(accountId));
}

/** By point reads of each: they conflict with what becomes of the keys meanwhile. */
async function rootKeysOf(
  reader: Transaction | MetadataEngine,
  accountId: string,
): Promise<readonly AccessKeyRecord[]> {
  return (await keysOf(reader, { accountId })).filter(({ serviceAccount }) => serviceAccount === undefined);
}

/** As on AWS. */
const maximumRootKeys = 2;
/** That one commit deletes. */
const maximumKeysAtOnce = 10_000;

/** Throws UnmodifiableEntity for the system account, DeleteConflict. */
async function requireEmpty(tx: Transaction, account: AccountRecord, nameOrId: string): Promise<void> {
  if (isSystemAccount(account)) {
    throw new AccountRefusal('UnmodifiableEntity', 'The root account cannot be deleted.');
  }
  const { accountId } = account;
  const buckets = await tx.range(spans.bucketsOfAccount(accountId, { prefix: '', after: undefined }, 1));
  if (buckets.length > 0) {
    throw new AccountRefusal('DeleteConflict', `The account ${nameOrId} owns buckets; delete them first.`);
  }
  // Read, so that this runs again where a user is made meanwhile: each is counted there.
  if (await tx.get(keyspace.identityCounters(accountId))) {
    throw new AccountRefusal(
      'DeleteConflict',
      `The account ${nameOrId} has users, roles or policies; delete them first.`,
    );
  }
}

/** Throws DeleteConflict. */
async function requireFewKeys(tx: Transaction, accountId: string, nameOrId: string): Promise<void> {
  const keys = await tx.range(spans.accessKeysOfAccount(accountId, undefined, maximumKeysAtOnce + 1));
  if (keys.length <= maximumKeysAtOnce) return;
  throw new AccountRefusal(
    'DeleteConflict',
    `The account ${nameOrId} has more than ${maximumKeysAtOnce} access keys; delete some of them first.`,
  );
}

async function deleteKeys(tx: Transaction, accountId: string): Promise<void> {
  const keys = await tx.range(spans.accessKeysOfAccount(accountId, undefined, maximumKeysAtOnce));
  const places = keys.map(({ key }) => keyspace.accessKey(keyParts.afterTable(key).slice(accountId.length + 1)));
  // Only so that this runs again where one of them is deleted meanwhile, and perhaps made anew for another account.
  await tx.getMany(places);
  for (const { key } of keys) {
    tx.delete(keyspace.lastUse(keyParts.afterTable(key).slice(accountId.length + 1)));
    tx.delete(key);
  }
  for (const place of places) tx.delete(place);
}
