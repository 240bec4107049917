import { createLocalJWKSet, type JSONWebKeySet, type LocalJWKSet } from 'jose';
import { StorageError } from '../../../domain/errors.ts';
import type { Clock } from '../../../foundation/clock.ts';
import type { Logger } from '../../../foundation/logger.ts';
import { RecentMap } from '../../../foundation/recent-map.ts';
import { type FetchContext, fetchDocument } from './fetch-document.ts';

interface Context extends FetchContext {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What is known of one provider. */
interface Known {
  /** Undefined where the provider has never answered. */
  readonly keys: LocalJWKSet | undefined;
  readonly kids: ReadonlySet<string>;
  readonly weight: number;
  readonly fetchedAt: number;
  /** When they are to be asked for anew. */
  readonly staleAt: number;
  /** Whatever came of it. */
  readonly triedAt: number;
}

const seconds = 1000;
const minute = 60 * seconds;
const hour = 60 * minute;
const lifetime = { shortest: minute, usual: hour, longest: 24 * hour } as const;
/** Keys of a provider that does not answer are gone by then: it may have withdrawn one. */
const longestWithoutAnswer = 24 * hour;
/** How often a provider is asked at most, be it that a token names a key that is not among those known. */
const betweenTries = minute;
/** The same of one that has never answered. */
const betweenFirstTries = 10 * seconds;
/** Half of the characters of key sets that a process keeps at most: tenants may name as many providers as they like, one after the other. */
const remembered = 4 * 1024 * 1024;
/** What a provider weighs beside its keys. */
const overhead = 1024;
const mostKeys = 100;

/**
 * The public keys of providers of identities, by discovery (OpenID Connect Discovery 1.0, section 4). They are kept as
 * long as their answer allows, asked for again when a token names an unknown one, and kept on where the provider is down.
 */
export class ProviderKeys {
  readonly #context: Context;
  readonly #known = new RecentMap<string, Known>(remembered);
  /** One at a time for each provider. */
  readonly #asking = new Map<string, Promise<Known>>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Throws IdpCommunicationError where they are not to be had. `issuer` is the URL, as its tokens spell it. */
  async of(issuer: string, kid: string | undefined): Promise<LocalJWKSet> {
    const now = this.#context.clock.now();
    let known = this.#known.get(issuer);
    // A token that names no key may be of one that is new.
    const isWanting = !known?.keys || known.staleAt <= now || kid === undefined || !known.kids.has(kid);
    const pause = known?.keys ? betweenTries : betweenFirstTries;
    if (isWanting && (known === undefined || now - known.triedAt >= pause)) known = await this.#ask(issuer, known);
    if (known?.keys && now - known.fetchedAt < longestWithoutAnswer + lifetime.longest) return known.keys;
    throw new StorageError('IdpCommunicationError', {
      message: `The identity provider ${issuer} did not answer as it should.`,
    });
  }

  #ask(issuer: string, known: Known | undefined): Promise<Known> {
    const asked = this.#asking.get(issuer);
    if (asked) return asked;
    const asking = this.#askNow(issuer, known).finally(() => this.#asking.delete(issuer));
    this.#asking.set(issuer, asking);
    return asking;
  }

  async #askNow(issuer: string, known: Known | undefined): Promise<Known> {
    const { clock, logger } = this.#context;
    let found: Known;
    try {
      const { set, maximumAge } = await this.#discover(issuer);
      const now = clock.now();
      const kept = Math.min(
        Math.max((maximumAge ?? lifetime.usual / seconds) * seconds, lifetime.shortest),
        lifetime.longest,
      );
      const kids = new Set(set.keys.flatMap(({ kid }) => (typeof kid === 'string' ? [kid] : [])));
      const weight = overhead + JSON.stringify(set).length;
      found = { keys: createLocalJWKSet(set), kids, weight, fetchedAt: now, staleAt: now + kept, triedAt: now };
    } catch (error) {
      logger.warn({ err: error, issuer }, 'the keys of an identity provider could not be fetched');
      const nothing = { keys: undefined, kids: new Set<string>(), weight: overhead, fetchedAt: 0, staleAt: 0 };
      found = { ...(known ?? nothing), triedAt: clock.now() };
    }
    this.#known.set(issuer, found, found.weight);
    return found;
  }

  async #discover(issuer: string): Promise<{ set: JSONWebKeySet; maximumAge: number | undefined }> {
    const discovery = await fetchDocument(
      new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`),
      this.#context,
    );
    const { issuer: said, jwks_uri: address } = fieldsOf(discovery.value);
    if (said !== issuer) throw new Error('the discovery document is of another issuer');
    if (typeof address !== 'string') throw new Error('the discovery document names no keys');
    const url = new URL(address);
    // What was found by TLS is not followed to where there is none.
    if (url.protocol !== 'https:' && issuer.startsWith('https:')) throw new Error('the keys are not served over TLS');
    const { value, maximumAge } = await fetchDocument(url, this.#context);
    return { set: keySetIn(value), maximumAge };
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('the document is no object');
  return value as Readonly<Record<string, unknown>>;
}

/** Public keys of the kinds that sign tokens here; whatever else is in the set is left out. */
function keySetIn(value: unknown): JSONWebKeySet {
  const { keys } = fieldsOf(value);
  if (!Array.isArray(keys) || keys.length > mostKeys) throw new Error('the document is no set of keys');
  const usable = keys.filter((key: unknown) => {
    const { kty } = fieldsOf(key);
    return kty === 'RSA' || kty === 'EC';
  });
  return { keys: usable as JSONWebKeySet['keys'] };
}
