import { hash } from 'node:crypto';
import { deriveSigner } from '../src/s3/authentication/signing-key.ts';
import { basicTime } from '../tests/signing/sign-v4.ts';
import type { Target } from './target.ts';

/** One kind of request, many times over: they differ in their path and query only. */
export interface RequestSeries {
  readonly method: 'GET' | 'PUT' | 'HEAD' | 'DELETE';
  /** Paths with their queries: encoded, and the query in canonical order. */
  readonly targets: readonly string[];
  readonly body?: Buffer;
}

/** Signed requests as they go over the wire. */
export interface PreparedRequests {
  readonly method: RequestSeries['method'];
  readonly count: number;
  readonly body: Buffer | undefined;
  headAt(index: number): Buffer;
}

/** No head is longer. */
export const headRoom = 1024;

/**
 * Signs all requests of a series, some microseconds each, into one piece of memory. Signatures hold for 15 minutes, so
 * what is prepared has to be sent by then.
 */
export function prepareRequests(target: Target, { method, targets, body }: RequestSeries): PreparedRequests {
  const { host, region, credentials } = target;
  const time = basicTime(new Date());
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
  const signer = deriveSigner(credentials.secretAccessKey, scope);
  const payload = hash('sha256', body ?? '');
  const names = 'host;x-amz-content-sha256;x-amz-date';
  const signedHeaders = `host:${host}\nx-amz-content-sha256:${payload}\nx-amz-date:${time}\n\n${names}\n${payload}`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=`;
  const length = body ? `Content-Type: application/octet-stream\r\nContent-Length: ${body.length}\r\n` : '';
  const headers = `Host: ${host}\r\nX-Amz-Date: ${time}\r\nX-Amz-Content-Sha256: ${payload}\r\n${length}`;

  const ends = new Uint32Array(targets.length + 1);
  const heads = targets.map((path, index) => {
    const [resource, query = ''] = path.split('?');
    const digest = hash('sha256', `${method}\n${resource}\n${query}\n${signedHeaders}`);
    const signature = signer.sign(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${digest}`);
    const head = `${method} ${path} HTTP/1.1\r\n${headers}Authorization: ${authorization}${signature}\r\n\r\n`;
    if (head.length > headRoom) throw new Error('the head of a request is too long');
    ends[index + 1] = ends[index]! + head.length;
    return head;
  });
  const bytes = Buffer.from(heads.join(''), 'latin1');
  return {
    method,
    count: targets.length,
    body,
    headAt: (index) => bytes.subarray(ends[index], ends[index + 1]),
  };
}
