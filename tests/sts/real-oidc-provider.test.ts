import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';
import { documentOf } from '../identity/make-user.ts';
import { elementOf, sendQuery, sendUnsignedQuery } from '../identity/send-query.ts';
import { startS3Server } from '../s3-server.ts';
import { trustingProvider } from './identity-provider.ts';
import { may } from './make-role.ts';
import { asSession, sessionIn, told } from './sessions.ts';

const client = { client_id: 'job', client_secret: 'secret-of-job' };

/** A certified provider of OpenID Connect, which gives JSON Web Tokens to a program. */
async function startProvider(t: TestContext, alg: 'RS256' | 'PS256' | 'ES256') {
  const http = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  t.after(() => {
    http.closeAllConnections();
    http.close();
  });
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const resource = {
    scope: 'store',
    audience: 'my-app',
    accessTokenTTL: 600,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg } },
  };
  const provider = new Provider(issuer, {
    clients: [
      {
        ...client,
        id_token_signed_response_alg: alg,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg, use: 'sig', kid: 'k1' }] },
    cookies: { keys: ['of-a-test'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:store',
        getResourceServerInfo: () => resource,
      },
    },
  });
  http.on('request', provider.callback());
  return {
    issuer,
    async token(): Promise<string> {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${client.client_id}:${client.client_secret}`)}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'store', resource: 'urn:store' }),
      });
      const answer = (await response.json()) as { access_token?: string };
      assert.ok(answer.access_token, JSON.stringify(answer));
      return answer.access_token;
    },
  };
}

for (const alg of ['RS256', 'PS256', 'ES256'] as const) {
  test(`from making the provider known to reading an object, with ${alg}`, async (t) => {
    const provider = await startProvider(t, alg);
    const server = await startS3Server();
    t.after(() => server[Symbol.asyncDispose]());
    await asSession(server, { credentials: server.root }, { method: 'PUT', path: '/bucket' });
    const iam = async (Action: string, parameters: Record<string, string>) => {
      const response = await sendQuery(server, { parameters: { Action, ...parameters } });
      assert.equal(response.status, 200, response.text);
      return response;
    };
    const known = await iam('CreateOpenIDConnectProvider', {
      Url: provider.issuer,
      'ClientIDList.member.1': 'my-app',
      'ThumbprintList.member.1': '0'.repeat(40),
    });
    const arn = elementOf(known, 'OpenIDConnectProviderArn') ?? '';
    const url = provider.issuer.slice('http://'.length);
    assert.ok(arn.endsWith(`:oidc-provider/${url}`), arn);
    const condition = { StringEquals: { [`${url}:app_id`]: 'my-app', [`${url}:sub`]: client.client_id } };
    const role = await iam('CreateRole', {
      RoleName: 'web',
      AssumeRolePolicyDocument: documentOf([trustingProvider(arn, { Condition: condition })]),
    });
    await iam('PutRolePolicy', {
      RoleName: 'web',
      PolicyName: 'p',
      PolicyDocument: documentOf([may(['s3:ListBucket'])]),
    });
    const request = {
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: elementOf(role, 'Arn') ?? '',
      RoleSessionName: 'web',
    };
    const assumed = await sendUnsignedQuery(server, { ...request, WebIdentityToken: await provider.token() });
    const session = sessionIn(assumed);
    assert.equal(elementOf(assumed, 'Provider'), provider.issuer);
    assert.equal((await asSession(server, session, { method: 'GET', path: '/bucket' })).status, 200);
    assert.equal((await asSession(server, session, { method: 'DELETE', path: '/bucket' })).status, 403);
    await iam('RemoveClientIDFromOpenIDConnectProvider', { OpenIDConnectProviderArn: arn, ClientID: 'my-app' });
    const removed = await sendUnsignedQuery(server, { ...request, WebIdentityToken: await provider.token() });
    assert.deepEqual(told(removed), [400, 'InvalidIdentityToken']);
  });
}
