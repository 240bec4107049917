import { createHmac, hash } from 'node:crypto';

/** Whose signature a request to another store carries. */
export interface RemoteCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

/** A request before it is signed. Header names in lower case; their characters stand for bytes. */
export interface UnsignedRequest {
  readonly method: string;
  readonly host: string;
  /** Decoded, from the bucket on: `/bucket/key`. */
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly headers: Readonly<Record<string, string>>;
  /** A SHA-256 in hex, or `UNSIGNED-PAYLOAD`. */
  readonly payloadHash: string;
}

/** All headers that a request is sent with, signed with version 4, every one of them covered. */
export function signedHeaders(
  request: UnsignedRequest,
  credentials: RemoteCredentials,
  now: number,
): Readonly<Record<string, string>> {
  const time = new Date(now).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const headers: Record<string, string> = {
    ...request.headers,
    host: request.host,
    'x-amz-content-sha256': request.payloadHash,
    'x-amz-date': time,
  };
  const names = Object.keys(headers).sort();
  const canonical = [
    request.method,
    encodePath(request.path),
    encodeQuery(request.query),
    ...names.map((name) => `${name}:${headers[name]!.trim().replaceAll(/[ \t]+/g, ' ')}`),
    '',
    names.join(';'),
    request.payloadHash,
  ].join('\n');
  const scope = `${time.slice(0, 8)}/${credentials.region}/s3/aws4_request`;
  const digest = hash('sha256', Buffer.from(canonical, 'latin1'), 'hex');
  let key: Buffer = Buffer.from(`AWS4${credentials.secretAccessKey}`);
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest();
  const signature = createHmac('sha256', key)
    .update(['AWS4-HMAC-SHA256', time, scope, digest].join('\n'))
    .digest('hex');
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return headers;
}

/** As it is signed, and as it is sent. */
export function encodePath(path: string): string {
  return path.split('/').map(encode).join('/');
}

export function encodeQuery(query: UnsignedRequest['query']): string {
  return query
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => compareAscii(a, b) || compareAscii(x, y))
    .map((pair) => pair.join('='))
    .join('&');
}

/** Encoded text is ASCII: the order of strings is the order of bytes. */
function compareAscii(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
