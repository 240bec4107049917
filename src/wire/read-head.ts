import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { StorageError } from '../domain/errors.ts';
import { readAccountAddress, readAddress, readAddressIn } from './address.ts';
import { clientAddress, type TrustedProxies } from './client-address.ts';
import { QueryParameters } from './query-parameters.ts';
import { isAmzHeader, type RequestHead } from './request-head.ts';

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

export interface ReadHeadContext {
  /** Host names whose sub-domains are buckets. */
  readonly domains: readonly string[];
  /** Whose `X-Forwarded-For` counts. */
  readonly proxies: TrustedProxies;
}

function tlsVersionOf(socket: Socket): string | undefined {
  return socket instanceof TLSSocket ? socket.getProtocol()?.replace('TLSv', '') : undefined;
}

/** The host that a request is sent to, before anything else of it is read. */
export function hostOf({ url = '/', headers }: IncomingMessage): string {
  return splitTarget(url).authority ?? headers.host ?? '';
}

/**
 * Reads everything but the body. Throws StorageError for what is no request. `websiteBucket` is the bucket whose website
 * the host is, where it is one.
 */
export function readHead(
  request: IncomingMessage,
  { domains, proxies }: ReadHeadContext,
  websiteBucket?: string,
): RequestHead {
  const target = request.url ?? '/';
  const { headers, amzHeaders } = readHeaders(request.rawHeaders);
  const { rawPath, rawQuery, authority } = splitTarget(target);
  // RFC 9112 section 3.2.2: the host of an absolute target counts, and so it is what must have been signed.
  if (authority !== undefined) headers.host = authority;
  const host = (headers.host ?? '').toLowerCase();
  const connection = { address: request.socket.remoteAddress ?? '', secure: 'encrypted' in request.socket };
  const client = clientAddress(connection, headers, proxies);
  return {
    method: request.method ?? 'GET',
    target,
    rawPath,
    query: QueryParameters.parse(rawQuery),
    headers,
    amzHeaders,
    host,
    address:
      websiteBucket === undefined
        ? (readAccountAddress(headers, rawPath) ?? readAddress(host, rawPath, domains))
        : readAddressIn(websiteBucket, rawPath),
    clientAddress: client.address,
    secure: client.secure,
    tlsVersion: client.isForwarded ? undefined : tlsVersionOf(request.socket),
  };
}

/** A header sent twice has no meaning that its signer and its reader could agree on: refused. */
function readHeaders(raw: readonly string[]): { headers: Record<string, string>; amzHeaders: string[] } {
  const headers: Record<string, string> = Object.create(null);
  const amzHeaders: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    const value = raw[i + 1]!;
    const earlier = headers[name];
    if (earlier === undefined) {
      headers[name] = value;
      if (isAmzHeader(name)) amzHeaders.push(name);
    } else if (repeatable.has(name))
      headers[name] = `${earlier},${value}`; // Without a blank: so it is signed.
    else throw new StorageError('DuplicateHeader', { fields: { Header: name } });
  }
  return { headers, amzHeaders };
}

/** RFC 9112 section 3.2: origin form, or the absolute form that proxies send. */
function splitTarget(target: string): { rawPath: string; rawQuery: string; authority: string | undefined } {
  const absolute = target.startsWith('/') ? undefined : /^https?:\/\/([^/?#]*)/i.exec(target);
  const origin = absolute ? target.slice(absolute[0].length) : target;
  const at = origin.indexOf('?');
  const rawPath = at < 0 ? origin : origin.slice(0, at);
  return {
    rawPath: rawPath === '' ? '/' : rawPath,
    rawQuery: at < 0 ? '' : origin.slice(at + 1),
    authority: absolute?.[1],
  };
}
