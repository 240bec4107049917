import { createHmac } from 'node:crypto';
import { type Credentials, onWire, type SignedRequest, targetOf } from './sign-v4.ts';

/** A signer for signature version 2 that shares nothing with the server. */
export interface RequestToSignV2 {
  readonly method: string;
  readonly host: string;
  /** Decoded: the signer encodes it. Begins with `/`. */
  readonly path: string;
  /** In virtual-host style, the bucket that the host names. */
  readonly hostBucket?: string;
  readonly query?: readonly (readonly [name: string, value: string])[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly credentials: Credentials;
  readonly date: Date;
}

/** The parameters that version 2 signs, as botocore lists them. */
const subResources = new Set([
  'accelerate',
  'acl',
  'analytics',
  'cors',
  'defaultObjectAcl',
  'delete',
  'inventory',
  'lifecycle',
  'location',
  'logging',
  'metrics',
  'notification',
  'object-lock',
  'partNumber',
  'policy',
  'replication',
  'requestPayment',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
  'restore',
  'select',
  'select-type',
  'storageClass',
  'tagging',
  'torrent',
  'uploadId',
  'uploads',
  'versionId',
  'versioning',
  'versions',
  'website',
]);

/** Signs in the `Authorization` header: `AWS key:signature`. */
export function signV2(request: RequestToSignV2): SignedRequest {
  const headers: Record<string, string> = { host: request.host, date: request.date.toUTCString(), ...request.headers };
  const dateLine = headers['x-amz-date'] === undefined ? (headers.date ?? '') : '';
  const signature = sign(request, stringToSign(request, { headers, dateLine }));
  headers.authorization = `AWS ${request.credentials.accessKeyId}:${signature}`;
  return onTheWire(request, { headers, query: request.query ?? [] });
}

/** Signs in the query, with `Expires` in seconds since the epoch. */
export function presignV2(request: RequestToSignV2 & { readonly expiresSeconds: number }): SignedRequest {
  const headers: Record<string, string> = { host: request.host, ...request.headers };
  const expires = String(Math.floor(request.date.getTime() / 1000) + request.expiresSeconds);
  const signature = sign(request, stringToSign(request, { headers, dateLine: expires }));
  const query = [
    ...(request.query ?? []),
    ['AWSAccessKeyId', request.credentials.accessKeyId],
    ['Expires', expires],
    ['Signature', signature],
  ] as const;
  return onTheWire(request, { headers, query });
}

interface Parts {
  readonly headers: Record<string, string>;
  readonly dateLine: string;
}

function stringToSign(request: RequestToSignV2, { headers, dateLine }: Parts): string {
  const amz = Object.keys(headers)
    .filter((name) => name.startsWith('x-amz-'))
    .sort()
    .map((name) => `${name}:${headers[name]?.trim()}\n`);
  const parameters = (request.query ?? [])
    .filter(([name]) => subResources.has(name))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .sort();
  const bucket = request.hostBucket === undefined ? '' : `/${request.hostBucket}`;
  const resource = `${bucket}${targetOf({ path: request.path })}${parameters.length > 0 ? `?${parameters.join('&')}` : ''}`;
  const type = headers['content-type'] ?? '';
  return `${request.method}\n${headers['content-md5'] ?? ''}\n${type}\n${dateLine}\n${amz.join('')}${resource}`;
}

function sign({ credentials }: RequestToSignV2, text: string): string {
  return createHmac('sha1', credentials.secretAccessKey).update(text).digest('base64');
}

function onTheWire(
  { method, host, path, body = Buffer.alloc(0) }: RequestToSignV2,
  { headers, query }: { headers: Record<string, string>; query: readonly (readonly [string, string])[] },
): SignedRequest {
  if (body.length > 0 || ['PUT', 'POST'].includes(method)) headers['content-length'] ??= String(body.length);
  return { method, host, target: targetOf({ path, query }), headers: onWire(headers), body };
}
