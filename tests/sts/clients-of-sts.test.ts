import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { Client } from 'minio';
import { AssumeRoleProvider } from 'minio/dist/esm/AssumeRoleProvider.mjs';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { documentOf, makeUser } from '../identity/make-user.ts';
import { sendQuery } from '../identity/send-query.ts';
import { sendRaw } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { type IdentityProvider, register, startIdentityProvider, trustingProvider } from './identity-provider.ts';
import { makeRole, may, trusting } from './make-role.ts';
import { asSession } from './sessions.ts';

let server: TestServer;
let provider: IdentityProvider;
const clients: STSClient[] = [];
before(async () => {
  server = await startS3Server();
  provider = await startIdentityProvider();
  await asSession(server, { credentials: server.root }, { method: 'PUT', path: '/bucket' });
});
after(async () => {
  for (const client of clients) client.destroy();
  await provider[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

type Keys = AccessKeyPair & { readonly sessionToken?: string };

function stsClient(credentials: Keys): STSClient {
  const client = new STSClient({ endpoint: server.url, region: 'us-east-1', credentials, maxAttempts: 1 });
  clients.push(client);
  return client;
}

interface Answered {
  readonly AccessKeyId?: string | undefined;
  readonly SecretAccessKey?: string | undefined;
  readonly SessionToken?: string | undefined;
  readonly Expiration?: Date | undefined;
}

function keysIn(credentials: Answered | undefined) {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials ?? {};
  assert.ok(AccessKeyId && SecretAccessKey && SessionToken && Expiration && Expiration > new Date());
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

const lists = (keys: ReturnType<typeof keysIn>) =>
  server.client({ credentials: keys }).send(new ListObjectsV2Command({ Bucket: 'bucket' }));

test('AWS’s client reads the answers of all, and S3’s takes their credentials', async () => {
  const { accountId } = await server.identity.resolveAccount('root');
  const { keys } = await makeUser(server, { name: 'alice', policies: [[may(['s3:*', 'sts:*'])]] });
  const alice = stsClient(keys);
  const own = await alice.send(new GetSessionTokenCommand({ DurationSeconds: 900 }));
  await lists(keysIn(own.Credentials));
  const federated = await alice.send(
    new GetFederationTokenCommand({
      Name: 'bob',
      PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess' }],
      Tags: [{ Key: 'team', Value: 'blue' }],
    }),
  );
  assert.ok((federated.PackedPolicySize ?? 0) > 0);
  await lists(keysIn(federated.Credentials));
  const trust = [trusting(accountId, { Action: 'sts:*' }), trustingProvider(await register(server, provider))];
  const role = await makeRole(server, { name: 'role', trust, policy: [may('s3:*')] });
  const assumed = await alice.send(
    new AssumeRoleCommand({
      RoleArn: role.arn,
      RoleSessionName: 'work',
      Policy: documentOf([may('s3:ListBucket')]),
      Tags: [{ Key: 'team', Value: 'blue' }],
      TransitiveTagKeys: ['team'],
      SourceIdentity: 'alice',
    }),
  );
  assert.equal(assumed.AssumedRoleUser?.AssumedRoleId, `${role.id}:work`);
  const session = keysIn(assumed.Credentials);
  await lists(session);
  const put = new PutObjectCommand({ Bucket: 'bucket', Key: 'k', Body: 'x' });
  await assert.rejects(server.client({ credentials: session }).send(put), { name: 'AccessDenied' });
  const caller = await stsClient(session).send(new GetCallerIdentityCommand());
  assert.equal(caller.Arn, `arn:aws:sts::${accountId}:assumed-role/role/work`);
  const web = { RoleArn: role.arn, RoleSessionName: 'web' };
  const byToken = await alice.send(
    new AssumeRoleWithWebIdentityCommand({ ...web, WebIdentityToken: await provider.token() }),
  );
  assert.equal(byToken.SubjectFromWebIdentityToken, 'somebody');
  await lists(keysIn(byToken.Credentials));
  const over = await provider.token({ exp: Math.floor(Date.now() / 1000) - 900 });
  await assert.rejects(alice.send(new AssumeRoleWithWebIdentityCommand({ ...web, WebIdentityToken: over })), {
    name: 'ExpiredTokenException',
  });
});

test('MinIO’s client assumes nothing but itself', async () => {
  const { keys } = await makeUser(server, { name: 'minio', policies: [[may('s3:*')]] });
  const assuming = new AssumeRoleProvider({
    stsEndpoint: server.url,
    accessKey: keys.accessKeyId,
    secretKey: keys.secretAccessKey,
    policy: documentOf([may('s3:ListBucket')]),
    durationSeconds: 900,
  });
  const credentials = await assuming.getCredentials();
  assert.ok(credentials.sessionToken);
  const client = new Client({
    endPoint: '127.0.0.1',
    port: server.port,
    useSSL: false,
    accessKey: credentials.accessKey,
    secretKey: credentials.secretKey,
    sessionToken: credentials.sessionToken,
    region: 'us-east-1',
  });
  assert.equal(await client.bucketExists('bucket'), true);
  await assert.rejects(client.putObject('bucket', 'k', 'x'), /Access|denied|authorized/i);
});

test('a signature without a region is one for STS and IAM alone', async () => {
  const ask = (service: 'iam' | 'sts' | 'cairn', Action: string) =>
    sendQuery(server, { service, region: '', parameters: { Action } });
  assert.equal((await ask('sts', 'GetCallerIdentity')).status, 200);
  assert.equal((await ask('iam', 'ListUsers')).status, 200);
  assert.equal((await ask('cairn', 'ListTenants')).status, 400);
  assert.equal((await sendRaw(server, { method: 'GET', path: '/', region: '' })).status, 400);
});
