import { createHmac } from 'node:crypto';
import { invalidArgument, StorageError } from '../../domain/errors.ts';
import type { RequestHead } from '../request-head.ts';
import { acceptBodyClaimWithoutSeed, type BodyClaim, type BodySigning, readBodyClaim } from './body-signing.ts';
import { canonicalHeaderValue, normalisePath } from './canonical-request.ts';
import { checkSkew, formatTime, readRequestTime } from './request-time.ts';
import { sameSignature } from './same-signature.ts';

/**
 * Signature version 2, for clients of the time before 2014.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
 */
export interface SignatureV2Claim {
  readonly accessKeyId: string;
  /** Base64 of an HMAC-SHA1. */
  readonly signature: string;
  /** The fourth line of the string to sign: the `Date`, nothing beside an `x-amz-date`, or `Expires`. */
  readonly dateLine: string;
  readonly body: BodyClaim;
}

/** Whether a query carries a version 2 credential. `Expires` alone is none. */
export function hasQueryAuthorizationV2({ query }: RequestHead): boolean {
  return query.has('AWSAccessKeyId') || query.has('Signature');
}

/** Reads `AWS access-key:signature`. */
export function claimFromHeaderV2(head: RequestHead, authorization: string, now: number): SignatureV2Claim {
  const match = /^AWS +([^:\s]+):([^:\s]+)$/.exec(authorization);
  if (!match?.[1] || !match[2]) {
    throw invalidArgument(
      'AWS authorization header is invalid.  Expected AwsAccessKeyId:signature',
      'Authorization',
      authorization,
    );
  }
  const requestTime = readRequestTime(head.headers);
  checkSkew(requestTime, now);
  return {
    accessKeyId: match[1],
    signature: match[2],
    dateLine: head.headers['x-amz-date'] === undefined ? requestTime.provided : '',
    body: readBodyClaim(head.headers['x-amz-content-sha256']),
  };
}

/** Reads a URL that was presigned with version 2. */
export function claimFromQueryV2(head: RequestHead, now: number): SignatureV2Claim {
  const accessKeyId = single(head, 'AWSAccessKeyId');
  const signature = single(head, 'Signature');
  const expires = single(head, 'Expires');
  if (!accessKeyId || !signature || !expires) {
    throw new StorageError('AccessDenied', {
      message: 'Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters',
    });
  }
  if (!/^\d{1,12}$/.test(expires)) {
    throw new StorageError('AccessDenied', {
      message: `Invalid date (should be seconds since epoch): ${expires}`,
    });
  }
  const expiry = Number(expires) * 1000;
  if (now > expiry) {
    throw new StorageError('RequestExpired', { fields: { Expires: formatTime(expiry), ServerTime: formatTime(now) } });
  }
  return { accessKeyId, signature, dateLine: expires, body: readBodyClaim(head.headers['x-amz-content-sha256']) };
}

function single({ query }: RequestHead, name: string): string | undefined {
  const values = query.entries.filter(([other]) => other === name);
  if (values.length > 1)
    throw invalidArgument(`The query parameter ${name} must not be given more than once.`, name, '');
  return values[0]?.[1];
}

/** Throws SignatureDoesNotMatch unless the claim's signature is the one that the secret makes. */
export function verifySignatureV2(
  head: RequestHead,
  { accessKeyId, signature, dateLine, body }: SignatureV2Claim,
  secretAccessKey: string,
): BodySigning {
  const type = canonicalHeaderValue(head.headers, 'content-type');
  const start = `${head.method}\n${canonicalHeaderValue(head.headers, 'content-md5')}\n${type}\n${dateLine}\n${canonicalAmzHeaders(head)}`;
  let text = '';
  for (const path of pathsToSign(head)) {
    text = start + canonicalResource(head, path);
    const expected = createHmac('sha1', secretAccessKey).update(text, 'latin1').digest('base64');
    if (sameSignature(expected, signature)) return acceptBodyClaimWithoutSeed(body);
  }
  throw new StorageError('SignatureDoesNotMatch', {
    fields: {
      AWSAccessKeyId: accessKeyId,
      StringToSign: Buffer.from(text, 'latin1').toString('utf8'),
      SignatureProvided: signature,
    },
  });
}

/** As it was sent, in S3's own encoding, and for a bucket with the slash that botocore signs but does not send. */
function pathsToSign({ rawPath, address }: RequestHead): Iterable<string> {
  const paths = new Set([rawPath, normalisePath(rawPath)]);
  if (address.style === 'path' && address.bucket !== undefined && !rawPath.includes('/', 1)) paths.add(`${rawPath}/`);
  return paths;
}

/**
 * The `x-amz-*` headers by name, one a line. Presigners move such headers into the query, so that those of the query
 * count as well: otherwise a URL could grow one that nobody signed.
 */
function canonicalAmzHeaders({ headers, query }: RequestHead): string {
  const values = new Map<string, string>();
  for (const name in headers) {
    // Inner blanks stay as they are, unlike in version 4. Of those outside only ASCII counts: à ends with the byte A0.
    if (name.startsWith('x-amz-')) values.set(name, headers[name]?.replace(/^[ \t]+|(?<![ \t])[ \t]+$/g, '') ?? '');
  }
  for (const [name, value] of query.entries) {
    const lower = name.toLowerCase();
    if (!lower.startsWith('x-amz-')) continue;
    if (values.has(lower)) throw invalidArgument(`${name} must not be given more than once.`, name, value);
    values.set(lower, bytesOf(value.trim()));
  }
  let text = '';
  for (const name of [...values.keys()].sort()) text += `${name}:${values.get(name)}\n`;
  return text;
}

/**
 * Parameters that only page through a listing, or that only repeat a header; version 2 leaves them out of what is
 * signed. (botocore copies the content type and MD5, which it signs as headers, into a presigned query.)
 */
const unsignedParameters: ReadonlySet<string> = new Set([
  'allow-unordered',
  'AWSAccessKeyId',
  'content-md5',
  'content-type',
  'continuation-token',
  'delimiter',
  'encoding-type',
  'Expires',
  'fetch-owner',
  'key-marker',
  'list-type',
  'marker',
  'max-keys',
  'max-parts',
  'max-uploads',
  'part-number-marker',
  'prefix',
  'Signature',
  'start-after',
  'upload-id-marker',
  'version-id-marker',
  'x-id',
]);

/**
 * The bucket, the path and the sub-resources. Version 2 lists the parameters that are signed, and that list ended
 * before S3 did; here every other parameter counts as signed unless it is known to be harmless, so that a presigned
 * URL cannot be turned into another operation.
 */
function canonicalResource({ address, query }: RequestHead, path: string): string {
  const bucket = address.style === 'virtual-host' && address.bucket !== undefined ? `/${address.bucket}` : '';
  const parameters = query.entries
    .filter(([name]) => !unsignedParameters.has(name) && !name.toLowerCase().startsWith('x-amz-'))
    .map(([name, value]) => (value === '' ? bytesOf(name) : `${bytesOf(name)}=${bytesOf(value)}`))
    .sort();
  return `${bucket}${path}${parameters.length > 0 ? `?${parameters.join('&')}` : ''}`;
}

/** A decoded text as a string whose characters are its UTF-8 bytes, as header values are. */
function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
