import { invalidArgument, StorageError } from '../../domain/errors.ts';
import { anonymous, type Principal } from '../../domain/principal.ts';
import type { MaybePromise } from '../../foundation/bytes.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { AttemptLimiter } from '../../services/identity/attempts/attempt-limiter.ts';
import type { LastUseLog } from '../../services/identity/last-use/last-use-log.ts';
import type { RequestHead } from '../request-head.ts';
import type { AuthorizationHeaders } from './authorization-header.ts';
import { findQueryAuthorization } from './authorization-query.ts';
import { acceptBodyClaimWithoutSeed, type BodySigning, readBodyClaim } from './body-signing.ts';
import {
  claimFromHeaderV2,
  claimFromQueryV2,
  hasQueryAuthorizationV2,
  type SignatureV2Claim,
  verifySignatureV2,
} from './signature-v2.ts';
import { claimFromHeader, claimFromQuery, type SignatureV4Claim, verifySignatureV4 } from './signature-v4.ts';
import type { SignerCache } from './signing-key.ts';

/** Who a request comes from, and what its signature says about its body. */
export interface Authenticated {
  readonly principal: Principal;
  readonly bodySigning: BodySigning;
}

/** The secret behind an access key, and whom it speaks for. */
export interface Credential {
  readonly secretAccessKey: string;
  readonly principal: Principal;
}

export interface AuthenticationContext {
  readonly clock: Pick<Clock, 'now'>;
  readonly region: string;
  /** Another region that signatures may be for; left out: none. */
  readonly otherRegion?: string | undefined;
  /** The service that a credential's scope must name. */
  readonly requiredService: 's3' | 'iam' | 'sts' | 'cairn';
  /** Whether signature version 2 is accepted beside version 4. */
  readonly sigV2: boolean;
  readonly signers: SignerCache;
  readonly headers: AuthorizationHeaders;
  /**
   * Undefined for a key that nobody knows, and for one that is disabled. Throws InvalidToken where the session token is
   * not the key's, and ExpiredToken.
   */
  findCredential(accessKeyId: string, token: string | undefined): MaybePromise<Credential | undefined>;
  /** Slows those who guess; left out: nobody is slowed. */
  readonly attempts?: AttemptLimiter | undefined;
  /** Remembers when keys were used last; left out: nobody does. */
  readonly lastUse?: LastUseLog | undefined;
}

/**
 * Finds out who signed a request. Answers at once where the credential is found at once. Throws, or rejects with, a
 * `StorageError` for every signature that is not in order; only a request that does not try to sign is anonymous.
 * The body is not touched: `openBody` verifies it against `bodySigning`. Services other than S3 read it first, and give
 * its SHA-256, in hex: their signatures are over just that, and no header has to say so.
 */
export function authenticate(
  head: RequestHead,
  context: AuthenticationContext,
  bodySha256?: string,
): MaybePromise<Authenticated> {
  const attempt = readAttempt(head, context, bodySha256);
  if (attempt.kind === 'anonymous') {
    const body = acceptBodyClaimWithoutSeed(readBodyClaim(head.headers['x-amz-content-sha256']));
    return { principal: anonymous, bodySigning: body };
  }
  const accessKeyId = attempt.kind === 'v4' ? attempt.claim.credential.accessKeyId : attempt.claim.accessKeyId;
  const verify = (credential: Credential | undefined): MaybePromise<Authenticated> => {
    let bodySigning: BodySigning;
    try {
      if (!credential) throw new StorageError('InvalidAccessKeyId', { fields: { AWSAccessKeyId: accessKeyId } });
      const { secretAccessKey } = credential;
      bodySigning =
        attempt.kind === 'v4'
          ? verifySignatureV4(head, attempt.claim, { secretAccessKey, signers: context.signers })
          : verifySignatureV2(head, attempt.claim, secretAccessKey);
    } catch (error) {
      context.attempts?.failed(error, head.clientAddress);
      throw error;
    }
    return afterSuccess(context, { principal: credential.principal, bodySigning }, head.clientAddress);
  };
  const { token } = attempt;
  const found =
    token === undefined
      ? context.findCredential(accessKeyId, token)
      : findOfToken(context, { accessKeyId, token, address: head.clientAddress });
  return found instanceof Promise ? found.then(verify) : verify(found);
}

/** A token that is not the key's is a guess, too. */
function findOfToken(
  context: AuthenticationContext,
  { accessKeyId, token, address }: { accessKeyId: string; token: string; address: string },
): MaybePromise<Credential | undefined> {
  try {
    return context.findCredential(accessKeyId, token);
  } catch (error) {
    context.attempts?.failed(error, address);
    throw error;
  }
}

/** Whose a right signature is counts as used; who has guessed before from the same place has to wait. */
export function afterSuccess<T extends { readonly principal: Principal }>(
  context: AuthenticationContext,
  authenticated: T,
  address: string,
): MaybePromise<T> {
  const { principal } = authenticated;
  if (principal.kind === 'anonymous') return authenticated;
  context.lastUse?.used(principal, context);
  const wait = context.attempts?.passed(address, principal.accessKeyId);
  return wait === undefined ? authenticated : wait.then(() => authenticated);
}

/** The failure to answer with, when it is time to: whoever guesses waits. */
export function afterPenalty(
  failure: StorageError,
  { attempts }: Pick<AuthenticationContext, 'attempts'>,
): MaybePromise<StorageError> {
  const wait = attempts?.penalty(failure);
  if (wait === undefined) return failure;
  return wait.then(
    () => failure,
    (refused: unknown) => (refused instanceof StorageError ? refused : failure),
  );
}

/** In whatever case it is written: it is signed in any. */
function tokenInQueryV2({ query }: RequestHead): string | undefined {
  return query.entries.find(([name]) => name.toLowerCase() === 'x-amz-security-token')?.[1];
}

type Attempt =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'v4'; readonly claim: SignatureV4Claim; readonly token: string | undefined }
  | { readonly kind: 'v2'; readonly claim: SignatureV2Claim; readonly token: string | undefined };

function readAttempt(head: RequestHead, context: AuthenticationContext, bodySha256: string | undefined): Attempt {
  // An empty header is none, as on AWS; it makes the request anonymous, which nothing is granted to by default.
  const authorization = head.headers.authorization || undefined;
  const hasQuery = head.query.entries.length > 0;
  const queryV4 = hasQuery ? findQueryAuthorization(head.query) : undefined;
  const queryV2 = hasQuery && hasQueryAuthorizationV2(head);
  if (Number(authorization !== undefined) + Number(queryV4 !== undefined) + Number(queryV2) > 1) {
    throw invalidArgument(
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter ' +
        'or the Authorization header should be specified',
      'Authorization',
      authorization ?? '',
    );
  }
  if (authorization === undefined && !queryV4 && !queryV2) return { kind: 'anonymous' };
  const inHeader = head.headers['x-amz-security-token'];
  const inQuery = queryV4?.get('x-amz-security-token') ?? (queryV2 ? tokenInQueryV2(head) : undefined);
  // Two of them are a request that its signer and its reader could take for different people's.
  if (inHeader !== undefined && inQuery !== undefined) throw new StorageError('InvalidToken');
  const token = inHeader ?? inQuery;
  const now = context.clock.now();
  if (queryV2 || authorization?.startsWith('AWS ')) {
    if (!context.sigV2) throw new StorageError('SignatureVersionNotSupported');
    const claim = authorization ? claimFromHeaderV2(head, authorization, now) : claimFromQueryV2(head, now);
    return { kind: 'v2', claim, token };
  }
  const { region, otherRegion, requiredService: service } = context;
  const expected = { region, otherRegion, service, now, bodySha256 };
  const claim = queryV4
    ? claimFromQuery(head, queryV4, expected)
    : claimFromHeader(head, context.headers.read(authorization ?? '', expected), expected);
  return { kind: 'v4', claim, token };
}
