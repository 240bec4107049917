import { readAddress } from '../../src/wire/address.ts';
import { QueryParameters } from '../../src/wire/query-parameters.ts';
import { amzHeadersOf, type RequestHead } from '../../src/wire/request-head.ts';
import type { SignedRequest } from './sign-v4.ts';

/** The head of a signed request as the server reads it, without a server. `domains` are those of virtual-host style. */
export function requestHeadOf(
  request: Pick<SignedRequest, 'method' | 'host' | 'target' | 'headers'>,
  domains: readonly string[] = [],
): RequestHead {
  const at = request.target.indexOf('?');
  const rawPath = at < 0 ? request.target : request.target.slice(0, at);
  const host = request.host.toLowerCase();
  return {
    method: request.method,
    target: request.target,
    rawPath,
    query: QueryParameters.parse(at < 0 ? '' : request.target.slice(at + 1)),
    headers: Object.assign(Object.create(null), request.headers),
    amzHeaders: amzHeadersOf(request.headers),
    host,
    address: readAddress(host, rawPath, domains),
    clientAddress: '127.0.0.1',
    secure: false,
    tlsVersion: undefined,
  };
}
