import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { keyspace } from '../../src/records/keyspace.ts';
import { oidcProviderRecordType } from '../../src/records/oidc-provider-record.ts';
import { writeRecord } from '../../src/records/record-type.ts';
import { changeIdentity } from '../../src/services/identity/change-identity.ts';
import { countIdentity } from '../../src/services/identity/identity-counters.ts';
import type { TestServer } from '../s3-server.ts';

/** A provider of OpenID Connect that does whatever a test needs of one. */
export interface IdentityProvider extends AsyncDisposable {
  readonly issuer: string;
  /** Without a scheme. */
  readonly url: string;
  /** What was asked of it, by path. */
  readonly asked: string[];
  /** In place of what it would answer to a path. */
  readonly answers: Map<
    string,
    { readonly status?: number; readonly headers?: Record<string, string>; readonly body: string }
  >;
  /** Its keys are others from now on. */
  rotate(): Promise<void>;
  /** By its present key. */
  token(claims?: JWTPayload, header?: Readonly<Record<string, unknown>>): Promise<string>;
  /** The public key as it serves it. */
  publicKey(): Promise<{ readonly n?: string; readonly kid: string }>;
}

export async function startIdentityProvider(): Promise<IdentityProvider> {
  const answers: IdentityProvider['answers'] = new Map();
  const asked: string[] = [];
  let count = 0;
  let pair = await generateKeyPair('RS256', { extractable: true });
  const publicKey = async () => ({
    ...(await exportJWK(pair.publicKey)),
    kid: `key-${count}`,
    use: 'sig',
    alg: 'RS256',
  });
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const answer = async () => {
      const given = answers.get(path);
      if (given) return given;
      if (path.endsWith('/.well-known/openid-configuration')) {
        return { body: JSON.stringify({ issuer, jwks_uri: `http://${url}/keys` }) };
      }
      if (path === '/realm/keys') return { body: JSON.stringify({ keys: [await publicKey()] }) };
      return { status: 404, body: '' };
    };
    answer().then(
      ({ status = 200, headers = {}, body }: { status?: number; headers?: Record<string, string>; body: string }) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(body);
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `127.0.0.1:${(server.address() as AddressInfo).port}/realm`;
  const issuer = `http://${url}`;
  return {
    issuer,
    url,
    asked,
    answers,
    publicKey,
    async rotate() {
      pair = await generateKeyPair('RS256', { extractable: true });
      count++;
    },
    token(claims = {}, header = {}) {
      const now = Math.floor(Date.now() / 1000);
      const payload = { iss: issuer, aud: 'my-app', sub: 'somebody', iat: now, exp: now + 600, ...claims };
      const all = { alg: 'RS256', kid: `key-${count}`, ...header };
      return new SignJWT(payload).setProtectedHeader(all).sign(pair.privateKey);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface Registration {
  readonly account?: string;
  readonly clientIds?: readonly string[];
}

/** Makes a provider known to an account; answers its ARN. */
export async function register(
  server: TestServer,
  { url }: Pick<IdentityProvider, 'url'>,
  { account = 'root', clientIds = ['my-app'] }: Registration = {},
): Promise<string> {
  const { accountId } = await server.identity.resolveAccount(account);
  await changeIdentity(server.context.metadata, accountId, (tx) => {
    const provider = { accountId, url, clientIds, thumbprints: [], createdAt: 0, tags: [], plainHttp: true } as const;
    writeRecord(tx, { type: oidcProviderRecordType, key: keyspace.oidcProvider(accountId, url) }, provider);
    countIdentity(tx, accountId, 'oidcProvider', 1);
  });
  return `arn:aws:iam::${accountId}:oidc-provider/${url}`;
}

/** A statement of a trust policy. */
export const trustingProvider = (Federated: string, more: object = {}): object => ({
  Effect: 'Allow',
  Principal: { Federated },
  Action: 'sts:AssumeRoleWithWebIdentity',
  ...more,
});
