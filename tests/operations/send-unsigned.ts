import type { TestServer } from '../s3-server.ts';
import { type RawResponse, sendSigned } from './send-raw.ts';

/** A request as a browser's page sends it: with headers of its own, and no signature but what the target carries. */
export function sendUnsigned(
  server: TestServer,
  { method, target, headers = {} }: { method: string; target: string; headers?: Readonly<Record<string, string>> },
): Promise<RawResponse> {
  const body = Buffer.alloc(0);
  const length: Record<string, string> = method === 'PUT' || method === 'POST' ? { 'content-length': '0' } : {};
  return sendSigned(server, {
    method,
    host: server.host,
    target,
    headers: { host: server.host, ...length, ...headers },
    body,
  });
}
