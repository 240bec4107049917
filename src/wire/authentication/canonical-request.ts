import type { QueryParameters } from '../query-parameters.ts';
import type { RequestHead } from '../request-head.ts';
import type { SignedHeaders } from './authorization-header.ts';

type Headers = RequestHead['headers'];

/** What the signer decided to cover. */
export interface SignedParts {
  readonly signedHeaders: SignedHeaders;
  /** A SHA-256 in hex, or one of the words that `x-amz-content-sha256` knows. */
  readonly payloadHash: string;
}

/**
 * The canonical request around a path, as a function because clients differ in how they encode the path and all else
 * is the same. Characters stand for bytes: header values come from the parser as Latin-1.
 */
export function canonicalRequest(
  { method, query, headers }: Pick<RequestHead, 'method' | 'query' | 'headers'>,
  { signedHeaders, payloadHash }: SignedParts,
): (path: string) => string {
  let rest = `\n${canonicalQuery(query)}\n`;
  for (const name of signedHeaders.names) rest += `${name}:${canonicalHeaderValue(headers, name)}\n`;
  rest += `\n${signedHeaders.list}\n${payloadHash}`;
  return (path) => `${method}\n${path}${rest}`;
}

/** A header's value without outer blanks and with each inner run of blanks as one space; '' where there is none. */
export function canonicalHeaderValue(headers: Headers, name: string): string {
  // The name comes from the client, and `headers` may have a prototype: only a string is a header.
  const value: unknown = headers[name];
  if (typeof value !== 'string') return '';
  if (!value.includes('  ') && !value.includes('\t') && !value.startsWith(' ') && !value.endsWith(' ')) return value;
  return value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '');
}

/** All parameters but the signature, each name and value encoded the one way, in the order of their bytes. */
export function canonicalQuery(query: QueryParameters): string {
  if (query.entries.length === 0) return '';
  const pairs: [name: string, value: string][] = [];
  for (const [name, value] of query.entries) {
    if (isSignatureParameter(name)) continue;
    pairs.push([encode(name), encode(value)]);
  }
  // Encoded text is ASCII, so that the order of strings is the order of bytes.
  pairs.sort(([a, x], [b, y]) => (a === b ? compareAscii(x, y) : compareAscii(a, b)));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

function isSignatureParameter(name: string): boolean {
  return name.length === 15 && name.toLowerCase() === 'x-amz-signature';
}

function compareAscii(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function encode(text: string): string {
  const encoded = encodeURIComponent(text);
  return /[!'()*]/.test(encoded) ? encoded.replace(/[!'()*]/g, percent) : encoded;
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/**
 * A path in the encoding that S3 signs: decoded once, then each byte outside `A-Z a-z 0-9 - . _ ~ /` as `%XX`. Clients
 * may send another encoding of the same bytes (`!` or `%21`, `%c3` or `%C3`).
 */
export function normalisePath(rawPath: string): string {
  const bytes: number[] = [];
  for (let i = 0; i < rawPath.length; i++) {
    const hex = rawPath[i] === '%' ? rawPath.slice(i + 1, i + 3) : '';
    const isEscape = /^[0-9a-fA-F]{2}$/.test(hex);
    bytes.push(isEscape ? Number.parseInt(hex, 16) : rawPath.charCodeAt(i) & 0xff);
    if (isEscape) i += 2;
  }
  let path = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    path += /[A-Za-z0-9\-._~/]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return path;
}
