import type { QueryParameters } from './query-parameters.ts';

/** Everything of a request but its body, read once; later stages add nothing to it. */
export interface RequestHead {
  readonly method: string;
  /** The request target as it came over the wire: `/bucket/key?query`, never decoded. */
  readonly target: string;
  /** The target before `?`, still percent-encoded. */
  readonly rawPath: string;
  readonly query: QueryParameters;
  /** By lower-case name. A header that came twice is refused before this exists, but for those where lists are legal. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The names of those that begin with `x-amz-`. */
  readonly amzHeaders: readonly string[];
  /** The `Host` header, lower-cased, with its port if it had one. */
  readonly host: string;
  readonly address: Address;
  /** The client's, which trusted proxies may speak for. */
  readonly clientAddress: string;
  /** Whether the client came by TLS, to here or to a trusted proxy. */
  readonly secure: boolean;
  /** `1.2` or `1.3`, where TLS ends here. */
  readonly tlsVersion: string | undefined;
}

/** What the request's host and path point at. Names are decoded exactly once, here. */
export interface Address {
  /** `account`: a request of S3 Control, about the account that `x-amz-account-id` names; `key` is what it is about. */
  readonly style: 'path' | 'virtual-host' | 'account';
  readonly bucket: string | undefined;
  /** Never empty: `/bucket/` points at the bucket. */
  readonly key: string | undefined;
}

const amzPrefix = 'x-amz-';

export function isAmzHeader(name: string): boolean {
  return name.startsWith(amzPrefix);
}

/** `RequestHead.amzHeaders` of headers that did not come over the wire. */
export function amzHeadersOf(headers: RequestHead['headers']): string[] {
  return Object.keys(headers).filter((name) => isAmzHeader(name) && headers[name] !== undefined);
}
