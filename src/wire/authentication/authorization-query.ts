import { StorageError } from '../../domain/errors.ts';
import type { QueryParameters } from '../query-parameters.ts';
import { algorithm, type HeaderAuthorization, readSignedHeaders } from './authorization-header.ts';
import { type ExpectedScope, readCredentialScope } from './credential-scope.ts';
import { allowedSkew, formatTime, parseBasicTime } from './request-time.ts';

/** What the query of a presigned URL says. */
export interface QueryAuthorization extends HeaderAuthorization {
  /** `X-Amz-Date` as it stands in the string to sign. */
  readonly timestamp: string;
  /** `X-Amz-Content-Sha256`, where the one who signed decided about the body. */
  readonly contentSha256: string | undefined;
}

export interface QueryExpectations extends ExpectedScope {
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const longestExpiry = 604_800;
const names = [
  'x-amz-algorithm',
  'x-amz-content-sha256',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-signedheaders',
];
/** Any one of these is an attempt to sign. `X-Amz-Date` and the payload's hash alone are not. */
const credentialNames = names.filter((name) => name !== 'x-amz-date' && name !== 'x-amz-content-sha256');

/** The credential parameters of a query by lower-case name, or undefined where it has none of them. */
export function findQueryAuthorization(query: QueryParameters): ReadonlyMap<string, string> | undefined {
  const found = new Map<string, string>();
  for (const [name, value] of query.entries) {
    const lower = name.toLowerCase();
    if (!names.includes(lower)) continue;
    if (found.has(lower)) throw queryError(`The query parameter ${name} must not be given more than once.`);
    found.set(lower, value);
  }
  // A URL that was presigned with version 2 has the token, and nothing else of version 4.
  if (found.size === 1 && found.has('x-amz-security-token') && query.has('AWSAccessKeyId')) return undefined;
  return credentialNames.some((name) => found.has(name)) ? found : undefined;
}

/**
 * Reads and checks all of a presigned URL but its signature.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function readQueryAuthorization(
  parameters: ReadonlyMap<string, string>,
  expected: QueryExpectations,
): QueryAuthorization {
  const credential = parameters.get('x-amz-credential');
  const timestamp = parameters.get('x-amz-date');
  const expires = parameters.get('x-amz-expires');
  const signedHeaders = parameters.get('x-amz-signedheaders');
  const signature = parameters.get('x-amz-signature');
  if (!checkAlgorithm(parameters) || !credential || !timestamp || !expires || !signedHeaders || !signature) {
    throw queryError(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, ' +
        'X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    );
  }
  const scope = readCredentialScope(credential, expected);
  if ('fault' in scope) {
    throw queryError(`Error parsing the X-Amz-Credential parameter; ${scope.fault}`, scope.region);
  }
  const time = parseBasicTime(timestamp);
  if (time === undefined) {
    throw queryError(`X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`);
  }
  const date = timestamp.slice(0, 8);
  if (date !== scope.date) {
    throw queryError(`Invalid credential date "${scope.date}". This date is not the same as X-Amz-Date: "${date}".`);
  }
  checkExpiry({ time, seconds: readExpiry(expires), now: expected.now });
  return {
    credential: scope,
    signedHeaders: readSignedHeaders(signedHeaders),
    signature,
    timestamp,
    contentSha256: parameters.get('x-amz-content-sha256'),
  };
}

function checkAlgorithm(parameters: ReadonlyMap<string, string>): boolean {
  const given = parameters.get('x-amz-algorithm');
  if (given === 'AWS4-ECDSA-P256-SHA256') {
    throw new StorageError('NotImplemented', {
      message: 'The signing algorithm AWS4-ECDSA-P256-SHA256 is not supported.',
    });
  }
  if (given && given !== algorithm) {
    throw queryError('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"');
  }
  return given === algorithm;
}

function readExpiry(text: string): number {
  if (!/^-?\d+$/.test(text)) throw queryError('X-Amz-Expires should be a number');
  const seconds = Number(text);
  if (text.startsWith('-')) throw queryError('X-Amz-Expires must be non-negative');
  if (seconds > longestExpiry) {
    throw queryError(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ' +
        `${longestExpiry} seconds`,
    );
  }
  return seconds;
}

/** A URL that lives for no second at all has expired, even by a clock that runs behind the one who signed it. */
function checkExpiry({ time, seconds, now }: { time: number; seconds: number; now: number }): void {
  if (time - now > allowedSkew) {
    throw new StorageError('AccessDenied', {
      message: 'Request is not yet valid',
      fields: { RequestTime: formatTime(time), ServerTime: formatTime(now) },
    });
  }
  const expiry = time + seconds * 1000;
  if (now <= expiry && seconds > 0) return;
  throw new StorageError('RequestExpired', {
    fields: { 'X-Amz-Expires': seconds, Expires: formatTime(expiry), ServerTime: formatTime(now) },
  });
}

function queryError(message: string, region?: string): StorageError {
  return new StorageError('AuthorizationQueryParametersError', {
    message,
    fields: region === undefined ? {} : { Region: region },
  });
}
