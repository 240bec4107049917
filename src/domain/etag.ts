import { hash } from 'node:crypto';

/** An ETag as records keep it, without quotes: 32 hex digits, and `-N` after the digest of N parts. */
export type ETag = string;

/** The form of the `ETag` header and element: in quotes. */
export function quoteETag(etag: ETag): string {
  return `"${etag}"`;
}

/** The ETag in what a client sent: quoted or, as many S3 clients write it, not; a weak prefix is dropped. */
export function unquoteETag(text: string): ETag {
  const trimmed = withoutWeakPrefix(text.trim());
  const quoted = trimmed.length >= 2 && trimmed.startsWith('"') && trimmed.endsWith('"');
  return quoted ? trimmed.slice(1, -1) : trimmed;
}

/** The ETag of an object made of parts: the MD5 of the parts' MD5 digests one after the other, and their number. */
export function multipartETag(partETags: readonly ETag[]): ETag {
  return `${hash('md5', Buffer.from(partETags.join(''), 'hex'), 'hex')}-${partETags.length}`;
}

/** Whether an `If-Match` or `If-None-Match` header names any object; some clients quote the star, too. */
export function isAnyETag(header: string): boolean {
  const list = header.trim();
  return list === '*' || list === '"*"';
}

/**
 * Whether `etag` is in the list of an `If-Match` or `If-None-Match` header (RFC 9110 sections 13.1.1 and 13.1.2), `*`
 * being any. Like S3 this takes unquoted members and compares weakly: S3 has no weak ETags, but proxies that compress
 * add the prefix, and their clients send it back.
 */
export function matchesETag(header: string, etag: ETag): boolean {
  if (isAnyETag(header)) return true;
  const list = header.trim();
  let at = 0;
  while (at < list.length) {
    const end = endOfMember(list, at);
    if (unquoteETag(list.slice(at, end)) === etag) return true;
    at = end + 1;
  }
  return false;
}

/** Where the member that starts at `start` ends: at the next comma outside quotes. */
function endOfMember(list: string, start: number): number {
  let quoted = false;
  for (let at = start; at < list.length; at++) {
    const character = list[at];
    if (character === '"') quoted = !quoted;
    else if (character === ',' && !quoted) return at;
  }
  return list.length;
}

function withoutWeakPrefix(text: string): string {
  return text.startsWith('W/') ? text.slice(2) : text;
}
