import { hash } from 'node:crypto';
import { canonicalRequest } from '../../wire/authentication/canonical-request.ts';
import { deriveSigner } from '../../wire/authentication/signing-key.ts';
import { QueryParameters } from '../../wire/query-parameters.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined;
}

interface RequestToSign {
  readonly host: string;
  readonly body: string;
  readonly service: string;
  readonly region: string;
  readonly credentials: Credentials;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * The headers of a signed POST for `/` with a form.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signedHeaders(request: RequestToSign): Readonly<Record<string, string>> {
  const { host, body, service, region, credentials, now } = request;
  const time = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const payloadHash = hash('sha256', body, 'hex');
  const headers: Record<string, string> = {
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    host,
    // Without it the server takes no body as long as an export is.
    'x-amz-content-sha256': payloadHash,
    'x-amz-date': time,
  };
  if (credentials.sessionToken !== undefined) headers['x-amz-security-token'] = credentials.sessionToken;
  const names = Object.keys(headers).sort();
  const list = names.join(';');
  const parts = { signedHeaders: { names, list }, payloadHash };
  const canonical = canonicalRequest({ method: 'POST', query: QueryParameters.none, headers }, parts)('/');
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const signer = deriveSigner(credentials.secretAccessKey, scope);
  const signature = signer.sign(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash('sha256', canonical, 'hex')}`);
  const credential = `${credentials.accessKeyId}/${scope}`;
  return {
    ...headers,
    'content-length': String(Buffer.byteLength(body)),
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${list}, Signature=${signature}`,
  };
}
