import { StorageError } from '../../domain/errors.ts';
import { assumedRoleArn, federatedUserArn, roleArn, userArn } from '../../domain/identity-arn.ts';
import type { IdentityRights, RightsLimit } from '../../domain/policy/identity-rights.ts';
import type { SessionFacts, SignedPrincipal } from '../../domain/principal.ts';
import type { AppliedLimits, RateLimits } from '../../domain/rate-limits.ts';
import type { Tag } from '../../domain/tagging.ts';
import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import type { Clock } from '../../foundation/clock.ts';
import {
  type AccessKeyRecord,
  type AccountRecord,
  accessKeyRecordType,
  accountRecordType,
} from '../../records/account-record.ts';
import { keyspace } from '../../records/keyspace.ts';
import { DecodedRecords } from '../../records/record-type.ts';
import type { RoleRecord } from '../../records/role-record.ts';
import type { UserRecord } from '../../records/user-record.ts';
import { type CompiledIdentities, type CompiledIdentity, narrowed } from './compiled-identities.ts';
import type { PolicyCompiler, ReadyPolicy } from './policy-compiler.ts';
import type { SecretBox } from './secret-box.ts';
import type { Session, SessionTokens } from './sessions/session-tokens.ts';

/** A key that may sign requests now. */
export interface Credential {
  readonly secretAccessKey: string;
  readonly principal: SignedPrincipal;
}

interface Dependencies {
  readonly metadata: MetadataEngine;
  readonly clock: Pick<Clock, 'now'>;
  readonly secrets: SecretBox;
  readonly identities: CompiledIdentities;
  readonly compiler: PolicyCompiler;
  readonly tokens: SessionTokens;
}

/** What a credential was made from: it holds as long as these are the same objects. */
interface Made {
  readonly account: AccountRecord;
  readonly identity: CompiledIdentity<UserRecord | RoleRecord> | undefined;
  /** Of a session: the key that it was asked for with. */
  readonly parent: AccessKeyRecord | undefined;
  readonly credential: Credential;
}

const maximumAccessKeyIdLength = 128;
/** That a process keeps decoded, and their secrets opened. */
const rememberedKeys = 16_384;

/**
 * Who an access key speaks for, asked anew for each request: a key, user, role or account that is disabled, deleted or
 * narrowed is so with the next request on every worker. For the root of an account this reads two records, for a user
 * one more.
 */
export class Credentials {
  readonly #context: Dependencies;
  readonly #keys = new DecodedRecords(accessKeyRecordType, keyspace.accessKey, rememberedKeys);
  readonly #accounts = new DecodedRecords(accountRecordType, keyspace.account);
  /** By the very record, or session, that they were made from: a changed record misses. */
  readonly #made = new WeakMap<AccessKeyRecord | Session, Made>();
  /** Which session a principal came from, for those who go on for longer than a request. */
  readonly #sessions = new WeakMap<SignedPrincipal, Session>();

  constructor(context: Dependencies) {
    this.#context = context;
  }

  /**
   * Undefined for a key that is unknown, disabled or expired. Throws InvalidToken for a token that is not the key's, and
   * ExpiredToken.
   */
  find(accessKeyId: string, token: string | undefined): MaybePromise<Credential | undefined> {
    if (accessKeyId.length > maximumAccessKeyIdLength) return undefined;
    if (token !== undefined) return this.#ofSession(this.#context.tokens.open(token, accessKeyId));
    return whenReady(this.key(accessKeyId), (key) => (key && this.#isUsable(key) ? this.#ofKey(key) : undefined));
  }

  /** The same principal as it is now; undefined where its credentials hold no longer. */
  async again(principal: SignedPrincipal): Promise<SignedPrincipal | undefined> {
    const session = this.#sessions.get(principal);
    try {
      const now = await (session ? this.#ofSession(session) : this.find(principal.accessKeyId, undefined));
      const isSame =
        now?.principal.kind === principal.kind && now.principal.account.accountId === principal.account.accountId;
      return isSame ? now.principal : undefined;
    } catch (error) {
      if (error instanceof StorageError) return undefined;
      throw error;
    }
  }

  /** The session that a principal came from; undefined for long-lived keys. */
  sessionOf(principal: SignedPrincipal): Session | undefined {
    return this.#sessions.get(principal);
  }

  /** Whatever its state. */
  key(accessKeyId: string): MaybePromise<AccessKeyRecord | undefined> {
    return this.#keys.read(this.#context.metadata, accessKeyId);
  }

  account(accountId: string): MaybePromise<AccountRecord | undefined> {
    return this.#accounts.read(this.#context.metadata, accountId);
  }

  #isUsable({ status, serviceAccount }: AccessKeyRecord): boolean {
    if (status !== 'active') return false;
    return serviceAccount?.expiresAt === undefined || serviceAccount.expiresAt > this.#context.clock.now();
  }

  #ofKey(key: AccessKeyRecord): MaybePromise<Credential | undefined> {
    return whenReady(this.account(key.accountId), (account) => {
      if (!account || account.disabled) return undefined;
      if (key.userId === undefined) return this.#remembered(key, account, undefined, () => this.#rootOf(key, account));
      return whenReady(
        this.#context.identities.user(account.accountId, key.userId),
        (user) => user && this.#remembered(key, account, user, () => this.#userOf(key, account, user)),
      );
    });
  }

  #remembered(
    from: AccessKeyRecord | Session,
    account: AccountRecord,
    identity: Made['identity'],
    make: () => Credential,
  ): Credential {
    const known = this.#made.get(from);
    if (known && isMadeFrom(known, { account, identity, parent: undefined })) return known.credential;
    const credential = make();
    this.#made.set(from, { account, identity, parent: undefined, credential });
    return credential;
  }

  #secretOf({ sealedSecret, accessKeyId }: AccessKeyRecord): string {
    return this.#context.secrets.open(sealedSecret, accessKeyId);
  }

  #rootOf(key: AccessKeyRecord, account: AccountRecord): Credential {
    const rights = this.#rightsOfKey(key, undefined);
    return {
      secretAccessKey: this.#secretOf(key),
      principal: {
        kind: 'account',
        account,
        accessKeyId: key.accessKeyId,
        ...appliedLimits(account, key),
        ...(rights === undefined ? {} : { rights }),
      },
    };
  }

  #userOf(key: AccessKeyRecord, account: AccountRecord, user: CompiledIdentity<UserRecord>): Credential {
    const { record } = user;
    return {
      secretAccessKey: this.#secretOf(key),
      principal: {
        kind: 'user',
        account,
        accessKeyId: key.accessKeyId,
        ...appliedLimits(account, key),
        rights: this.#rightsOfKey(key, user.rights) ?? user.rights,
        ...userFields(record),
      },
    };
  }

  /** What the key leaves of the rights of whom it speaks for. */
  #rightsOfKey({ accessKeyId, serviceAccount }: AccessKeyRecord, rights: IdentityRights | undefined) {
    if (serviceAccount?.policy === undefined) return rights;
    const policy = this.#context.compiler.ready(`service account ${accessKeyId}`, serviceAccount.policy, 'session');
    return narrowed(rights, 'service-account', [policy]);
  }

  /** The token was sealed here. What it says is held against what stands now. Throws ExpiredToken. */
  #ofSession(session: Session): MaybePromise<Credential | undefined> {
    if (session.expiresAt <= this.#context.clock.now()) throw new StorageError('ExpiredToken');
    return whenReady(this.account(session.accountId), (account) => {
      if (!account || account.disabled) return undefined;
      return whenReady(this.#parentOf(session), (parent) => {
        if (parent === 'gone') return undefined;
        const { of } = session;
        if (of.kind === 'role') return this.#sessionOfRole(session, account, { parent, roleId: of.roleId });
        const userId = of.kind === 'root' ? undefined : of.userId;
        // An id that was free again may by now be the key of somebody else in the account.
        if (parent?.userId !== userId || parent === undefined) return undefined;
        if (userId === undefined) return this.#session(session, account, { parent, identity: undefined });
        return this.#sessionOfUser(session, account, { parent, userId });
      });
    });
  }

  /** The long-lived key behind a session; `gone` where that holds no longer, undefined where there is none. */
  #parentOf({ parent, issuedAt }: Session): MaybePromise<AccessKeyRecord | 'gone' | undefined> {
    if (parent === undefined) return undefined;
    return whenReady(this.key(parent.accessKeyId), (key): MaybePromise<AccessKeyRecord | 'gone'> => {
      if (key?.accountId !== parent.accountId || !this.#isUsable(key)) return 'gone';
      return whenReady(this.account(key.accountId), (account): MaybePromise<AccessKeyRecord | 'gone'> => {
        if (!account || account.disabled) return 'gone';
        if (key.userId === undefined) return key;
        return whenReady(this.#context.identities.user(key.accountId, key.userId), (user) =>
          user && issuedAt >= (user.record.sessionsValidFrom ?? 0) ? key : 'gone',
        );
      });
    });
  }

  #sessionOfUser(
    session: Session,
    account: AccountRecord,
    { parent, userId }: { readonly parent: AccessKeyRecord; readonly userId: string },
  ): MaybePromise<Credential | undefined> {
    return whenReady(
      this.#context.identities.user(account.accountId, userId),
      (user) => user && this.#session(session, account, { parent, identity: user }),
    );
  }

  #sessionOfRole(
    session: Session,
    account: AccountRecord,
    { parent, roleId }: { readonly parent: AccessKeyRecord | undefined; readonly roleId: string },
  ): MaybePromise<Credential | undefined> {
    return whenReady(this.#context.identities.role(account.accountId, roleId), (role) => {
      if (!role || session.issuedAt < (role.record.sessionsValidFrom ?? 0)) return undefined;
      return this.#session(session, account, { parent, identity: role });
    });
  }

  #session(
    session: Session,
    account: AccountRecord,
    { parent, identity }: { readonly parent: AccessKeyRecord | undefined; readonly identity: Made['identity'] },
  ): MaybePromise<Credential> {
    const known = this.#made.get(session);
    // A managed policy that narrows it may have changed: then its identity, which is of the same account, is another too.
    const mayHaveChanged = session.policyArns.length > 0 && identity === undefined;
    if (known && isMadeFrom(known, { account, identity, parent }) && !mayHaveChanged) return known.credential;
    return whenReady(this.#sessionPolicies(session), (policies) => {
      const base =
        parent && session.of.kind !== 'role' ? this.#rightsOfKey(parent, identity?.rights) : identity?.rights;
      // A federated user has what its policies say, and nothing without them.
      const isNarrowed = policies.length > 0 || session.of.kind === 'federated' || hasPolicies(session);
      const rights = isNarrowed ? narrowed(base, limitOf(session), policies) : base;
      const principal = principalOf(session, { account, identity, parent, rights });
      const credential = { secretAccessKey: session.secretAccessKey, principal };
      this.#sessions.set(principal, session);
      this.#made.set(session, { account, identity, parent, credential });
      return credential;
    });
  }

  #sessionPolicies(session: Session): MaybePromise<readonly ReadyPolicy[]> {
    const { compiler, identities } = this.#context;
    const inline = session.policies.map((text) => compiler.ready('session policy', text, 'session'));
    if (session.policyArns.length === 0) return inline;
    return Promise.all(session.policyArns.map((arn) => identities.managedPolicy(arn, 'session'))).then((managed) => {
      const found = managed.filter((policy) => policy !== undefined);
      // What one of them denied the others may allow: without it nothing is left.
      return found.length === managed.length ? [...inline, ...found] : [];
    });
  }
}

function isMadeFrom(made: Made, { account, identity, parent }: Omit<Made, 'credential'>): boolean {
  return made.account === account && made.identity === identity && made.parent === parent;
}

/**
 * A session of a user or a root has no name of its own, so that what a resource gives to the user by name would pass by
 * the policies of the session: they limit all of it, as those of a service account do. AWS has no such sessions.
 */
function limitOf({ of }: Session): RightsLimit['kind'] {
  return of.kind === 'user' || of.kind === 'root' ? 'service-account' : 'session';
}

const hasPolicies = ({ policies, policyArns }: Session) => policies.length + policyArns.length > 0;

interface SessionOwner {
  readonly account: AccountRecord;
  readonly identity: Made['identity'];
  readonly parent: AccessKeyRecord | undefined;
  readonly rights: IdentityRights | undefined;
}

/** Without the secret, and all else that nobody has to know who weighs or logs a request. */
function factsOf(session: Session): SessionFacts {
  const { issuedAt, expiresAt, sourceIdentity, provider, transitiveTagKeys, claims } = session;
  return {
    issuedAt,
    expiresAt,
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(provider === undefined ? {} : { provider }),
    ...(transitiveTagKeys === undefined ? {} : { transitiveTagKeys }),
    ...(claims === undefined ? {} : { claims }),
  };
}

const noRights: IdentityRights = { identity: [], limits: [], asksForTags: false };

function principalOf(session: Session, { account, identity, parent, rights }: SessionOwner): SignedPrincipal {
  const { accessKeyId, of } = session;
  // What the key at the beginning is held to its sessions are held to, together with it.
  const signed = { account, accessKeyId, session: factsOf(session), ...appliedLimits(account, parent) };
  switch (of.kind) {
    case 'root':
      return { kind: 'account', ...signed, ...(rights === undefined ? {} : { rights }) };
    case 'user':
      return { kind: 'user', ...signed, rights: rights ?? noRights, ...userFields(identity!.record as UserRecord) };
    case 'role': {
      const role = identity!.record as RoleRecord;
      return {
        kind: 'role-session',
        ...signed,
        rights: rights ?? noRights,
        roleId: role.id,
        roleArn: roleArn(role),
        sessionName: of.sessionName,
        arn: assumedRoleArn(account.accountId, role.name, of.sessionName),
        tags: overlaid(role.tags, session.tags),
      };
    }
    case 'federated': {
      const user = identity?.record as UserRecord | undefined;
      return {
        kind: 'federated-user',
        ...signed,
        rights: rights ?? noRights,
        sessionName: of.sessionName,
        arn: federatedUserArn(account.accountId, of.sessionName),
        ...(user ? { userArn: userArn(user) } : {}),
        tags: overlaid(user?.tags ?? [], session.tags),
      };
    }
  }
}

function userFields(user: UserRecord) {
  return { userId: user.id, userName: user.name, arn: userArn(user), tags: user.tags };
}

/** Keys of tags are told apart without regard to case: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html */
function overlaid(below: readonly Tag[], above: readonly Tag[]): readonly Tag[] {
  const taken = new Set(above.map(({ key }) => key.toLowerCase()));
  return [...below.filter(({ key }) => !taken.has(key.toLowerCase())), ...above];
}

/** Nothing for most: then a request is not even asked. */
function appliedLimits(
  account: AccountRecord,
  key: AccessKeyRecord | undefined,
): { readonly rateLimits?: AppliedLimits } {
  const applied: { name: string; limits: RateLimits }[] = [];
  if (key?.rateLimits) applied.push({ name: `key ${key.accessKeyId}`, limits: key.rateLimits });
  if (account.rateLimits) applied.push({ name: `account ${account.accountId}`, limits: account.rateLimits });
  return applied.length === 0 ? {} : { rateLimits: applied };
}
