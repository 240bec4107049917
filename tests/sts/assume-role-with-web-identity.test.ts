import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { JWTPayload } from 'jose';
import { documentOf } from '../identity/make-user.ts';
import { elementOf, sendUnsignedQuery } from '../identity/send-query.ts';
import type { RawResponse } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { type IdentityProvider, register, startIdentityProvider, trustingProvider } from './identity-provider.ts';
import { makeRole, may } from './make-role.ts';
import { asSession, sessionIn, sts, told } from './sessions.ts';

let server: TestServer;
let provider: IdentityProvider;
let accountId: string;
let arn: string;
let now = Date.now();
const clock = {
  now: () => now,
  sleep: (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds).unref()),
};
before(async () => {
  server = await startS3Server({ clock });
  provider = await startIdentityProvider();
  accountId = (await server.identity.resolveAccount('root')).accountId;
  arn = await register(server, provider);
  await asSession(server, { credentials: server.root }, { method: 'PUT', path: '/bucket' });
});
after(async () => {
  await provider[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const assume = async (
  RoleArn: string,
  { token, ...more }: { readonly token?: string } & Readonly<Record<string, string>> = {},
): Promise<RawResponse> =>
  sendUnsignedQuery(server, {
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn,
    RoleSessionName: 'web',
    WebIdentityToken: token ?? (await provider.token()),
    ...more,
  });
const by = async (RoleArn: string, claims: JWTPayload) => assume(RoleArn, { token: await provider.token(claims) });
const list = { method: 'GET', path: '/bucket' } as const;
let made = 0;
const roleFor = (more: object = {}, policy = [may('s3:ListBucket')]) =>
  makeRole(server, { name: `web-${made++}`, trust: [trustingProvider(arn, more)], policy });

test('a token of a trusted provider is a session of the role', async () => {
  const role = await roleFor();
  const answer = await assume(role.arn);
  const session = sessionIn(answer);
  assert.deepEqual(
    ['SubjectFromWebIdentityToken', 'Audience', 'Provider', 'AssumedRoleId', 'Arn'].map((name) =>
      elementOf(answer, name),
    ),
    [
      'somebody',
      'my-app',
      provider.issuer,
      `${role.id}:web`,
      `arn:aws:sts::${accountId}:assumed-role/${role.name}/web`,
    ],
  );
  assert.equal((await asSession(server, session, list)).status, 200);
  assert.equal((await asSession(server, session, { method: 'DELETE', path: '/bucket' })).status, 403);
  assert.equal((await sts(server)('GetCallerIdentity', {}, session)).status, 200);
});

test('a session policy narrows it, the role’s maximum bounds it', async () => {
  const role = await roleFor();
  const session = sessionIn(await assume(role.arn, { Policy: documentOf([may('s3:PutObject')]) }));
  assert.equal((await asSession(server, session, list)).status, 403);
  assert.deepEqual(told(await assume(role.arn, { DurationSeconds: '3601' })), [400, 'ValidationError']);
});

test('claims are conditions of the trust policy, and of all policies as long as the session lasts', async () => {
  const { url } = provider;
  const role = await roleFor(
    { Condition: { StringEquals: { [`${url}:sub`]: 'alice', [`${url}:aud`]: 'my-app', [`${url}:department`]: 'x' } } },
    [{ ...may('s3:ListBucket'), Condition: { 'ForAnyValue:StringEquals': { [`${url}:amr`]: 'mfa' } } }],
  );
  const claims = { sub: 'alice', department: 'x', amr: ['pwd', 'mfa'] };
  const good = await by(role.arn, claims);
  assert.equal((await asSession(server, sessionIn(good), list)).status, 200);
  const weak = await by(role.arn, { ...claims, amr: ['pwd'] });
  assert.equal((await asSession(server, sessionIn(weak), list)).status, 403);
  for (const wrong of [{ sub: 'bob' }, { department: 'y' }, { department: undefined }, { sub: 'bob', SUB: 'alice' }]) {
    assert.deepEqual(told(await by(role.arn, { ...claims, ...wrong })), [403, 'AccessDenied']);
  }
});

test('no claim speaks for a service', async () => {
  const role = await roleFor({ Condition: { StringEquals: { 'aws:PrincipalAccount': '1', 'sts:ExternalId': 'x' } } });
  const claims = { 'aws:PrincipalAccount': '1', 'sts:ExternalId': 'x', aws: { PrincipalAccount: '1' } };
  assert.deepEqual(told(await by(role.arn, claims)), [403, 'AccessDenied']);
});

test('tags and a source identity come with the token, where the trust policy takes them', async () => {
  const claims = {
    'https://aws.amazon.com/tags': { principal_tags: { team: ['blue'] }, transitive_tag_keys: ['team'] },
    'https://aws.amazon.com/source_identity': 'alice',
  };
  const bare = await roleFor();
  assert.deepEqual(told(await by(bare.arn, claims)), [403, 'AccessDenied']);
  const condition = { StringEquals: { 'aws:PrincipalTag/team': 'blue', 'aws:SourceIdentity': 'alice' } };
  const Action = ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity'];
  const role = await roleFor({ Action }, [{ ...may('s3:ListBucket'), Condition: condition }]);
  const answer = await by(role.arn, claims);
  assert.equal(elementOf(answer, 'SourceIdentity'), 'alice', answer.text);
  assert.equal((await asSession(server, sessionIn(answer), list)).status, 200);
  const untagged = sessionIn(await by(role.arn, {}));
  assert.equal((await asSession(server, untagged, list)).status, 403);
  for (const bad of [
    { principal_tags: [] },
    { principal_tags: { a: ['b', 'c'] } },
    'x',
    { principal_tags: { a: 1 } },
  ]) {
    const response = await by(role.arn, { 'https://aws.amazon.com/tags': bad });
    assert.deepEqual(told(response), [400, 'InvalidIdentityToken']);
  }
});

test('the party that asked for the token counts as its audience', async () => {
  const role = await roleFor({ Condition: { StringEquals: { [`${provider.url}:aud`]: 'my-app' } } });
  assert.equal((await by(role.arn, { aud: 'account', azp: 'my-app' })).status, 200);
  assert.equal((await by(role.arn, { aud: ['other', 'my-app'], azp: 'unknown' })).status, 200);
  assert.deepEqual(told(await by(role.arn, { aud: 'account', azp: 'unknown' })), [400, 'InvalidIdentityToken']);
});

test('a role trusts the provider by its name, and no other account’s', async () => {
  const everyone = await makeRole(server, {
    name: 'everyone',
    trust: [{ Effect: 'Allow', Principal: '*', Action: 'sts:*' }],
  });
  assert.deepEqual(told(await assume(everyone.arn)), [403, 'AccessDenied']);
  const nobody = `arn:aws:iam::${accountId}:role/nobody`;
  assert.deepEqual(told(await assume(nobody)), [403, 'AccessDenied']);
  await server.identity.createAccount({ name: 'other' });
  const foreign = await makeRole(server, { name: 'foreign', account: 'other', trust: [trustingProvider(arn)] });
  assert.deepEqual(told(await assume(foreign.arn)), [400, 'InvalidIdentityToken']);
  const unknown = 'arn:aws:iam::999999999999:role/nobody';
  assert.deepEqual(told(await assume(unknown)), [400, 'InvalidIdentityToken']);
  const denied = await makeRole(server, {
    name: 'denied',
    trust: [
      trustingProvider(arn),
      trustingProvider(arn, { Effect: 'Deny', Condition: { StringEquals: { [`${provider.url}:sub`]: 'somebody' } } }),
    ],
  });
  assert.deepEqual(told(await assume(denied.arn)), [403, 'AccessDenied']);
});

test('keys that are rotated are asked for again, and no more than once a minute', async () => {
  const role = await roleFor();
  assert.equal((await assume(role.arn)).status, 200);
  await provider.rotate();
  now += 61_000;
  assert.equal((await assume(role.arn)).status, 200, 'with the new key');
  const before = provider.asked.length;
  const unknown = () => provider.token({}, { kid: 'of-nobody' });
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(told(await assume(role.arn, { token: await unknown() })), [400, 'InvalidIdentityToken']);
  }
  assert.equal(provider.asked.length, before);
});

test('keys are kept where the provider is down, and asked for anew when their time is over', async () => {
  const role = await roleFor();
  const discovery = '/realm/.well-known/openid-configuration';
  provider.answers.set(discovery, { status: 503, body: '' });
  try {
    now += 2 * 3_600_000;
    const before = provider.asked.length;
    const claims = { iat: Math.floor(now / 1000), exp: Math.floor(now / 1000) + 600 };
    assert.equal((await by(role.arn, claims)).status, 200);
    assert.equal(provider.asked.length, before + 1);
    now += 49 * 3_600_000;
    const late = { iat: Math.floor(now / 1000), exp: Math.floor(now / 1000) + 600 };
    assert.deepEqual(told(await by(role.arn, late)), [400, 'IDPCommunicationError']);
  } finally {
    provider.answers.delete(discovery);
    now = Date.now();
  }
});

test('many at once ask a provider once', async () => {
  await using fresh = await startIdentityProvider();
  const role = await makeRole(server, { name: 'at-once', trust: [trustingProvider(await register(server, fresh))] });
  const tokens = await Promise.all(Array.from({ length: 10 }, () => fresh.token()));
  const answers = await Promise.all(tokens.map((token) => assume(role.arn, { token })));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.deepEqual(fresh.asked, ['/realm/.well-known/openid-configuration', '/realm/keys']);
});
