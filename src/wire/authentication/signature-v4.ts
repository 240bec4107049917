import { hash } from 'node:crypto';
import { StorageError } from '../../domain/errors.ts';
import type { RequestHead } from '../request-head.ts';
import { type HeaderAuthorization, malformed, type SignedHeaders } from './authorization-header.ts';
import { readQueryAuthorization } from './authorization-query.ts';
import { acceptBodyClaim, type BodyClaim, type BodySigning, readBodyClaim, unsignedPayload } from './body-signing.ts';
import { canonicalRequest, normalisePath } from './canonical-request.ts';
import type { CredentialScope, ExpectedScope } from './credential-scope.ts';
import { checkSkew, readRequestTime } from './request-time.ts';
import { sameSignature } from './same-signature.ts';
import type { SignerCache } from './signing-key.ts';

/** A version 4 signature and all that it is over; everything about it is in order, but nobody has verified it yet. */
export interface SignatureV4Claim {
  readonly credential: CredentialScope;
  readonly signedHeaders: SignedHeaders;
  readonly signature: string;
  /** `yyyyMMddTHHmmssZ`. */
  readonly timestamp: string;
  /** The last line of the canonical request. */
  readonly payloadHash: string;
  readonly body: BodyClaim;
}

export interface SignatureV4Expectations extends ExpectedScope {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Of a body that has been read already, and that the signature has to be over. */
  readonly bodySha256?: string | undefined;
}

const contentSha256 = 'x-amz-content-sha256';

/** Checks the dates and the signed headers of what an `Authorization` header says. */
export function claimFromHeader(
  head: RequestHead,
  { signature, signedHeaders, credential }: HeaderAuthorization,
  expected: SignatureV4Expectations,
): SignatureV4Claim {
  const requestTime = readRequestTime(head.headers);
  const timestamp = requestTime.basic;
  if (!timestamp.startsWith(credential.date)) {
    throw malformed(
      `Invalid credential date "${credential.date}". This date is not the same as X-Amz-Date: "${timestamp.slice(0, 8)}".`,
    );
  }
  checkSkew(requestTime, expected.now);
  const payloadHash = signedHash(head.headers[contentSha256], expected);
  if (payloadHash === undefined) {
    throw new StorageError('InvalidRequest', { message: `Missing required header for this request: ${contentSha256}` });
  }
  const body = readBodyClaim(payloadHash);
  checkSignedHeaders(head.amzHeaders, signedHeaders.names);
  return { credential, signedHeaders, signature, timestamp, payloadHash, body };
}

/**
 * Reads a presigned URL. The payload hash that was signed is that of the query, else that of a signed header, else
 * UNSIGNED-PAYLOAD. An `x-amz-content-sha256` header that was not signed is tolerated, as on AWS, where it can do no
 * harm: a plain hash only makes the body be checked; a STREAMING kind would change how the body is read.
 */
export function claimFromQuery(
  head: RequestHead,
  parameters: ReadonlyMap<string, string>,
  expected: SignatureV4Expectations,
): SignatureV4Claim {
  const authorization = readQueryAuthorization(parameters, expected);
  const { credential, signedHeaders, signature, timestamp } = authorization;
  const sent = head.headers[contentSha256];
  const headerIsSigned = sent !== undefined && signedHeaders.names.includes(contentSha256);
  const said = authorization.contentSha256 ?? (headerIsSigned ? sent : undefined);
  const payloadHash = signedHash(said, expected) ?? unsignedPayload;
  const signedBody = readBodyClaim(payloadHash);
  const sentBody = readBodyClaim(sent ?? payloadHash);
  const isHarmless = sentBody.kind !== 'chunked' || sent === payloadHash;
  checkSignedHeaders(head.amzHeaders, signedHeaders.names, isHarmless ? contentSha256 : undefined);
  // Of the two the one that says more; a hash that was signed is never given up for one that was not.
  const body = signedBody.kind === 'unsigned' ? sentBody : signedBody;
  return { credential, signedHeaders, signature, timestamp, payloadHash, body };
}

/** What a request says of its body, which must be the truth where that is known. */
function signedHash(said: string | undefined, { bodySha256 }: SignatureV4Expectations): string | undefined {
  if (bodySha256 === undefined) return said;
  if (said !== undefined && said.toLowerCase() !== bodySha256) throw new StorageError('ContentSha256Mismatch');
  return said ?? bodySha256;
}

/**
 * `host` and every `x-amz-*` header must be signed: else whoever holds a presigned URL could add `x-amz-copy-source`
 * or `x-amz-acl` to it.
 */
function checkSignedHeaders(
  amzHeaders: RequestHead['amzHeaders'],
  signedHeaders: readonly string[],
  tolerated?: string,
): void {
  let missing: string[] | undefined;
  if (!signedHeaders.includes('host')) missing = ['host'];
  for (const name of amzHeaders) {
    if (signedHeaders.includes(name) || name === tolerated) continue;
    missing ??= [];
    missing.push(name);
  }
  if (missing) throw new StorageError('HeadersNotSigned', { fields: { HeadersNotSigned: missing.join(', ') } });
}

/** Throws SignatureDoesNotMatch unless the claim's signature is the one that the secret makes. */
export function verifySignatureV4(
  head: RequestHead,
  claim: SignatureV4Claim,
  { secretAccessKey, signers }: { secretAccessKey: string; signers: SignerCache },
): BodySigning {
  const { credential, signature, timestamp, signedHeaders, payloadHash } = claim;
  const signer = signers.signerFor(credential, secretAccessKey);
  const canonical = canonicalRequest(head, { signedHeaders, payloadHash });
  const accepted = () =>
    acceptBodyClaim(claim.body, {
      signer,
      accessKeyId: credential.accessKeyId,
      scope: credential.scope,
      timestamp,
      seedSignature: signature,
    });

  let request = canonical(head.rawPath);
  let text = stringToSign(claim, request);
  if (sameSignature(signer.sign(text), signature)) return accepted();
  const normalised = normalisePath(head.rawPath);
  if (normalised !== head.rawPath) {
    request = canonical(normalised);
    text = stringToSign(claim, request);
    if (sameSignature(signer.sign(text), signature)) return accepted();
  }
  throw new StorageError('SignatureDoesNotMatch', {
    fields: {
      AWSAccessKeyId: credential.accessKeyId,
      StringToSign: text,
      SignatureProvided: signature,
      CanonicalRequest: Buffer.from(request, 'latin1').toString('utf8'),
    },
  });
}

function stringToSign({ timestamp, credential }: SignatureV4Claim, request: string): string {
  const digest = hash('sha256', Buffer.from(request, 'latin1'), 'hex');
  return `AWS4-HMAC-SHA256\n${timestamp}\n${credential.scope}\n${digest}`;
}
