import { request as httpRequest } from 'node:http';
import type { TestServer } from '../s3-server.ts';
import { presignV4, type RequestToSign, type SignedRequest, signV4 } from '../signing/sign-v4.ts';

/** A request that is signed by hand: what no SDK would send, or what one hides of the answer. */
export type RawRequest = Omit<RequestToSign, 'host' | 'credentials' | 'date'> &
  Partial<Pick<RequestToSign, 'host' | 'credentials'>>;

export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** The body as text. */
  readonly text: string;
}

export function sendRaw(server: TestServer, request: RawRequest): Promise<RawResponse> {
  return sendSigned(server, signV4({ host: server.host, credentials: server.root, date: new Date(), ...request }));
}

export function sendPresigned(server: TestServer, request: RawRequest): Promise<RawResponse> {
  const signed = { host: server.host, credentials: server.root, date: new Date(), expiresSeconds: 60, ...request };
  return sendSigned(server, presignV4(signed));
}

/** No signature at all. */
export function sendAnonymous(server: TestServer, method: string, target: string): Promise<RawResponse> {
  const headers = { host: server.host, ...(method === 'PUT' || method === 'POST' ? { 'content-length': '0' } : {}) };
  return sendSigned(server, { method, host: server.host, target, headers, body: Buffer.alloc(0) });
}

export function sendSigned({ port }: Pick<TestServer, 'port'>, signed: SignedRequest): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const { method, target, headers } = signed;
    const outgoing = httpRequest(
      { host: '127.0.0.1', port, method, path: target, headers, agent: false },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () => {
          const body = Buffer.concat(pieces);
          const single = Object.fromEntries(
            Object.entries(response.headers).map(([name, value]) => [name, value?.toString()]),
          );
          resolve({ status: response.statusCode ?? 0, headers: single, body, text: body.toString() });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(signed.body);
  });
}
