import type { JWTPayload } from 'jose';
import type { StorageError } from '../../../domain/errors.ts';
import type { SessionTags } from '../sessions/session-limits.ts';
import { type IdentityToken, invalid } from './identity-token.ts';

type Claims = Readonly<Record<string, readonly string[]>>;

/** Claims of a token by condition key, in lower case: the provider's address, a colon, and the claim's name. */
export interface TokenClaims {
  /** What a trust policy may ask about. */
  readonly all: Claims;
  /** What policies may ask about as long as the session lasts. */
  readonly kept: Claims;
}

/** A session has these of a token, and no others. */
const keptNames: ReadonlySet<string> = new Set(['amr', 'app_id', 'aud', 'azp', 'email', 'oaud', 'sub']);
const mostValues = 100;
const ofServices = /^(?:aws|s3|iam|sts|cairn|ldap|saml|jwt):/;

/** `url` is the provider's address, as its record has it. */
export function claimsOf({ payload, subject, audiences }: IdentityToken, url: string): TokenClaims {
  const all: Record<string, readonly string[]> = {};
  const kept: Record<string, readonly string[]> = {};
  const known: Record<string, unknown> = {
    ...payload,
    sub: subject,
    aud: audiences,
    ...(payload.azp === undefined ? {} : { oaud: payload.aud }),
    // As Ceph calls the audience.
    app_id: payload.app_id ?? payload.aud,
  };
  const start = `${url.toLowerCase()}:`;
  // No provider has a word in what services say.
  if (ofServices.test(start)) return { all, kept };
  // Names that are in lower case come first: no other spelling of `sub` takes its place.
  const names = Object.keys(known).sort((a, b) => Number(a !== a.toLowerCase()) - Number(b !== b.toLowerCase()));
  for (const name of names) {
    const key = start + name.toLowerCase();
    const values = valuesOf(known[name]);
    if (!/^[\w./-]+$/.test(name) || values === undefined || Object.hasOwn(all, key)) continue;
    all[key] = values;
    if (keptNames.has(name)) kept[key] = values;
  }
  return { all, kept };
}

function valuesOf(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return [value];
  if (typeof value === 'boolean' || typeof value === 'number') return [String(value)];
  if (!Array.isArray(value) || value.length > mostValues) return undefined;
  return value.every((one): one is string => typeof one === 'string') ? value : undefined;
}

const tagsClaim = 'https://aws.amazon.com/tags';
const sourceIdentityClaim = 'https://aws.amazon.com/source_identity';
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/**
 * The tags that a provider gives to a session. Throws InvalidIdentityToken.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
 */
export function tagsOf(payload: JWTPayload): SessionTags {
  const claim = payload[tagsClaim];
  if (claim === undefined) return { tags: [], transitiveTagKeys: [] };
  const { principal_tags: written = {}, transitive_tag_keys: transitive = [] } = fieldsOf(claim);
  const tags = Object.entries(fieldsOf(written)).map(([key, given]) => {
    const [value, ...others] = Array.isArray(given) ? (given as unknown[]) : [given];
    const isTag = typeof value === 'string' && value.length <= 256 && tagText.test(value);
    if (!isTag || others.length > 0 || key === '' || key.length > 128 || !tagText.test(key)) throw badTags();
    return { key, value };
  });
  if (!Array.isArray(transitive) || !transitive.every((key) => typeof key === 'string')) throw badTags();
  return { tags, transitiveTagKeys: transitive as string[] };
}

/** Throws InvalidIdentityToken. */
export function sourceIdentityOf(payload: JWTPayload): string | undefined {
  const claim = payload[sourceIdentityClaim];
  if (claim === undefined) return undefined;
  if (typeof claim === 'string' && /^(?!aws:)[\w+=,.@-]{2,64}$/.test(claim)) return claim;
  throw invalid('The source identity of the token is not valid.');
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw badTags();
}

const badTags = (): StorageError => invalid('The tags of the token are not valid.');
