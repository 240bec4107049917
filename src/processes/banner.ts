import { isIPv6 } from 'node:net';
import { relative } from 'node:path';
import type { KeptCredentials } from '../services/data-directory/secret-files.ts';
import type { Settings } from '../settings.ts';

/** Where a client on this machine finds the S3 API. */
export function serverUrl({ host, tlsCert }: Settings, port: number): string {
  const everywhere = host === '' || host === '0.0.0.0' || host === '::';
  const name = everywhere ? '127.0.0.1' : isIPv6(host) ? `[${host}]` : host;
  return `${tlsCert === undefined ? 'http' : 'https'}://${name}:${port}`;
}

interface Welcome {
  readonly settings: Settings;
  readonly url: string;
  readonly credentials: KeptCredentials;
  readonly directory: string;
}

/** What the first start says: everything one needs for a first bucket. */
export function welcome({ settings, url, credentials, directory }: Welcome): string {
  const everywhere = settings.host === '' ? '  (all interfaces)' : '';
  return `
Cairn is ready.

  S3 endpoint   ${url}${everywhere}
  Region        ${settings.region}
  Data          ${directory}
${credentialsNotice(credentials)}
  Try it:

    export AWS_ACCESS_KEY_ID=${credentials.accessKey}
    export AWS_SECRET_ACCESS_KEY=${credentials.secretKey}
    export AWS_DEFAULT_REGION=${settings.region}
    aws --endpoint-url ${url} s3 mb s3://my-bucket
    aws --endpoint-url ${url} s3 ls

`;
}

export function credentialsNotice({ accessKey, secretKey, file }: KeptCredentials): string {
  return `
  Access key    ${accessKey}
  Secret key    ${secretKey}

  These root credentials were made just now and are shown this once. They are kept in
  ${shortest(file)} (readable by its owner only).
`;
}

function shortest(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : `./${fromHere}`;
}
