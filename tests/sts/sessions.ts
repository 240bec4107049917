import assert from 'node:assert/strict';
import { elementOf, type Query, sendQuery } from '../identity/send-query.ts';
import { type RawRequest, type RawResponse, sendRaw } from '../operations/send-raw.ts';
import type { TestServer } from '../s3-server.ts';
import type { Credentials } from '../signing/sign-v4.ts';

/** Who signs: a key, and with temporary ones a token. */
export interface Signer {
  readonly credentials: Credentials;
  readonly token?: string;
}

export type Sts = (
  action: string,
  parameters?: Readonly<Record<string, string>>,
  signer?: Partial<Signer>,
) => Promise<RawResponse>;

export function sts(server: TestServer): Sts {
  return (Action, parameters = {}, signer: Partial<Query> = {}) =>
    sendQuery(server, { service: 'sts', parameters: { Action, ...parameters }, ...signer });
}

/** The credentials of an answer that has some. */
export function sessionIn(response: RawResponse): Signer & { readonly token: string } {
  assert.equal(response.status, 200, response.text);
  const read = (name: string) => {
    const text = elementOf(response, name);
    assert.ok(text, `${name} is in ${response.text}`);
    return text;
  };
  const credentials = { accessKeyId: read('AccessKeyId'), secretAccessKey: read('SecretAccessKey') };
  assert.match(credentials.accessKeyId, /^ASIA[A-Z2-7]{16}$/);
  return { credentials, token: read('SessionToken') };
}

/** A request to S3. */
export function asSession(
  server: TestServer,
  { credentials, token }: Signer,
  request: Omit<RawRequest, 'credentials'>,
): Promise<RawResponse> {
  const headers = { ...request.headers, ...(token === undefined ? {} : { 'x-amz-security-token': token }) };
  return sendRaw(server, { ...request, credentials, headers });
}

/** Status and code, as a test compares them. */
export const told = (response: RawResponse) => [response.status, elementOf(response, 'Code')];

/** Seconds until credentials expire. */
export function secondsLeft(response: RawResponse): number {
  return Math.round((Date.parse(elementOf(response, 'Expiration') ?? '') - Date.now()) / 1000);
}
