import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import { StorageError } from '../../../domain/errors.ts';
import type { OidcProviderRecord } from '../../../records/oidc-provider-record.ts';
import type { ProviderKeys } from './provider-keys.ts';

/** By public keys alone: what a shared secret signs, or nothing, is not to be told from what somebody made up. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'];
/** In seconds: clocks differ. */
const tolerance = 300;
const longestToken = 20_000;
const longestSubject = 255;

/** What a token says, once it is known who says it. */
export interface IdentityToken {
  /** As the token spells it: `https://id.example.com/realms/x`. */
  readonly issuer: string;
  readonly subject: string;
  /** Those that the provider's record has among its client ids. */
  readonly audiences: readonly string[];
  readonly payload: JWTPayload;
}

/** Who a token says that it is from; nothing of it is verified. Throws InvalidIdentityToken. */
export function readIssuer(token: string): { readonly issuer: string; readonly kid: string | undefined } {
  if (token.length > longestToken) throw invalid(notAToken);
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    const { iss } = decodeJwt(token);
    if (alg === undefined || !algorithms.includes(alg))
      throw invalid('The token is not signed by a supported algorithm.');
    if (iss === undefined || !/^https?:\/\/[\x21-\x7e]{1,255}$/.test(iss)) throw invalid(notAToken);
    return { issuer: iss, kid: typeof kid === 'string' ? kid : undefined };
  } catch (error) {
    if (error instanceof StorageError) throw error;
    throw invalid(notAToken, error);
  }
}

/** Throws InvalidIdentityToken, IdentityTokenExpired and IdpCommunicationError. */
export async function verifyToken(
  token: string,
  { keys, provider, now }: { keys: ProviderKeys; provider: OidcProviderRecord; now: number },
): Promise<IdentityToken> {
  const { issuer, kid } = readIssuer(token);
  const set = await keys.of(issuer, kid);
  const currentDate = new Date(now);
  const options = { algorithms, issuer, clockTolerance: tolerance, currentDate, requiredClaims: ['exp', 'iat', 'sub'] };
  let payload: JWTPayload;
  try {
    ({ payload } = await jwtVerify(token, set, options));
  } catch (error) {
    throw asRefusal(error, now);
  }
  if (payload.iat! > now / 1000 + tolerance) throw invalid('The token was issued in the future.');
  const subject = payload.sub;
  if (typeof subject !== 'string' || subject === '' || subject.length > longestSubject) {
    throw invalid('The subject of the token is not valid.');
  }
  const audiences = audiencesOf(payload, provider);
  if (audiences.length === 0) throw invalid('Incorrect token audience');
  return { issuer, subject, audiences, payload };
}

/** Whom the token was made for: the party that asked for it, where it says so, as AWS takes it; else its audience. */
function audiencesOf({ aud, azp }: JWTPayload, { clientIds }: OidcProviderRecord): readonly string[] {
  if (typeof azp === 'string' && clientIds.includes(azp)) return [azp];
  const given = aud === undefined ? [] : typeof aud === 'string' ? [aud] : aud;
  return given.filter((audience) => clientIds.includes(audience));
}

const notAToken = 'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)';

function asRefusal(error: unknown, now: number): StorageError {
  if (error instanceof errors.JWTExpired) {
    const { exp } = error.payload;
    return new StorageError('IdentityTokenExpired', {
      message: `Token expired: current date/time ${Math.floor(now / 1000)} must be before the expiration date/time ${exp}`,
      cause: error,
    });
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return invalid(`The claim ${error.claim} of the token is not valid.`, error);
  }
  // Keys that are too short, or none at all, fail in many ways: whatever it is, nothing is verified.
  return invalid('The signature of the token could not be verified.', error);
}

export function invalid(message: string, cause?: unknown): StorageError {
  return new StorageError('InvalidIdentityToken', { message, cause });
}
