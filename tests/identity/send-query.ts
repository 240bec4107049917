import { type RawResponse, sendRaw, sendSigned } from '../operations/send-raw.ts';
import type { TestServer } from '../s3-server.ts';
import type { Credentials } from '../signing/sign-v4.ts';

export interface Query {
  readonly service?: 'iam' | 'sts' | 'cairn';
  readonly parameters: Readonly<Record<string, string>>;
  readonly credentials?: Credentials;
  /** Of temporary credentials. */
  readonly token?: string;
  readonly region?: string;
  readonly method?: 'GET' | 'POST';
}

const versions = { iam: '2010-05-08', sts: '2011-06-15', cairn: '2026-11-01' } as const;

/** A request on the AWS query protocol, signed by hand as SDKs do: by the root where nobody else is named. */
export function sendQuery(server: TestServer, query: Query): Promise<RawResponse> {
  const { service = 'iam', parameters, credentials = server.root, token, region, method = 'POST' } = query;
  const all = Object.entries({ Version: versions[service], ...parameters });
  const headers = {
    ...(method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' } : {}),
    ...(token === undefined ? {} : { 'x-amz-security-token': token }),
  };
  const request = { method, path: '/', service, credentials, headers, ...(region === undefined ? {} : { region }) };
  if (method === 'GET') return sendRaw(server, { ...request, query: all });
  return sendRaw(server, { ...request, body: Buffer.from(new URLSearchParams(all).toString()) });
}

/** The same from nobody. */
export function sendUnsignedQuery(
  server: TestServer,
  parameters: Readonly<Record<string, string>>,
): Promise<RawResponse> {
  const body = Buffer.from(new URLSearchParams(parameters).toString());
  const headers = {
    host: server.host,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(body.length),
  };
  return sendSigned(server, { method: 'POST', host: server.host, target: '/', headers, body });
}

/** The text of the first element of that name. */
export function elementOf(response: RawResponse, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(response.text)?.[1];
}
