import assert from 'node:assert/strict';
import { documentOf } from '../identity/make-user.ts';
import { type RawRequest, type RawResponse, sendRaw } from '../operations/send-raw.ts';
import type { TestServer } from '../s3-server.ts';

export const may = (Action: string | readonly string[], Resource: string | readonly string[] = '*') => ({
  Effect: 'Allow',
  Action,
  Resource,
});

/** Sends what is there to be refused, and answers what there is to say of it. */
export async function refused(server: TestServer, request: RawRequest): Promise<RawResponse & { id: string }> {
  const response = await sendRaw(server, request);
  assert.equal(response.status, 403, response.text);
  const id = response.headers['x-amz-request-id'];
  assert.ok(id);
  await server.settle();
  return { ...response, id };
}

export async function putBucket(server: TestServer, name: string, statements?: readonly object[]): Promise<void> {
  const made = await sendRaw(server, { method: 'PUT', path: `/${name}` });
  assert.equal(made.status, 200, made.text);
  await sendRaw(server, { method: 'PUT', path: `/${name}/key`, body: Buffer.from('content') });
  if (statements) await putBucketPolicy(server, name, statements);
}

export async function putBucketPolicy(server: TestServer, name: string, statements: readonly object[]): Promise<void> {
  const body = Buffer.from(documentOf(statements));
  const put = await sendRaw(server, { method: 'PUT', path: `/${name}`, query: [['policy', '']], body });
  assert.equal(put.status, 204, put.text);
}
