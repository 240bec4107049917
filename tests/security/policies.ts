import assert from 'node:assert/strict';
import { type RawRequest, sendRaw } from '../operations/send-raw.ts';
import type { TestServer } from '../s3-server.ts';

/** Puts a policy of these statements on a bucket of the root account's. */
export async function putPolicy(server: TestServer, bucket: string, statements: readonly object[]): Promise<void> {
  const body = Buffer.from(JSON.stringify({ Version: '2012-10-17', Statement: statements }));
  await done(server, { method: 'PUT', path: `/${bucket}`, query: [['policy', '']], body });
}

/** A request of the root account that is there to succeed. */
export async function done(server: TestServer, request: RawRequest) {
  const response = await sendRaw(server, request);
  assert.ok(response.status < 300, `${request.method} ${request.path} ${response.status} ${response.text}`);
  return response;
}

export const objectsOf = (bucket: string) => `arn:aws:s3:::${bucket}/*`;
export const bucketArn = (bucket: string) => `arn:aws:s3:::${bucket}`;
