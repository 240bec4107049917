import { invalidArgument, StorageError } from '../../domain/errors.ts';
import type { Signer } from './signing-key.ts';

/** What the signature of a request says about its body, and so how the body has to be read. */
export type BodySigning =
  /** The body is not covered: UNSIGNED-PAYLOAD, signature version 2, or nobody signed at all. */
  | { readonly kind: 'unsigned' }
  /** The body has this SHA-256, in lower-case hex. */
  | { readonly kind: 'sha256'; readonly hex: string }
  /** The body is framed as aws-chunked. */
  | {
      readonly kind: 'chunked';
      /** What each chunk is signed with; undefined where chunks carry no signature. */
      readonly signature: ChunkSignature | undefined;
      /** Whether trailing headers follow the last chunk. */
      readonly trailer: boolean;
    };

/** The start of the chain of chunk signatures. */
export interface ChunkSignature {
  readonly signer: Signer;
  readonly accessKeyId: string;
  /** `date/region/service/aws4_request`. */
  readonly scope: string;
  /** `yyyyMMddTHHmmssZ`, as in the request's own string to sign. */
  readonly timestamp: string;
  /** The signature of the request's head, which the first chunk continues. */
  readonly seedSignature: string;
}

/** What `x-amz-content-sha256` announces, before the signature that it belongs to is verified. */
export type BodyClaim =
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'sha256'; readonly hex: string }
  | { readonly kind: 'chunked'; readonly signed: boolean; readonly trailer: boolean };

export const unsignedPayload = 'UNSIGNED-PAYLOAD';

const unsignedClaim: BodyClaim = { kind: 'unsigned' };
const streamingClaims: Readonly<Record<string, BodyClaim>> = {
  [unsignedPayload]: unsignedClaim,
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { kind: 'chunked', signed: false, trailer: true },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { kind: 'chunked', signed: true, trailer: false },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { kind: 'chunked', signed: true, trailer: true },
};
const sha256Hex = /^[0-9a-fA-F]{64}$/;

/** Reads a value of `x-amz-content-sha256`. Absent reads as unsigned; whether that is allowed is the caller's rule. */
export function readBodyClaim(value: string | undefined): BodyClaim {
  if (value === undefined) return unsignedClaim;
  if (sha256Hex.test(value)) return { kind: 'sha256', hex: value.toLowerCase() };
  const claim = Object.hasOwn(streamingClaims, value) ? streamingClaims[value] : undefined;
  if (claim) return claim;
  if (/^STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD(-TRAILER)?$/.test(value)) {
    throw new StorageError('NotImplemented', { message: `The chunk encoding algorithm ${value} is not supported.` });
  }
  throw invalidArgument(
    'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, ' +
      'STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, ' +
      'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER ' +
      'or a valid sha256 value.',
    'x-amz-content-sha256',
    value,
  );
}

/** Makes a claim the truth about the body, once the signature over it was verified. */
export function acceptBodyClaim(claim: BodyClaim, signature: ChunkSignature): BodySigning {
  if (claim.kind !== 'chunked') return claim;
  return { kind: 'chunked', signature: claim.signed ? signature : undefined, trailer: claim.trailer };
}

/** The same for a request without a version 4 signature, which chunk signatures cannot continue. */
export function acceptBodyClaimWithoutSeed(claim: BodyClaim): BodySigning {
  if (claim.kind !== 'chunked') return claim;
  if (!claim.signed) return { kind: 'chunked', signature: undefined, trailer: claim.trailer };
  throw new StorageError('InvalidRequest', {
    message:
      "Anonymous requests don't support this x-amz-content-sha256 value. " +
      'Please use UNSIGNED-PAYLOAD or STREAMING-UNSIGNED-PAYLOAD-TRAILER.',
  });
}
