import { StorageError } from '../../../domain/errors.ts';
import type { SessionFacts } from '../../../domain/principal.ts';
import type { Tag } from '../../../domain/tagging.ts';
import { RecentMap } from '../../../foundation/recent-map.ts';
import type { SecretBox } from '../secret-box.ts';

/** All that is known of temporary credentials: the token carries it, and nothing of it is stored. */
export interface Session extends SessionFacts {
  /** `ASIA…` */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** The account that the session acts in. */
  readonly accountId: string;
  readonly of: SessionSubject;
  /**
   * The long-lived key at the beginning of the chain: the session ends when that key is disabled or deleted, or its user
   * is. Left out where an identity provider or a directory vouched for it.
   */
  readonly parent?: { readonly accessKeyId: string; readonly accountId: string };
  /** The texts of session policies. */
  readonly policies: readonly string[];
  /** ARNs of managed policies as session policies. */
  readonly policyArns: readonly string[];
  readonly tags: readonly Tag[];
}

/**
 * `root` and `user`: GetSessionToken, as the caller itself. `role`: somebody has assumed it. `federated`:
 * GetFederationToken; `userId` is left out where the root asked.
 */
export type SessionSubject =
  | { readonly kind: 'root' }
  | { readonly kind: 'user'; readonly userId: string }
  | { readonly kind: 'role'; readonly roleId: string; readonly sessionName: string }
  | { readonly kind: 'federated'; readonly userId?: string; readonly sessionName: string };

/** What the key that seals tokens is derived for. Part of every token: changed, all sessions end. */
const purpose = 'cairn session tokens, version 1';
/** A token of the longest policies and tags that are taken is shorter. */
const longestToken = 16_384;
/** Half of the characters of tokens that a process keeps opened at most: some ten thousand of the usual ones. */
const remembered = 8 * 1024 * 1024;

/** Seals sessions into tokens, and opens them again, under a key that is used for nothing else. */
export class SessionTokens {
  readonly #box: SecretBox;
  readonly #opened = new RecentMap<string, Session>(remembered);

  constructor(secrets: SecretBox) {
    this.#box = secrets.derive(purpose);
  }

  /** Throws PackedPolicyTooLarge for one that no header would have room for. */
  seal(session: Session): string {
    const token = this.#box.seal(JSON.stringify(session), session.accessKeyId).toString('base64');
    if (token.length > longestToken) throw new StorageError('PackedPolicyTooLarge');
    return token;
  }

  /** Throws InvalidToken for what was not sealed here for that access key. Whether the session still stands is for the caller. */
  open(token: string, accessKeyId: string): Session {
    const known = this.#opened.get(token);
    if (known?.accessKeyId === accessKeyId) return known;
    const session = this.#unseal(token, accessKeyId);
    this.#opened.set(token, session, token.length);
    return session;
  }

  #unseal(token: string, accessKeyId: string): Session {
    if (token.length > longestToken) throw new StorageError('InvalidToken');
    try {
      return JSON.parse(this.#box.open(Buffer.from(token, 'base64'), accessKeyId)) as Session;
    } catch (cause) {
      throw new StorageError('InvalidToken', { cause });
    }
  }
}
