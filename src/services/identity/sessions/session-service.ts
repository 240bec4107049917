import { StorageError } from '../../../domain/errors.ts';
import { uniqueId } from '../../../domain/identity-arn.ts';
import type { SignedPrincipal } from '../../../domain/principal.ts';
import type { Clock } from '../../../foundation/clock.ts';
import type { Random } from '../../../foundation/random.ts';
import type { IdentityService } from '../identity-service.ts';
import { joinTags, type Narrowing, packedSize, readNarrowing, type SessionTags } from './session-limits.ts';
import type { Session } from './session-tokens.ts';

export interface SessionContext {
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  readonly identity: IdentityService;
}

/** Temporary credentials: this is the only time that they are told. */
export interface IssuedSession {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly token: string;
  /** In milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Of policies and tags, in percent of what there is room for; undefined where there are none. */
  readonly packedSize: number | undefined;
}

/** A session but for what is drawn when it begins. */
export type SessionToIssue = Omit<Session, 'accessKeyId' | 'secretAccessKey' | 'issuedAt' | 'expiresAt'>;

interface Validity {
  readonly seconds: number;
  /** Sessions of before that moment are over: this one is not. */
  readonly notBefore?: number | undefined;
}

interface Wanted {
  readonly seconds: number;
  readonly narrowing: Narrowing;
}

interface WantedFederation extends Wanted, SessionTags {
  readonly name: string;
}

/** Bytes of a secret: 40 characters of base64, as AWS's have. */
const secretBytes = 30;

/** Makes sessions. Nothing of them is stored: the token is the session. */
export class SessionService {
  readonly #context: SessionContext;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  /** Of the caller itself, with all that its key may do but for what it is narrowed by. */
  async ofCaller(caller: SignedPrincipal, { seconds, narrowing }: Wanted): Promise<IssuedSession> {
    const { accountId } = caller.account;
    const policies = await readNarrowing(this.#context.identity.identities, accountId, narrowing);
    const of =
      caller.kind === 'user' ? ({ kind: 'user', userId: caller.userId } as const) : ({ kind: 'root' } as const);
    return this.issue({ accountId, of, parent: this.#longLivedKeyOf(caller), ...policies, tags: [] }, { seconds });
  }

  /** Of a name that the caller vouches for; without policies it may do nothing but what resources give to that name. */
  async ofFederatedUser(caller: SignedPrincipal, wanted: WantedFederation): Promise<IssuedSession> {
    const { accountId } = caller.account;
    const policies = await readNarrowing(this.#context.identity.identities, accountId, wanted.narrowing);
    const of = {
      kind: 'federated',
      sessionName: wanted.name,
      ...(caller.kind === 'user' ? { userId: caller.userId } : {}),
    } as const;
    const { tags } = joinTags(wanted, undefined);
    const session = { accountId, of, parent: this.#longLivedKeyOf(caller), ...policies, tags };
    return this.issue(session, { seconds: wanted.seconds });
  }

  /** Whoever calls this has weighed it. Throws PackedPolicyTooLarge. */
  async issue(session: SessionToIssue, { seconds, notBefore = 0 }: Validity): Promise<IssuedSession> {
    const { clock, random, identity } = this.#context;
    const size = packedSize(session);
    const earliest = Math.max(notBefore, await this.#validFromOf(session.parent));
    const now = clock.now();
    const issued: Session = {
      ...session,
      accessKeyId: uniqueId(random, 'temporary-key'),
      secretAccessKey: random.bytes(secretBytes).toString('base64'),
      issuedAt: Math.max(now, earliest),
      expiresAt: now + seconds * 1000,
    };
    const { accessKeyId, secretAccessKey, expiresAt } = issued;
    return { accessKeyId, secretAccessKey, token: identity.sessionTokens.seal(issued), expiresAt, packedSize: size };
  }

  /** When the sessions of the user behind a key were revoked: this one comes after, whatever the clocks of nodes say. */
  async #validFromOf(parent: Session['parent']): Promise<number> {
    const { credentials, identities } = this.#context.identity;
    const key = parent && (await credentials.key(parent.accessKeyId));
    if (key?.userId === undefined) return 0;
    return (await identities.user(key.accountId, key.userId))?.record.sessionsValidFrom ?? 0;
  }

  /** The key at the beginning of a chain of sessions; undefined where a provider stands there. */
  parentOf(caller: SignedPrincipal): Session['parent'] {
    const session = this.#context.identity.credentials.sessionOf(caller);
    if (session) return session.parent;
    return { accessKeyId: caller.accessKeyId, accountId: caller.account.accountId };
  }

  /** Throws AccessDenied for temporary credentials. */
  #longLivedKeyOf({ accessKeyId, account, session }: SignedPrincipal): NonNullable<Session['parent']> {
    if (session) {
      throw new StorageError('AccessDenied', { message: 'Cannot call this action with session credentials' });
    }
    return { accessKeyId, accountId: account.accountId };
  }
}
