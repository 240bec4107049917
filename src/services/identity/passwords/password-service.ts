import { StorageError } from '../../../domain/errors.ts';
import { faultOfPassword } from '../../../domain/password-policy.ts';
import type { MetadataEngine, Transaction } from '../../../engines/metadata/metadata-engine.ts';
import type { Clock } from '../../../foundation/clock.ts';
import type { Random } from '../../../foundation/random.ts';
import { keyspace } from '../../../records/keyspace.ts';
import { lastUseRecordType } from '../../../records/last-use-record.ts';
import { type LoginProfileRecord, loginProfileRecordType } from '../../../records/login-profile-record.ts';
import { readRecord, writeRecord } from '../../../records/record-type.ts';
import type { UserRecord } from '../../../records/user-record.ts';
import { readPasswordPolicy } from '../account/account-settings-service.ts';
import type { AttemptExchange } from '../attempts/attempt-exchange.ts';
import { noSuchEntity, users } from '../entity-table.ts';
import { countIdentity } from '../identity-counters.ts';
import { type PasswordAttempt, PasswordAttempts } from './password-attempts.ts';
import { PasswordHashing } from './password-hashing.ts';

interface PasswordContext {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly exchange?: AttemptExchange | undefined;
}

interface NewPassword {
  readonly password: string;
  /** At the next sign-in the user has to take another. */
  readonly resetRequired: boolean;
}

interface ChangeOfPassword {
  readonly oldPassword: string;
  readonly newPassword: string;
  /** Of whom changes it. */
  readonly address: string;
}

const day = 24 * 3_600_000;
/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html; longer ones are not even hashed. */
export const maximumPasswordLength = 128;

/** Passwords of users. Of each a hash is stored, and of earlier ones, as many as the account's password policy asks for. */
export class PasswordService {
  readonly #context: PasswordContext;
  readonly #hashing: PasswordHashing;
  readonly #attempts: PasswordAttempts;

  constructor(context: PasswordContext) {
    this.#context = context;
    this.#hashing = new PasswordHashing(context.random);
    this.#attempts = new PasswordAttempts(context.clock, 'password', context.exchange);
  }

  /** The user's password, without a word of what it is. */
  async profile(user: Pick<UserRecord, 'id'>): Promise<LoginProfileRecord | undefined> {
    return readRecord(this.#context.metadata, loginProfileRecordType, keyspace.loginProfile(user.id));
  }

  /** Throws EntityAlreadyExists, NoSuchEntity, PasswordPolicyViolation. */
  async create(user: UserRecord, { password, resetRequired }: NewPassword): Promise<LoginProfileRecord> {
    const { metadata, clock } = this.#context;
    if (await this.profile(user)) throw hasProfile(user);
    await this.#requireGood(user, password, []);
    const now = clock.now();
    const passwordHash = await this.#hashing.hash(password);
    const times = { createdAt: now, passwordChangedAt: now };
    const profile = { userId: user.id, passwordHash, resetRequired, earlierHashes: [], ...times };
    await metadata.transact(async (tx) => {
      await requireUser(tx, user);
      if (await tx.get(keyspace.loginProfile(user.id))) throw hasProfile(user);
      write(tx, profile);
      countIdentity(tx, user.accountId, 'loginProfile', 1);
    });
    return profile;
  }

  /** By an administrator. Throws NoSuchEntity, PasswordPolicyViolation, and EntityTemporarilyUnmodifiable. */
  async update(user: UserRecord, change: Partial<NewPassword>): Promise<void> {
    const known = await this.require(user);
    const hashed = change.password === undefined ? undefined : await this.#replacement(user, known, change.password);
    await this.#replace(known, { ...hashed, resetRequired: change.resetRequired ?? known.resetRequired });
  }

  /**
   * By the user. Throws AccessDenied where the old password is another, SlowDown for who guesses, NoSuchEntity,
   * PasswordPolicyViolation, and EntityTemporarilyUnmodifiable.
   */
  async change(user: UserRecord, { oldPassword, newPassword, address }: ChangeOfPassword): Promise<void> {
    const known = await this.require(user);
    const attempt = { accountId: user.accountId, name: user.name, address };
    if (!(await this.#guess(attempt, () => this.#matches(known, oldPassword)))) {
      throw new StorageError('AccessDenied', { message: 'The old password was incorrect.' });
    }
    await this.#replace(known, { ...(await this.#replacement(user, known, newPassword)), resetRequired: false });
  }

  /** Throws NoSuchEntity. */
  async delete(user: UserRecord): Promise<void> {
    await this.#context.metadata.transact(async (tx) => {
      if (!(await tx.get(keyspace.loginProfile(user.id)))) throw noProfile(user);
      tx.delete(keyspace.loginProfile(user.id));
      countIdentity(tx, user.accountId, 'loginProfile', -1);
    });
  }

  /** Throws NoSuchEntity. */
  async require(user: UserRecord): Promise<LoginProfileRecord> {
    const profile = await this.profile(user);
    if (!profile) throw noProfile(user);
    return profile;
  }

  /**
   * The user whom this password belongs to. Who is not there, has no password, or another one: the answer is the same,
   * and takes as long. Throws SlowDown for who guesses. Whether the account is disabled, or the password too old
   * (`isExpired`), the caller sees.
   */
  verify(
    accountId: string,
    name: string,
    { password, address }: { readonly password: string; readonly address: string },
  ): Promise<UserRecord | undefined> {
    return this.#guess({ accountId, name, address }, async () => {
      const user = await users.findByName(this.#context.metadata, accountId, name);
      const profile = user && (await this.profile(user));
      const isRight = profile ? await this.#matches(profile, password) : await this.#matchesNothing(password);
      if (!isRight || !user) return undefined;
      return (await this.#noteUse(user)) ? user : undefined;
    });
  }

  /** Undefined for a password that nobody has signed in with. */
  async lastUsed({ id }: Pick<UserRecord, 'id'>): Promise<number | undefined> {
    return (await readRecord(this.#context.metadata, lastUseRecordType, keyspace.lastUse(id)))?.at;
  }

  /** Of users what they have used last is the password. False for a user who is gone by now. */
  #noteUse({ id }: UserRecord): Promise<boolean> {
    const use = { at: this.#context.clock.now(), service: 'console', region: '' };
    return this.#context.metadata.transact(async (tx) => {
      if (!(await users.find(tx, id))) return false;
      writeRecord(tx, { type: lastUseRecordType, key: keyspace.lastUse(id) }, use);
      return true;
    });
  }

  /** Whether the account's password policy lets it be used no longer. */
  async isExpired(user: UserRecord, { passwordChangedAt }: LoginProfileRecord): Promise<boolean> {
    const { metadata, clock } = this.#context;
    const maximumAge = (await readPasswordPolicy(metadata, user.accountId))?.maximumAge ?? 0;
    return maximumAge > 0 && clock.now() - passwordChangedAt > maximumAge * day;
  }

  /** Counted before it is known whether it is right, so that a thousand guesses at once are a thousand guesses. */
  async #guess<T>(attempt: PasswordAttempt, look: () => Promise<T>): Promise<T> {
    const wait = this.#attempts.wait(attempt);
    if (wait > 0) {
      throw new StorageError('SlowDown', { headers: { 'Retry-After': String(Math.ceil(wait / 1000)) } });
    }
    this.#attempts.begin(attempt);
    try {
      const found = await look();
      if (found) this.#attempts.succeeded(attempt);
      else this.#attempts.failed(attempt);
      return found;
    } catch (error) {
      this.#attempts.abandoned(attempt);
      throw error;
    }
  }

  #matches({ passwordHash }: LoginProfileRecord, password: string): Promise<boolean> {
    if (password.length > maximumPasswordLength) return this.#matchesNothing('');
    return this.#hashing.matches(passwordHash, password);
  }

  #matchesNothing(password: string): Promise<false> {
    return this.#hashing.matchesNothing(password.slice(0, maximumPasswordLength));
  }

  /** The fields of a profile whose password is another. */
  async #replacement(user: UserRecord, known: LoginProfileRecord, password: string) {
    const reusePrevention = (await readPasswordPolicy(this.#context.metadata, user.accountId))?.reusePrevention ?? 0;
    const used = [known.passwordHash, ...known.earlierHashes];
    await this.#requireGood(user, password, used.slice(0, reusePrevention));
    return {
      passwordHash: await this.#hashing.hash(password),
      passwordChangedAt: this.#context.clock.now(),
      earlierHashes: used.slice(0, reusePrevention),
    };
  }

  async #replace(known: LoginProfileRecord, change: Partial<LoginProfileRecord>): Promise<void> {
    await this.#context.metadata.transact(async (tx) => {
      const now = await readRecord(tx, loginProfileRecordType, keyspace.loginProfile(known.userId));
      if (now?.passwordHash !== known.passwordHash) throw new StorageError('EntityTemporarilyUnmodifiable');
      write(tx, { ...now, ...change });
    });
  }

  /** Throws PasswordPolicyViolation. */
  async #requireGood(user: UserRecord, password: string, used: readonly string[]): Promise<void> {
    const rules = await readPasswordPolicy(this.#context.metadata, user.accountId);
    const fault = faultOfPassword(password, { rules, userName: user.name });
    if (fault !== undefined) throw violation(`A password ${fault}.`);
    for (const hash of used) {
      if (await this.#hashing.matches(hash, password)) throw violation('It has been used before.');
    }
  }
}

function write(tx: Transaction, profile: LoginProfileRecord): void {
  writeRecord(tx, { type: loginProfileRecordType, key: keyspace.loginProfile(profile.userId) }, profile);
}

/** Read in the commit: it runs again where the user is deleted meanwhile. */
async function requireUser(tx: Transaction, { id, name }: UserRecord): Promise<void> {
  if (!(await users.find(tx, id))) throw noSuchEntity('user', name);
}

function violation(why: string): StorageError {
  return new StorageError('PasswordPolicyViolation', {
    message: `Password does not conform to the account password policy. ${why}`,
  });
}

function hasProfile({ name }: UserRecord): StorageError {
  return new StorageError('EntityAlreadyExists', { message: `Login Profile for user ${name} already exists.` });
}

function noProfile({ name }: UserRecord): StorageError {
  return new StorageError('NoSuchEntity', { message: `Login Profile for User ${name} cannot be found.` });
}
