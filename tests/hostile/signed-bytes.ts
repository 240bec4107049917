import type { TestServer } from '../s3-server.ts';
import { type RequestToSign, type SignedRequest, signV4 } from '../signing/sign-v4.ts';

/** A request of the root account, for now, unless told otherwise. */
export type RequestOf = Partial<RequestToSign> & Pick<RequestToSign, 'method' | 'path'>;

/** Signs a request to a server in the `Authorization` header. */
export function signedFor(server: Pick<TestServer, 'host' | 'root'>, request: RequestOf): SignedRequest {
  return signV4({ host: server.host, credentials: server.root, date: new Date(), ...request });
}

/** Adds to, changes or (with undefined) removes what was signed, behind the signer's back. */
export interface Tampering {
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: Buffer;
}

/** Request line and headers, with the empty line at their end. */
export function headBytes({ method, target, headers }: SignedRequest, tampering: Tampering = {}): string {
  const all: Record<string, string | undefined> = { ...headers, ...tampering.headers };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\r\n`]));
  return `${method} ${tampering.target ?? target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

export function wireBytes(request: SignedRequest, tampering: Tampering = {}): Buffer {
  return Buffer.concat([Buffer.from(headBytes(request, tampering), 'latin1'), tampering.body ?? request.body]);
}

/** Signed for this server and put together. */
export function signedBytes(
  server: Pick<TestServer, 'host' | 'root'>,
  { tampering, ...request }: RequestOf & { readonly tampering?: Tampering },
): Buffer {
  return wireBytes(signedFor(server, request), tampering);
}
