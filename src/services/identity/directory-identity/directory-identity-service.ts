import { hash } from 'node:crypto';
import { StorageError } from '../../../domain/errors.ts';
import type { ConditionContext } from '../../../domain/policy/policy-request.ts';
import type { Clock } from '../../../foundation/clock.ts';
import type { Logger } from '../../../foundation/logger.ts';
import type { AttemptExchange } from '../attempts/attempt-exchange.ts';
import { PasswordAttempts } from '../passwords/password-attempts.ts';
import type { AssumedRole, RoleSessions, WantedRole } from '../sessions/role-sessions.ts';
import { noTags } from '../sessions/session-limits.ts';
import { Directory, type DirectoryUser, folded } from './directory.ts';
import type { DirectorySettings, GroupRole } from './directory-settings.ts';
import { canonicalName } from './distinguished-name.ts';

interface Context {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly roleSessions: RoleSessions;
  /** Undefined where no directory is set. */
  readonly directory: DirectorySettings | undefined;
  readonly exchange?: AttemptExchange | undefined;
}

export interface WantedByPassword extends Pick<WantedRole, 'seconds' | 'narrowing'> {
  readonly name: string;
  readonly password: string;
  /** The client's address. */
  readonly from: string;
  /** Left out: the first role that one of the groups stands for. */
  readonly roleArn: string | undefined;
}

/** As trust policies name all who come by the directory. */
const provider = 'ldap';

/** Lets people of a directory be a role: one that their groups stand for, or one that trusts the directory. */
export class DirectoryIdentityService {
  readonly #roleSessions: RoleSessions;
  readonly #directory: Directory | undefined;
  readonly #attempts: PasswordAttempts;
  readonly #roles: readonly (GroupRole & { readonly canonical: string | undefined })[];

  constructor({ clock, logger, roleSessions, directory, exchange }: Context) {
    this.#roleSessions = roleSessions;
    this.#directory = directory && new Directory(directory, { clock, logger });
    this.#attempts = new PasswordAttempts(clock, 'directory password', exchange);
    this.#roles = (directory?.roles ?? []).map((role) => ({ ...role, canonical: canonicalName(role.group) }));
  }

  /** Throws AccessDenied, in the same words for a name that nobody has and for a wrong password. */
  async assume(conditions: ConditionContext, wanted: WantedByPassword): Promise<AssumedRole> {
    const user = await this.#signIn(wanted);
    const groups = new Set(user.groups.map(canonicalName));
    const given = this.#roles.filter(({ canonical }) => canonical !== undefined && groups.has(canonical));
    const roleArn = wanted.roleArn ?? given[0]?.roleArn;
    if (roleArn === undefined) {
      throw new StorageError('AccessDenied', { message: 'None of the groups of this user stands for a role.' });
    }
    const claims = {
      'ldap:user': [user.distinguishedName],
      'ldap:username': [user.name],
      'ldap:groups': user.groups,
    };
    const { seconds, narrowing } = wanted;
    return this.#roleSessions.assumeVouched(
      conditions,
      { ...noTags, roleArn, sessionName: sessionNameOf(user.name), seconds, narrowing, sourceIdentity: undefined },
      {
        provider,
        action: 'sts:AssumeRoleWithLDAPIdentity',
        claims,
        kept: claims,
        isGiven: given.some((role) => role.roleArn === roleArn),
      },
    );
  }

  async #signIn({ name, password, from }: WantedByPassword): Promise<DirectoryUser> {
    if (!this.#directory) {
      throw new StorageError('InvalidAction', { message: 'No directory is set for this server.' });
    }
    const attempt = { accountId: provider, name: folded(name), address: from };
    if (this.#attempts.wait(attempt) > 0) throw new StorageError('SlowDown');
    this.#attempts.begin(attempt);
    let user: DirectoryUser | undefined;
    try {
      user = await this.#directory.signIn(name, password);
    } catch (error) {
      this.#attempts.abandoned(attempt);
      throw error;
    }
    if (!user) {
      this.#attempts.failed(attempt);
      throw new StorageError('AccessDenied', { message: 'The user name or the password is not right.' });
    }
    this.#attempts.succeeded(attempt);
    return user;
  }
}

/**
 * A session's name has few letters. Policies speak of sessions by it, so that two people never have the same one; who
 * exactly it is says `ldap:user`, too.
 */
function sessionNameOf(name: string): string {
  const plain = name.replace(/[^\w+=,.@-]/g, '-');
  if (plain === name && /^.{2,64}$/.test(name)) return name;
  return `${plain.slice(0, 47)}=${hash('sha256', name).slice(0, 16)}`;
}
