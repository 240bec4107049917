import type { IncomingMessage } from 'node:http';
import { StorageError } from '../domain/errors.ts';
import { readAddress } from './address.ts';
import { QueryParameters } from './query-parameters.ts';
import type { RequestHead } from './request-head.ts';

/** Headers that may come more than once: those of HTTP that carry no decision of S3's, and the lists among S3's own. */
const repeatable = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'connection',
  'pragma',
  'te',
  'via',
  'x-amz-object-attributes',
  'x-amz-optional-object-attributes',
  'x-forwarded-for',
  'x-forwarded-proto',
  'forwarded',
  'cookie',
]);

/** Reads everything but the body. Throws StorageError for what is no request. */
export function readHead(request: IncomingMessage, domains: readonly string[]): RequestHead {
  const target = request.url ?? '/';
  const headers = readHeaders(request.rawHeaders);
  const { rawPath, rawQuery, authority } = splitTarget(target);
  // RFC 9112 section 3.2.2: the host of an absolute target counts, and so it is what must have been signed.
  if (authority !== undefined) headers.host = authority;
  const host = (headers.host ?? '').toLowerCase();
  return {
    method: request.method ?? 'GET',
    target,
    rawPath,
    query: QueryParameters.parse(rawQuery),
    headers,
    host,
    address: readAddress(host, rawPath, domains),
    remoteAddress: request.socket.remoteAddress ?? '',
    secure: 'encrypted' in request.socket,
  };
}

/** A header sent twice has no meaning that its signer and its reader could agree on: refused. */
function readHeaders(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    const value = raw[i + 1]!;
    const earlier = headers[name];
    if (earlier === undefined) headers[name] = value;
    else if (repeatable.has(name))
      headers[name] = `${earlier},${value}`; // Without a blank: so it is signed.
    else throw new StorageError('DuplicateHeader', { fields: { Header: name } });
  }
  return headers;
}

/** RFC 9112 section 3.2: origin form, or the absolute form that proxies send. */
function splitTarget(target: string): { rawPath: string; rawQuery: string; authority: string | undefined } {
  const absolute = /^https?:\/\/([^/?#]*)/i.exec(target);
  const origin = absolute ? target.slice(absolute[0].length) : target;
  const at = origin.indexOf('?');
  const rawPath = at < 0 ? origin : origin.slice(0, at);
  return {
    rawPath: rawPath === '' ? '/' : rawPath,
    rawQuery: at < 0 ? '' : origin.slice(at + 1),
    authority: absolute?.[1],
  };
}
