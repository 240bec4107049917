import { invalidArgument, StorageError } from '../../domain/errors.ts';
import { type CredentialScope, type ExpectedScope, parseCredential, scopeFault } from './credential-scope.ts';

/** Which headers a signature covers. */
export interface SignedHeaders {
  readonly names: readonly string[];
  /** As the client listed them, between semicolons: so they stand in the canonical request. */
  readonly list: string;
}

export function readSignedHeaders(list: string): SignedHeaders {
  return { names: list.split(';'), list };
}

/** What an `Authorization` header of version 4 says. */
export interface HeaderAuthorization {
  readonly credential: CredentialScope;
  readonly signedHeaders: SignedHeaders;
  readonly signature: string;
}

export const algorithm = 'AWS4-HMAC-SHA256';
const asWritten = /^AWS4-HMAC-SHA256 Credential=([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([^,\s]+)$/;

/** All but the signature: what the headers of a client have in common for a day. */
type Preamble = Omit<HeaderAuthorization, 'signature'>;

/** Of a SHA-256 in hex. */
const signatureLength = 64;
const rememberedPreambles = 1000;
/** None that SDKs write is longer; others are read each time. */
const longestRemembered = 1024;

/**
 * Reads `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`. Remembers what stands before the signatures: then
 * there is little to read in the next header of the same client.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
 */
export class AuthorizationHeaders {
  readonly #preambles = new Map<string, Preamble>();

  /** Throws AuthorizationHeaderMalformed, InvalidArgument, NotImplemented. */
  read(value: string, expected: ExpectedScope): HeaderAuthorization {
    const preambleLength = value.length - signatureLength;
    const known = this.#preambles.get(value.slice(0, preambleLength));
    if (known === undefined) return this.#readWhole(value, expected);
    const { credential, signedHeaders } = known;
    requireScope(credential, expected);
    return { credential, signedHeaders, signature: value.slice(preambleLength) };
  }

  #readWhole(value: string, expected: ExpectedScope): HeaderAuthorization {
    const match = asWritten.exec(value);
    const components = match ? { Credential: match[1], SignedHeaders: match[2], Signature: match[3] } : split(value);
    const { Credential, SignedHeaders, Signature: signature } = components;
    if (!Credential) throw malformed('missing Credential.');
    if (!SignedHeaders) throw malformed('missing SignedHeaders.');
    if (!signature) throw malformed('missing Signature.');
    const credential = parseCredential(Credential);
    if ('fault' in credential) throw malformed(credential.fault, credential.region);
    requireScope(credential, expected);
    const signedHeaders = readSignedHeaders(SignedHeaders);
    if (match && signature.length === signatureLength) {
      this.#remember(value.slice(0, -signatureLength), { credential, signedHeaders });
    }
    return { credential, signedHeaders, signature };
  }

  #remember(text: string, preamble: Preamble): void {
    if (text.length > longestRemembered) return;
    if (this.#preambles.size >= rememberedPreambles) this.#preambles.clear();
    this.#preambles.set(text, preamble);
  }
}

function requireScope(credential: CredentialScope, expected: ExpectedScope): void {
  const wrong = scopeFault(credential, expected);
  if (wrong) throw malformed(wrong.fault, wrong.region);
}

interface Components {
  Credential?: string;
  SignedHeaders?: string;
  Signature?: string;
}

/** The same for unusual spacing and order, and for telling what is wrong. */
function split(value: string): Components {
  const [kind = '', ...rest] = value.trim().split(/[ \t]+/);
  if (kind === 'AWS4-ECDSA-P256-SHA256') {
    throw new StorageError('NotImplemented', {
      message: 'The signing algorithm AWS4-ECDSA-P256-SHA256 is not supported.',
    });
  }
  if (kind !== algorithm) throw invalidArgument('Unsupported Authorization Type', 'Authorization', value);
  const texts = rest.join('').split(',');
  if (texts.length !== 3) {
    throw malformed('the authorization header requires three components: Credential, SignedHeaders, and Signature.');
  }
  const components: Components = {};
  for (const text of texts) {
    const at = text.indexOf('=');
    const name = text.slice(0, at);
    if (at < 0 || (name !== 'Credential' && name !== 'SignedHeaders' && name !== 'Signature')) {
      throw malformed(`the authorization component "${text}" is malformed.`);
    }
    components[name] = text.slice(at + 1);
  }
  return components;
}

/** AuthorizationHeaderMalformed; clients that were given the wrong region read the right one from its field. */
export function malformed(fault: string, region?: string): StorageError {
  return new StorageError('AuthorizationHeaderMalformed', {
    message: `The authorization header is malformed; ${fault}`,
    fields: region === undefined ? {} : { Region: region },
  });
}
