import { hash } from 'node:crypto';
import { deriveSigner, type Signer } from '../src/wire/authentication/signing-key.ts';
import { basicTime } from '../tests/signing/sign-v4.ts';
import type { Method } from './exchange.ts';
import type { Target } from './target.ts';

export interface UnsignedRequest {
  readonly method: Method;
  /** The path with its query: encoded, and the query in canonical order, each name with a `=`. */
  readonly path: string;
  readonly body?: Buffer;
  /** Of the body, in hex, where it is known already. */
  readonly bodySha256?: string;
}

/** No head is longer. */
export const headRoom = 2048;
const slabBytes = 4 * 1024 * 1024;
const emptySha256 = hash('sha256', '');
const signedNames = 'host;x-amz-content-sha256;x-amz-date';

/**
 * Signs requests, some microseconds each, all with the time at which it was made. Signatures hold for 15 minutes, so what
 * it signs has to be sent by then.
 */
export class RequestSigner {
  readonly #host: string;
  readonly #time: string;
  readonly #scope: string;
  readonly #signer: Signer;
  readonly #authorization: string;

  constructor({ host, region, credentials }: Target) {
    this.#host = host;
    this.#time = basicTime(new Date());
    this.#scope = `${this.#time.slice(0, 8)}/${region}/s3/aws4_request`;
    this.#signer = deriveSigner(credentials.secretAccessKey, this.#scope);
    this.#authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${this.#scope}, SignedHeaders=${signedNames}, Signature=`;
  }

  /** The head of the request as it goes over the wire, in characters of one byte. */
  headOf({ method, path, body, bodySha256 }: UnsignedRequest): string {
    const payload = bodySha256 ?? (body ? hash('sha256', body) : emptySha256);
    const [resource, query = ''] = path.split('?');
    const signedHeaders = `host:${this.#host}\nx-amz-content-sha256:${payload}\nx-amz-date:${this.#time}\n`;
    const canonical = `${method}\n${resource}\n${query}\n${signedHeaders}\n${signedNames}\n${payload}`;
    const digest = hash('sha256', canonical);
    const signature = this.#signer.sign(`AWS4-HMAC-SHA256\n${this.#time}\n${this.#scope}\n${digest}`);
    const type = body ? 'Content-Type: application/octet-stream\r\n' : '';
    const length = body || method === 'POST' ? `Content-Length: ${body?.length ?? 0}\r\n` : '';
    const head =
      `${method} ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nX-Amz-Date: ${this.#time}\r\n` +
      `X-Amz-Content-Sha256: ${payload}\r\n${type}${length}Authorization: ${this.#authorization}${signature}\r\n\r\n`;
    if (head.length > headRoom) throw new Error('the head of a request is too long');
    return head;
  }
}

/** Heads of signed requests, by number. */
export type PreparedHeads = (index: number) => Buffer;

/** Signs `count` requests into a few large pieces of memory. */
export function prepareHeads(
  target: Target,
  count: number,
  requestAt: (index: number) => UnsignedRequest,
): PreparedHeads {
  const signer = new RequestSigner(target);
  const slabs = [Buffer.allocUnsafeSlow(slabBytes)];
  /** Over all slabs as if they were one; no head lies in two. */
  const starts = new Float64Array(count);
  const lengths = new Uint16Array(count);
  let at = 0;
  for (let index = 0; index < count; index++) {
    const head = signer.headOf(requestAt(index));
    if ((at % slabBytes) + head.length > slabBytes || at === slabs.length * slabBytes) {
      at = slabs.length * slabBytes;
      slabs.push(Buffer.allocUnsafeSlow(slabBytes));
    }
    starts[index] = at;
    lengths[index] = head.length;
    slabs.at(-1)!.write(head, at % slabBytes, 'latin1');
    at += head.length;
  }
  return (index) => {
    const start = starts[index]!;
    const within = start % slabBytes;
    return slabs[Math.floor(start / slabBytes)]!.subarray(within, within + lengths[index]!);
  };
}
