import { invalidArgument, StorageError } from '../../domain/errors.ts';
import { type CredentialScope, type ExpectedScope, readCredentialScope } from './credential-scope.ts';

/** What an `Authorization` header of version 4 says. */
export interface HeaderAuthorization {
  readonly credential: CredentialScope;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

export const algorithm = 'AWS4-HMAC-SHA256';
const asWritten = /^AWS4-HMAC-SHA256 Credential=([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([^,\s]+)$/;

/**
 * Reads `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
 */
export function readAuthorizationHeader(value: string, expected: ExpectedScope): HeaderAuthorization {
  const match = asWritten.exec(value);
  const components = match ? { Credential: match[1], SignedHeaders: match[2], Signature: match[3] } : split(value);
  const { Credential: credential, SignedHeaders: signedHeaders, Signature: signature } = components;
  if (!credential) throw malformed('missing Credential.');
  if (!signedHeaders) throw malformed('missing SignedHeaders.');
  if (!signature) throw malformed('missing Signature.');
  const scope = readCredentialScope(credential, expected);
  if ('fault' in scope) throw malformed(scope.fault, scope.region);
  return { credential: scope, signedHeaders: signedHeaders.split(';'), signature };
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
