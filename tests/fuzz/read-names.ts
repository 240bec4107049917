import type { Operation } from '../../src/s3/operation.ts';

/** The names that headers and query parameters have. */
export interface Names {
  readonly headers: readonly string[];
  readonly parameters: readonly string[];
}

/** What an operation reads. */
export interface ReadNames {
  /** Declared by its fields. */
  readonly own: Names;
  /** Read of every request, or at least of every one of a kind. */
  readonly everywhere: Names;
}

/** What the names with a star stand for, in lower case where they are headers. */
const families: Readonly<Record<string, Names>> = {
  'content-*': headers(
    ...['content-type', 'content-disposition', 'content-encoding', 'content-language', 'cache-control', 'expires'],
    'x-amz-website-redirect-location',
  ),
  'if-*': headers('if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'),
  'response-*': parameters(
    ...['response-cache-control', 'response-content-disposition', 'response-content-encoding'],
    ...['response-content-language', 'response-content-type', 'response-expires'],
  ),
  'x-amz-checksum-*': headers(
    ...['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256', 'md5', 'xxhash64'].map((name) => `x-amz-checksum-${name}`),
    ...['x-amz-sdk-checksum-algorithm', 'x-amz-trailer'],
  ),
  'x-amz-copy-source-if-*': headers(
    ...['match', 'none-match', 'modified-since', 'unmodified-since'].map((name) => `x-amz-copy-source-if-${name}`),
  ),
  'x-amz-grant-*': headers(
    ...['full-control', 'read', 'read-acp', 'write', 'write-acp'].map((name) => `x-amz-grant-${name}`),
  ),
  'x-amz-if-match-*': headers('x-amz-if-match-size', 'x-amz-if-match-last-modified-time'),
  'x-amz-object-lock-*': headers(
    ...['mode', 'retain-until-date', 'legal-hold'].map((name) => `x-amz-object-lock-${name}`),
  ),
  'x-amz-rename-source-if-*': headers(
    ...['match', 'none-match', 'modified-since', 'unmodified-since'].map((name) => `x-amz-rename-source-if-${name}`),
  ),
  'x-amz-meta-*': headers('x-amz-meta-a', 'x-amz-meta-__proto__', 'x-amz-meta-'),
};

const everywhere: Names = {
  headers: [
    ...['accept', 'accept-encoding', 'expect', 'if-range', 'origin', 'access-control-request-method', 'referer'],
    ...['user-agent', 'x-forwarded-for', 'x-amz-expected-bucket-owner', 'x-amz-request-payer', 'x-amz-mfa'],
    ...['x-amz-source-expected-bucket-owner', 'x-amz-server-side-encryption'],
    ...['x-amz-write-offset-bytes', 'x-amz-security-token', 'x-amz-decoded-content-length', 'x-amz-account-id'],
    ...['x-amz-content-sha256', 'date', 'x-amz-copy-source', 'x-http-method-override'],
  ],
  parameters: ['x-id', 'uploadId', 'versionId', 'partNumber', 'constructor', '__proto__', 'x-amz-acl', 'X-Amz-Date'],
};

/**
 * The headers and query parameters that an operation reads, by the names of its declared fields. Throws for a name that
 * is neither: a new family of fields must be told here what is in it.
 */
export function readNames({ fields, route }: Operation): ReadNames {
  const found = fields.flatMap((name) => name.split(',').map((part) => namesOf(part.trim())));
  const names = [...found, headers(...(route.headers ?? []))];
  const own = {
    headers: [...new Set(names.flatMap((each) => each.headers))],
    parameters: [...new Set(names.flatMap((each) => each.parameters))],
  };
  return { own, everywhere };
}

function namesOf(name: string): Names {
  // They stand in the path.
  if (name === 'Bucket' || name === 'Key') return headers();
  const lower = name.toLowerCase();
  const family = families[lower];
  if (family) return family;
  if (name.includes('*')) throw new Error(`nobody has said what is in the fields ${name}`);
  const isHeader = /^(?:x-amz-|content-|if-|range$|cache-control$|expires$)/.test(lower);
  return isHeader ? headers(lower) : parameters(name);
}

function headers(...names: readonly string[]): Names {
  return { headers: names, parameters: [] };
}

function parameters(...names: readonly string[]): Names {
  return { headers: [], parameters: names };
}
