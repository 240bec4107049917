import { createHash, createHmac } from 'node:crypto';

/**
 * A signer for signature version 4 that shares nothing with the server: tests sign with it what the server verifies.
 * It follows AWS's description step by step and is in no hurry.
 */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** How the body is covered; the names are the values of `x-amz-content-sha256`, for `sha256` the digest itself. */
export type PayloadKind =
  | 'sha256'
  | 'UNSIGNED-PAYLOAD'
  | 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'
  | 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER'
  | 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

export interface RequestToSign {
  readonly method: string;
  readonly host: string;
  /** Decoded: the signer encodes it. Begins with `/`. */
  readonly path: string;
  /** Decoded; a name without a value has the empty string. */
  readonly query?: readonly (readonly [name: string, value: string])[];
  /** By lower-case name; values may hold any Unicode and travel as UTF-8. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly credentials: Credentials;
  readonly date: Date;
  readonly region?: string;
  readonly service?: string;
  readonly payload?: PayloadKind;
  /** Bytes a chunk of the STREAMING kinds, 64 KiB unless told. */
  readonly chunkSize?: number;
  /** Trailing headers of the TRAILER kinds, by lower-case name. */
  readonly trailers?: Readonly<Record<string, string>>;
  /** Headers that are sent but left out of the signature. */
  readonly unsignedHeaders?: readonly string[];
}

/** What goes over the wire. Header values are Latin-1, one character a byte, as node:http takes and gives them. */
export interface SignedRequest {
  readonly method: string;
  readonly host: string;
  /** Path and query, encoded. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const emptySha256 = sha256('');

/** Signs in the `Authorization` header. */
export function signV4(request: RequestToSign): SignedRequest {
  const { payload = 'sha256', body = Buffer.alloc(0) } = request;
  const timestamp = basicTime(request.date);
  const headers: Record<string, string> = { host: request.host, 'x-amz-date': timestamp, ...request.headers };
  headers['x-amz-content-sha256'] ??= payload === 'sha256' ? sha256(body) : payload;
  const isChunked = payload.startsWith('STREAMING-');
  if (isChunked) {
    headers['x-amz-decoded-content-length'] ??= String(body.length);
    headers['content-encoding'] ??= 'aws-chunked';
    if (payload.endsWith('-TRAILER') && request.trailers) {
      headers['x-amz-trailer'] ??= Object.keys(request.trailers).join(',');
    }
  }
  const signedNames = Object.keys(headers)
    .filter((name) => !request.unsignedHeaders?.includes(name))
    .sort();
  const canonical = canonicalRequest(request, { headers, signedNames, payloadHash: headers['x-amz-content-sha256'] });
  const signature = sign(request, stringToSign(request, canonical));
  headers.authorization =
    `AWS4-HMAC-SHA256 Credential=${request.credentials.accessKeyId}/${scopeOf(request)}, ` +
    `SignedHeaders=${signedNames.join(';')}, Signature=${signature}`;
  const bytes = isChunked ? encodeChunks(request, signature) : body;
  if (bytes.length > 0 || ['PUT', 'POST'].includes(request.method)) headers['content-length'] ??= String(bytes.length);
  return {
    method: request.method,
    host: request.host,
    target: targetOf(request),
    headers: onWire(headers),
    body: bytes,
  };
}

/** Signs in the query. The headers that are to be signed have to be sent as well. */
export function presignV4(request: RequestToSign & { readonly expiresSeconds: number | string }): SignedRequest {
  const { body = Buffer.alloc(0) } = request;
  const headers: Record<string, string> = { host: request.host, ...request.headers };
  const signedNames = Object.keys(headers)
    .filter((name) => !request.unsignedHeaders?.includes(name))
    .sort();
  const query: (readonly [string, string])[] = [
    ...(request.query ?? []),
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${request.credentials.accessKeyId}/${scopeOf(request)}`],
    ['X-Amz-Date', basicTime(request.date)],
    ['X-Amz-Expires', String(request.expiresSeconds)],
    ['X-Amz-SignedHeaders', signedNames.join(';')],
  ];
  const presigned = { ...request, query };
  const isHashSigned = signedNames.includes('x-amz-content-sha256');
  const inQuery = query.find(([name]) => name.toLowerCase() === 'x-amz-content-sha256')?.[1];
  const payloadHash = inQuery ?? (isHashSigned ? headers['x-amz-content-sha256'] : undefined) ?? 'UNSIGNED-PAYLOAD';
  const canonical = canonicalRequest(presigned, { headers, signedNames, payloadHash });
  query.push(['X-Amz-Signature', sign(request, stringToSign(request, canonical))]);
  if (body.length > 0 || ['PUT', 'POST'].includes(request.method)) headers['content-length'] ??= String(body.length);
  return { method: request.method, host: request.host, target: targetOf(presigned), headers: onWire(headers), body };
}

/** `/path?query`, with S3's one encoding: every byte but `A-Z a-z 0-9 - . _ ~`, and `/` in the path. */
export function targetOf({ path, query = [] }: Pick<RequestToSign, 'path' | 'query'>): string {
  const encodedPath = path.split('/').map(percentEncode).join('/');
  const pairs = query.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`);
  return pairs.length > 0 ? `${encodedPath}?${pairs.join('&')}` : encodedPath;
}

interface Canonical {
  readonly headers: Readonly<Record<string, string>>;
  readonly signedNames: readonly string[];
  readonly payloadHash: string;
}

function canonicalRequest({ method, path, query = [] }: RequestToSign, canonical: Canonical): string {
  const pairs = query.map(([name, value]): [string, string] => [percentEncode(name), percentEncode(value)]);
  pairs.sort((a, b) => Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])) || (a[1] < b[1] ? -1 : 1));
  return [
    method,
    path.split('/').map(percentEncode).join('/'),
    pairs.map((pair) => pair.join('=')).join('&'),
    ...canonical.signedNames.map((name) => `${name}:${canonical.headers[name]?.trim().replace(/ +/g, ' ')}`),
    '',
    canonical.signedNames.join(';'),
    canonical.payloadHash,
  ].join('\n');
}

function stringToSign(request: RequestToSign, canonical: string): string {
  return ['AWS4-HMAC-SHA256', basicTime(request.date), scopeOf(request), sha256(canonical)].join('\n');
}

function scopeOf({ date, region = 'us-east-1', service = 's3' }: RequestToSign): string {
  return [basicTime(date).slice(0, 8), region, service, 'aws4_request'].join('/');
}

function sign(request: RequestToSign, text: string): string {
  let key: Buffer = Buffer.from(`AWS4${request.credentials.secretAccessKey}`);
  for (const part of scopeOf(request).split('/')) key = createHmac('sha256', key).update(part).digest();
  return createHmac('sha256', key).update(text).digest('hex');
}

/** The body of a STREAMING kind, framed and, where the kind says so, signed on from the head's signature. */
export function encodeChunks(request: RequestToSign, seedSignature: string): Buffer {
  const { body = Buffer.alloc(0), chunkSize = 65_536, payload = '', trailers = {} } = request;
  const isSigned = payload.startsWith('STREAMING-AWS4-');
  const pieces: Buffer[] = [];
  let previous = seedSignature;
  const prefix = (kind: string) => [`AWS4-HMAC-SHA256-${kind}`, basicTime(request.date), scopeOf(request)];
  const header = (data: Buffer) => {
    if (!isSigned) return `${data.length.toString(16)}\r\n`;
    previous = sign(request, [...prefix('PAYLOAD'), previous, emptySha256, sha256(data)].join('\n'));
    return `${data.length.toString(16)};chunk-signature=${previous}\r\n`;
  };
  for (let at = 0; at < body.length; at += chunkSize) {
    const data = body.subarray(at, at + chunkSize);
    pieces.push(Buffer.from(header(data)), data, Buffer.from('\r\n'));
  }
  pieces.push(Buffer.from(header(Buffer.alloc(0))));
  if (payload.endsWith('-TRAILER')) {
    const lines = Object.entries(trailers).map(([name, value]) => `${name}:${value}`);
    for (const line of lines) pieces.push(Buffer.from(`${line}\r\n`));
    if (isSigned) {
      const text = [...prefix('TRAILER'), previous, sha256(lines.map((line) => `${line}\n`).join(''))].join('\n');
      pieces.push(Buffer.from(`x-amz-trailer-signature:${sign(request, text)}\r\n`));
    }
  }
  pieces.push(Buffer.from('\r\n'));
  return Buffer.concat(pieces);
}

/** `yyyyMMddTHHmmssZ`. */
export function basicTime(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function percentEncode(text: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text)) {
    const character = String.fromCharCode(byte);
    encoded += /[A-Za-z0-9\-._~]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** UTF-8 as one character a byte. */
export function onWire(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Buffer.from(value).toString('latin1')]),
  );
}
