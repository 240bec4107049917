import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { exportSPKI, generateKeyPair, importJWK, SignJWT } from 'jose';
import { systemRandom } from '../../src/foundation/random.ts';
import { SecretBox } from '../../src/services/identity/secret-box.ts';
import type { Session } from '../../src/services/identity/sessions/session-tokens.ts';
import { elementOf, sendUnsignedQuery } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { type IdentityProvider, register, startIdentityProvider, trustingProvider } from '../sts/identity-provider.ts';
import { makeRole, may } from '../sts/make-role.ts';
import { asSession, told } from '../sts/sessions.ts';

/*
 * 8: of a token counts what a fixed set of algorithms has signed, by the keys that the issuer itself serves; issuer,
 * audience and times are held against it. What this server issues is sealed under a key of its own.
 */

let server: TestServer;
let provider: IdentityProvider;
let other: IdentityProvider;
let roleArn: string;
before(async () => {
  server = await startS3Server();
  provider = await startIdentityProvider();
  other = await startIdentityProvider();
  const arn = await register(server, provider);
  roleArn = (await makeRole(server, { name: 'web', trust: [trustingProvider(arn)], policy: [may('s3:*')] })).arn;
});
after(async () => {
  await provider[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const send = (WebIdentityToken: string) =>
  sendUnsignedQuery(server, {
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: roleArn,
    RoleSessionName: 'web',
    WebIdentityToken,
  });
const refused = async (token: string, code = 'InvalidIdentityToken') => {
  const response = await send(token);
  assert.deepEqual(told(response), [400, code], response.text);
  assert.equal(elementOf(response, 'SessionToken'), undefined);
};
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const seconds = () => Math.floor(Date.now() / 1000);
const claims = () => ({
  iss: provider.issuer,
  aud: 'my-app',
  sub: 'somebody',
  iat: seconds(),
  exp: seconds() + 600,
});

test('a good one, so that the others fail for their own reasons', async () => {
  assert.equal((await send(await provider.token())).status, 200);
});

test('algorithm none, in any spelling', async () => {
  for (const alg of ['none', 'None', 'NONE', '']) {
    await refused(`${encoded({ alg, typ: 'JWT' })}.${encoded(claims())}.`);
    await refused(`${encoded({ alg })}.${encoded(claims())}.${encoded('x')}`);
  }
});

test('HS256 with the public key as its secret', async () => {
  const key = await provider.publicKey();
  const pem = await exportSPKI((await importJWK(key, 'RS256', { extractable: true })) as CryptoKey);
  for (const secret of [pem, pem.trim(), JSON.stringify(key), key.n ?? '']) {
    for (const [alg, digest] of [
      ['HS256', 'sha256'],
      ['HS512', 'sha512'],
    ] as const) {
      const text = `${encoded({ alg, kid: key.kid })}.${encoded(claims())}`;
      await refused(`${text}.${createHmac(digest, secret).update(text).digest('base64url')}`);
    }
  }
});

test('a signature that is another’s, altered, or left out', async () => {
  const token = await provider.token();
  const [head, , signature] = token.split('.') as [string, string, string];
  await refused(`${head}.${encoded({ ...claims(), sub: 'admin' })}.${signature}`);
  await refused(`${token.slice(0, -8)}AAAAAAAA`);
  await refused(token.slice(0, token.lastIndexOf('.') + 1));
  await refused(await other.token({ iss: provider.issuer }));
});

test('a wrong issuer, or one that only looks alike', async () => {
  await refused(await other.token());
  for (const iss of [
    `${provider.issuer}/`,
    `${provider.issuer}/../realm`,
    provider.issuer.toUpperCase(),
    provider.issuer.replace('http:', 'https:'),
    provider.issuer.replace('127.0.0.1', '127.0.0.1@evil.example.com'),
    `${provider.issuer}?x`,
    provider.url,
    '',
    ['x'],
  ]) {
    await refused(await provider.token({ iss: iss as string }));
  }
  assert.equal(other.asked.length, 0, 'nobody is asked whom no account has made known');
});

test('a wrong audience', async () => {
  for (const aud of ['another-app', '', [], ['a', 'b'], 'MY-APP']) await refused(await provider.token({ aud }));
});

test('times: over, not yet, from the future, and none at all', async () => {
  await refused(await provider.token({ exp: seconds() - 301 }), 'ExpiredTokenException');
  await refused(await provider.token({ nbf: seconds() + 400 }));
  await refused(await provider.token({ iat: seconds() + 400, exp: seconds() + 900 }));
  for (const name of ['exp', 'iat', 'sub']) await refused(await provider.token({ [name]: undefined }));
  await refused(await provider.token({ exp: 'never' as unknown as number }));
  assert.equal((await send(await provider.token({ exp: seconds() - 200 }))).status, 200, 'clocks differ');
});

test('keys that the token itself brings, or points to', async () => {
  const forger = await generateKeyPair('RS256', { extractable: true });
  const key = await provider.publicKey();
  const jwk = await crypto.subtle.exportKey('jwk', forger.publicKey as CryptoKey);
  other.answers.set('/realm/keys', { body: JSON.stringify({ keys: [{ ...jwk, kid: key.kid }] }) });
  const header = (more: object) => ({ alg: 'RS256', ...more });
  for (const more of [
    { kid: key.kid },
    { kid: key.kid, jku: `${other.issuer}/keys` },
    { kid: `${other.issuer}/keys` },
    { kid: '../../../../dev/null' },
    { jwk },
    { jwk, kid: key.kid },
    { x5u: `${other.issuer}/keys`, kid: key.kid },
    { kid: 7 },
  ]) {
    await refused(await new SignJWT(claims()).setProtectedHeader(header(more) as never).sign(forger.privateKey));
  }
  assert.equal(other.asked.length, 0);
});

test('a token that must be understood in ways that nobody knows, and what is none', async () => {
  const text = `${encoded({ alg: 'RS256', kid: 'key-0', crit: ['x'], x: 1 })}.${encoded(claims())}.AAAA`;
  for (const token of [text, 'none', 'a.b.c', '....', `${encoded({ alg: 'RS256' })}.${encoded([])}.AAAA`]) {
    await refused(token);
  }
  const long = await send('x'.repeat(20_001));
  assert.deepEqual(told(long), [400, 'ValidationError']);
});

test('a provider that answers with somebody else’s discovery, redirects, or without an end, is none', async () => {
  const cases = [
    { body: JSON.stringify({ issuer: other.issuer, jwks_uri: `${other.issuer}/keys` }) },
    { status: 302, headers: { location: `${other.issuer}/.well-known/openid-configuration` }, body: '' },
    { body: 'x'.repeat(300_000) },
    { body: '[]' },
    { body: JSON.stringify({ issuer: 'ISSUER', jwks_uri: 'file:///etc/passwd' }) },
    { body: JSON.stringify({ issuer: 'ISSUER', jwks_uri: 'http://169.254.169.254/latest/meta-data' }) },
  ];
  for (const answer of cases) {
    await using strange = await startIdentityProvider();
    const arn = await register(server, strange);
    const role = await makeRole(server, { name: `strange-${cases.indexOf(answer)}`, trust: [trustingProvider(arn)] });
    const body = answer.body.replace('ISSUER', strange.issuer);
    strange.answers.set('/realm/.well-known/openid-configuration', { ...answer, body });
    const response = await sendUnsignedQuery(server, {
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: role.arn,
      RoleSessionName: 'web',
      WebIdentityToken: await strange.token(),
    });
    assert.deepEqual(told(response), [400, 'IDPCommunicationError'], response.text);
  }
  assert.equal(other.asked.length, 0);
});

test('keys of a provider that are no keys verify nothing, and are nobody’s fault but its own', async () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
  for (const jwk of [
    weak,
    { kty: 'RSA' },
    { kty: 'RSA', n: 'AQ', e: 'AQAB' },
    { kty: 'RSA', n: 7, e: [] },
    { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' },
  ]) {
    await using strange = await startIdentityProvider();
    const trust = [trustingProvider(await register(server, strange))];
    const role = await makeRole(server, { name: `weak-${strange.url.replace(/\D/g, '')}`, trust });
    const alg = jwk.kty === 'EC' ? 'ES256' : 'RS256';
    strange.answers.set('/realm/keys', { body: JSON.stringify({ keys: [{ ...jwk, kid: 'key-0', alg }] }) });
    const [, payload] = (await strange.token()).split('.');
    const response = await sendUnsignedQuery(server, {
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: role.arn,
      RoleSessionName: 'web',
      WebIdentityToken: `${encoded({ alg, kid: 'key-0' })}.${payload}.${'A'.repeat(86)}`,
    });
    assert.deepEqual(told(response), [400, 'InvalidIdentityToken'], response.text);
  }
});

test('a provider in a network that is not open is never connected to', async () => {
  await using closed = await startS3Server({ outboundAllow: [] });
  await using near = await startIdentityProvider();
  const role = await makeRole(closed, { name: 'near', trust: [trustingProvider(await register(closed, near))] });
  const response = await sendUnsignedQuery(closed, {
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role.arn,
    RoleSessionName: 'web',
    WebIdentityToken: await near.token(),
  });
  assert.deepEqual(told(response), [400, 'IDPCommunicationError']);
  assert.equal(near.asked.length, 0);
});

test('a session that was sealed under another key than that of sessions is none', async () => {
  const { accountId } = await server.identity.resolveAccount('root');
  const session: Session = {
    accessKeyId: 'ASIAFORGED',
    secretAccessKey: 'secret-of-forger',
    accountId,
    of: { kind: 'root' },
    parent: { accessKeyId: server.root.accessKeyId, accountId },
    policies: [],
    policyArns: [],
    tags: [],
    issuedAt: Date.now() - 1000,
    expiresAt: Date.now() + 60_000,
  };
  const masterKey = Buffer.alloc(32, 7);
  const box = new SecretBox(masterKey, systemRandom());
  const text = JSON.stringify(session);
  const { accessKeyId, secretAccessKey } = session;
  const credentials = { accessKeyId, secretAccessKey };
  const use = (token: string) => asSession(server, { credentials, token }, { method: 'GET', path: '/' });
  const sealed = server.identity.sessionTokens.seal(session);
  assert.equal((await use(sealed)).status, 200, 'sealed as sessions are');
  for (const forged of [
    box.seal(text, accessKeyId).toString('base64'),
    box.derive('cairn session tokens').seal(text, accessKeyId).toString('base64'),
    new SecretBox(Buffer.alloc(32, 8), systemRandom()).derive('x').seal(text, accessKeyId).toString('base64'),
    server.identity.sessionTokens.seal({ ...session, accessKeyId: 'ASIAOTHER' }),
    Buffer.from(text).toString('base64'),
    'x'.repeat(17_000),
    'AAAA',
    ' ',
  ]) {
    const response = await use(forged);
    assert.ok(response.status === 400 || response.status === 403, response.text);
  }
  // A sealed session opens nothing else that the master key seals.
  assert.throws(() => box.open(Buffer.from(sealed, 'base64'), accessKeyId));
});

test('whatever a token is, the answer is the client’s error', async () => {
  const part = fc.oneof(
    fc.base64String({ maxLength: 60 }),
    fc.json({ maxDepth: 2 }).map((json) => Buffer.from(json).toString('base64url')),
    fc
      .record({
        alg: fc.oneof(fc.constantFrom('RS256', 'ES256', 'PS512'), fc.jsonValue({ maxDepth: 1 })),
        kid: fc.jsonValue({ maxDepth: 1 }),
      })
      .map(encoded),
    fc.record({ iss: fc.oneof(fc.constant(provider.issuer), fc.webUrl(), fc.jsonValue({ maxDepth: 1 })) }).map(encoded),
  );
  const tokens = fc.oneof(
    fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.')),
    fc.string({ minLength: 4, maxLength: 300, unit: 'binary' }),
  );
  await fc.assert(
    fc.asyncProperty(tokens, async (token) => {
      const { status } = await send(token);
      assert.equal(status, 400, token);
    }),
    { numRuns: 200 },
  );
  // Claims of a token that is signed well may be anything, too.
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.string({ maxLength: 20 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
      async (more) => {
        const { __proto__: _, ...own } = more;
        const { status } = await send(await provider.token({ ...own, iss: provider.issuer } as never));
        assert.ok(status === 200 || status === 400 || status === 403, JSON.stringify(more));
      },
    ),
    { numRuns: 60 },
  );
});
