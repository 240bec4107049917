import { connect } from 'node:net';
import type { Client, Entry } from 'ldapts';
import { StorageError } from '../../../domain/errors.ts';
import type { Clock } from '../../../foundation/clock.ts';
import type { Logger } from '../../../foundation/logger.ts';
import type { DirectorySettings } from './directory-settings.ts';

/** Somebody whom the directory knows, and who had the right password. */
export interface DirectoryUser {
  /** As the directory spells it. */
  readonly distinguishedName: string;
  /**
   * What they are called, as the directory spells it: the attribute that the filter looks for first. Directories find
   * `ALICE ` for `alice`, but policies that speak of alice would not.
   */
  readonly name: string;
  /** Distinguished names. */
  readonly groups: readonly string[];
}

const milliseconds = { connect: 5000, operation: 10_000, all: 20_000 } as const;
const mostGroups = 1000;
/** That are asked at once: each holds two connections. */
const mostAtOnce = 32;
/** Below the people, and nobody: a wrong name takes as long as a wrong password. */
const nobody = 'cn=cairn-knows-nobody-of-this-name';

/** A directory that is asked who somebody is, over LDAP (RFC 4511). */
export class Directory {
  readonly #settings: DirectorySettings;
  readonly #logger: Logger;
  readonly #clock: Pick<Clock, 'sleep'>;
  #asking = 0;

  constructor(settings: DirectorySettings, { logger, clock }: { logger: Logger; clock: Pick<Clock, 'sleep'> }) {
    this.#settings = settings;
    this.#logger = logger;
    this.#clock = clock;
  }

  /**
   * Undefined for a name that nobody has, or several have, and for a wrong password. Throws IdpCommunicationError where
   * the directory cannot be asked, and SlowDown where too many ask.
   */
  async signIn(name: string, password: string): Promise<DirectoryUser | undefined> {
    // A bind without a password succeeds, and says nothing of who it is (RFC 4513, section 5.1.2).
    if (password === '' || name === '' || /\0/.test(name + password)) return undefined;
    if (this.#asking >= mostAtOnce) throw new StorageError('SlowDown');
    this.#asking++;
    try {
      return await this.#connected((service) => this.#signIn(service, name, password));
    } catch (error) {
      if (error instanceof StorageError) throw error;
      this.#logger.error({ err: error }, 'the directory could not be asked');
      throw new StorageError('IdpCommunicationError', { message: 'The directory could not be asked.', cause: error });
    } finally {
      this.#asking--;
    }
  }

  async #signIn(service: Client, name: string, password: string): Promise<DirectoryUser | undefined> {
    const { bindName, bindPassword, userBase } = this.#settings;
    if (bindName !== undefined) await service.bind(bindName, bindPassword ?? '');
    const found = await this.#findUser(service, name);
    const isRight = await this.#mayBind(found?.distinguishedName ?? `${nobody},${userBase}`, password);
    if (!isRight || found === undefined) return undefined;
    return { ...found, groups: await this.#groupsOf(service, found) };
  }

  async #findUser(service: Client, name: string): Promise<Omit<DirectoryUser, 'groups'> | undefined> {
    const { userBase, userFilter } = this.#settings;
    const filter = await filled(userFilter, { s: name });
    const attribute = /\(([a-z][a-z0-9-]*)=%s\)/i.exec(userFilter)?.[1];
    const { searchEntries } = await service.search(userBase, {
      scope: 'sub',
      filter,
      attributes: [attribute ?? '1.1'],
      sizeLimit: 2,
    });
    const [entry, another] = searchEntries;
    if (entry && !another) return { distinguishedName: entry.dn, name: spelling(name, entry, attribute) };
    if (!entry) return undefined;
    this.#logger.warn({ filter: userFilter }, 'a name that somebody signs in as is of several people in the directory');
    return undefined;
  }

  /** On a connection of its own: the first goes on to be who looks up. */
  #mayBind(distinguishedName: string, password: string): Promise<boolean> {
    return this.#connected(async (client) => {
      const { ResultCodeError } = await import('ldapts');
      try {
        await client.bind(distinguishedName, password);
        return true;
      } catch (error) {
        // Locked, expired, without a password: whatever the directory says to this name, it is no yes.
        if (error instanceof ResultCodeError && !unavailable.has(error.name)) return false;
        throw error;
      }
    });
  }

  async #groupsOf(
    service: Client,
    { name, distinguishedName }: Omit<DirectoryUser, 'groups'>,
  ): Promise<readonly string[]> {
    const { groupBase, groupFilter } = this.#settings;
    if (groupBase === undefined) return [];
    const filter = await filled(groupFilter, { s: name, d: distinguishedName });
    // Without a limit: the client takes a part for the whole where it has named one, and somebody may be denied by a group.
    const { searchEntries } = await service.search(groupBase, { scope: 'sub', filter, attributes: ['1.1'] });
    if (searchEntries.length <= mostGroups) return searchEntries.map(({ dn }) => dn);
    throw new StorageError('IdpRejectedClaim', { message: `A user of more than ${mostGroups} groups cannot sign in.` });
  }

  /** Rejects where it takes too long, whatever it is that does not answer. */
  async #connected<T>(use: (client: Client) => Promise<T>): Promise<T> {
    const { Client } = await import('ldapts');
    const { url, isPlain, authorities } = this.#settings;
    const tlsOptions = { minVersion: 'TLSv1.2', ...(authorities === undefined ? {} : { ca: authorities }) } as const;
    const isSecure = url.startsWith('ldaps:');
    const client = new Client({
      url,
      timeout: milliseconds.operation,
      connectTimeout: milliseconds.connect,
      // Of ldap: it would make the client speak TLS from the first byte.
      ...(isSecure ? { tlsOptions } : {}),
      createConnection: once(connect),
    });
    const work = async () => {
      const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
      if (!isSecure && !isPlain) await client.startTLS({ ...tlsOptions, host });
      return use(client);
    };
    const over = new AbortController();
    const late = this.#clock.sleep(milliseconds.all, over.signal).then((): never => {
      throw new Error('the directory did not answer in time');
    });
    late.catch(() => {});
    try {
      return await Promise.race([work(), late]);
    } finally {
      over.abort();
      client.unbind().catch(() => {});
    }
  }
}

/**
 * The client makes a new connection by itself where one is gone: after StartTLS that would be one without TLS, and a
 * password would go over it.
 */
function once(begin: typeof connect): typeof connect {
  let isDone = false;
  const connectOnce = (...options: Parameters<typeof connect>) => {
    if (isDone) throw new Error('the directory closed the connection');
    isDone = true;
    return begin(...options);
  };
  return connectOnce as typeof connect;
}

const unavailable: ReadonlySet<string> = new Set(['BusyError', 'UnavailableError', 'OperationsError', 'ProtocolError']);

/** Of several values the one that was meant, where that is plain to see. */
function spelling(given: string, entry: Entry, attribute: string | undefined): string {
  const named = Object.keys(entry).find((name) => name.toLowerCase() === attribute?.toLowerCase());
  const value = named === undefined ? [] : entry[named]!;
  const texts = [value].flat().filter((text): text is string => typeof text === 'string' && text !== '');
  return texts.find((text) => folded(text) === folded(given)) ?? texts[0] ?? given;
}

/** In one spelling of those that directories take for the same. */
export function folded(text: string): string {
  return text.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();
}

/** Whatever somebody signs in as is text within the filter, and never a part of it (RFC 4515, section 3). */
async function filled(filter: string, values: Readonly<Record<string, string>>): Promise<string> {
  const { Filter } = await import('ldapts');
  return filter.replace(/%([sd])/g, (mark, name: string) => {
    const value = values[name];
    return value === undefined ? mark : Filter.escape(value);
  });
}
