import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { keyspace } from '../../src/records/keyspace.ts';
import { loginProfileRecordType } from '../../src/records/login-profile-record.ts';
import { readRecord } from '../../src/records/record-type.ts';
import { remoteRecordType } from '../../src/records/remote-record.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { documentOf, makeUser } from '../identity/make-user.ts';
import { elementOf, sendQuery } from '../identity/send-query.ts';
import { type RawRequest, sendRaw } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { admin, askAdmin, documentIn, makeTenant, thingsIn } from './send-admin.ts';

let source: TestServer;
let target: TestServer;
before(async () => {
  [source, target] = await Promise.all([startS3Server(), startS3Server()]);
  await furnish(source);
});
after(async () => {
  for (const server of [source, target]) {
    const violations = [];
    for await (const violation of verifyStore(server.context)) violations.push(violation);
    await server[Symbol.asyncDispose]();
    assert.deepEqual(server.errors, []);
    assert.deepEqual(violations, []);
  }
});

const Passphrase = 'correct horse battery';
const may = (Action: string, Resource = '*') => ({ Effect: 'Allow', Action, Resource });
const put = (server: TestServer, path: string, more: Partial<RawRequest> = {}) =>
  sendRaw(server, { method: 'PUT', path, ...more });

const configurations: readonly (readonly [query: readonly (readonly [string, string])[], body: string])[] = [
  [[['versioning', '']], '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'],
  [
    [['cors', '']],
    '<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>https://a.example</AllowedOrigin></CORSRule></CORSConfiguration>',
  ],
  [
    [['lifecycle', '']],
    '<LifecycleConfiguration><Rule><ID>r</ID><Filter><Prefix>p</Prefix></Filter><Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule></LifecycleConfiguration>',
  ],
  [[['tagging', '']], '<Tagging><TagSet><Tag><Key>k</Key><Value>v + w</Value></Tag></TagSet></Tagging>'],
  [
    [['website', '']],
    '<WebsiteConfiguration><IndexDocument><Suffix>i.html</Suffix></IndexDocument></WebsiteConfiguration>',
  ],
  [[['requestPayment', '']], '<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>'],
  [[['accelerate', '']], '<AccelerateConfiguration><Status>Enabled</Status></AccelerateConfiguration>'],
  [
    [['encryption', '']],
    '<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>',
  ],
  [
    [
      ['metrics', ''],
      ['id', 'all'],
    ],
    '<MetricsConfiguration><Id>all</Id></MetricsConfiguration>',
  ],
];

/** What names other buckets. */
const amongBuckets: typeof configurations = [
  [
    [['logging', '']],
    '<BucketLoggingStatus><LoggingEnabled><TargetBucket>logs</TargetBucket><TargetPrefix>p/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>',
  ],
  [
    [['replication', '']],
    '<ReplicationConfiguration><Role/><Rule><Prefix/><Status>Enabled</Status><Destination><Bucket>arn:aws:s3:::logs</Bucket></Destination></Rule></ReplicationConfiguration>',
  ],
  [
    [
      ['inventory', ''],
      ['id', 'all'],
    ],
    '<InventoryConfiguration><Destination><S3BucketDestination><Bucket>arn:aws:s3:::logs</Bucket><Format>CSV</Format></S3BucketDestination></Destination><IsEnabled>true</IsEnabled><Id>all</Id><IncludedObjectVersions>Current</IncludedObjectVersions><Schedule><Frequency>Daily</Frequency></Schedule></InventoryConfiguration>',
  ],
  [
    [
      ['intelligent-tiering', ''],
      ['id', 'cold'],
    ],
    '<IntelligentTieringConfiguration><Id>cold</Id><Status>Enabled</Status><Tiering><Days>90</Days><AccessTier>ARCHIVE_ACCESS</AccessTier></Tiering></IntelligentTieringConfiguration>',
  ],
];

/** What shuts a bucket. */
const closing: typeof configurations = [
  [
    [['publicAccessBlock', '']],
    '<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><BlockPublicPolicy>true</BlockPublicPolicy></PublicAccessBlockConfiguration>',
  ],
  [
    [['ownershipControls', '']],
    '<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>',
  ],
  [
    [['object-lock', '']],
    '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>2</Days></DefaultRetention></Rule></ObjectLockConfiguration>',
  ],
];

/** One of each thing, in the system account, and a tenant beside it. */
async function furnish(server: TestServer): Promise<void> {
  const { accountId } = await server.identity.resolveAccount('root');
  const { identities } = server;
  const { keys } = await makeUser(server, {
    name: 'alice',
    policies: [[may('s3:GetObject')], [may('s3:ListBucket', `arn:aws:s3:::files`)]],
    attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
  });
  assert.ok(keys.accessKeyId);
  const policy = { accountId, name: 'own', path: '/p/', description: 'of its own', tags: [] };
  await identities.policies.create({ ...policy, text: documentOf([may('s3:PutObject', 'arn:aws:s3:::files/*')]) });
  const arn = `arn:aws:iam::${accountId}:policy/p/own`;
  await identities.policies.createVersion(arn, { text: documentOf([may('s3:*')]), becomesDefault: false });
  await identities.groups.create(accountId, { name: 'staff', path: '/' });
  await identities.groups.addUser(accountId, { group: 'staff', user: 'alice' });
  await identities.attachments.attach({ kind: 'group', accountId, name: 'staff' }, arn);
  await identities.attachments.putBoundary({ kind: 'user', accountId, name: 'alice' }, arn);
  await identities.roles.create({
    accountId,
    name: 'runner',
    path: '/',
    description: '',
    maximumSessionSeconds: 3600,
    trustPolicy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${accountId}:user/alice` }, Action: 'sts:AssumeRole' },
      ],
    }),
    boundary: undefined,
    tags: [{ key: 'team', value: 'x' }],
  });
  await identities.accountSettings.setAlias(accountId, 'home');
  const passwordPolicy = { minimumLength: 9, requireSymbols: false, requireNumbers: true, requireUppercase: false };
  await identities.accountSettings.setPasswordPolicy(accountId, {
    ...{ ...passwordPolicy, requireLowercase: true, allowUsersToChange: true },
    ...{ maximumAge: 30, reusePrevention: 2, hardExpiry: false },
  });
  const alice = await identities.users.get(accountId, 'alice');
  await identities.passwords.create(alice, { password: 'pass-word-1', resetRequired: false });
  const serviceAccount = { name: 'robot', description: 'of alice', policy: documentOf([may('s3:*')]) };
  await identities.serviceAccounts.create({ accountId, user: alice }, serviceAccount);
  await identities.providers.create({
    ...{ accountId, url: 'id.example.com/realm', plainHttp: false, clientIds: ['b', 'a'] },
    ...{ thumbprints: ['0'.repeat(40)], tags: [{ key: 'k', value: 'v' }] },
  });
  const block = {
    blockPublicAcls: false,
    ignorePublicAcls: true,
    blockPublicPolicy: false,
    restrictPublicBuckets: false,
  };
  await server.identity.setPublicAccessBlock(accountId, block);
  await server.eventTargets.add(
    { name: 'hook', type: 'webhook', url: 'https://hook.example/in', options: {}, accountIds: [] },
    { secret: 'secret-of-hook' },
  );
  await put(server, '/files', { headers: { 'x-amz-acl': 'public-read' } });
  for (const [query, body] of configurations) {
    const answer = await put(server, '/files', { query, body: Buffer.from(body) });
    assert.ok(answer.status < 300, answer.text);
  }
  const bucketPolicy = documentOf([
    {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${accountId}:user/alice` },
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::files/*',
    },
  ]);
  assert.equal((await put(server, '/files', { query: [['policy', '']], body: Buffer.from(bucketPolicy) })).status, 204);
  await put(server, '/locked', { headers: { 'x-amz-bucket-object-lock-enabled': 'true' } });
  await put(server, '/logs', { headers: { 'x-amz-acl': 'log-delivery-write' } });
  const enabled = Buffer.from('<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>');
  await put(server, '/logs', { query: [['versioning', '']], body: enabled });
  const inventoryPolicy = documentOf([
    {
      Effect: 'Allow',
      Principal: { Service: 's3.amazonaws.com' },
      Action: 's3:PutObject',
      Resource: 'arn:aws:s3:::logs/*',
    },
  ]);
  await put(server, '/logs', { query: [['policy', '']], body: Buffer.from(inventoryPolicy) });
  for (const [query, body] of amongBuckets) {
    const answer = await put(server, '/files', { query, body: Buffer.from(body) });
    assert.ok(answer.status < 300, `${query}: ${answer.text}`);
  }
  for (const [query, body] of closing) {
    const answer = await put(server, '/locked', { query, body: Buffer.from(body) });
    assert.ok(answer.status < 300, `${query}: ${answer.text}`);
  }
  const { id, keys: tenant } = await makeTenant(server, 'acme', { QuotaBytes: '1000' });
  await put(server, '/acme-files', { credentials: tenant });
  await makeUser(server, { name: 'alice', account: 'acme', policies: [[may('s3:*')]] });
  await server.remotes.add({
    name: 'far',
    endpoint: 'https://far.example',
    region: 'us-east-1',
    accessKeyId: 'AKFAR',
    secretAccessKey: 'secret-of-far',
    accountId: id,
  });
}

test('two exports of the same state are the same, and without a passphrase there is no secret in them', async () => {
  const one = documentIn(await admin(source, 'Export', { Installation: 'true' }));
  const other = documentIn(await admin(source, 'Export', { Installation: 'true' }));
  assert.equal(one, other);
  assert.ok(one.includes('"alice"') && one.includes('AllowedOrigin'));
  for (const word of ['secret-of', '"secret"', 'accessKeys', 'sealing']) assert.ok(!one.includes(word), word);
  const sealed = documentIn(await admin(source, 'Export', { Installation: 'true', Passphrase }));
  assert.ok(sealed.includes('"secret"') && !sealed.includes('secret-of-'));
});

test('an installation comes back as it was, keys and all; and a second time there is nothing to do', async () => {
  const Document = documentIn(await admin(source, 'Export', { Installation: 'true', Passphrase }));
  const request = { Installation: 'true', Document, Passphrase };
  const dry = await admin(target, 'Import', { ...request, DryRun: 'true' });
  assert.ok(thingsIn(dry).includes('create user alice'), dry.text);
  assert.deepEqual(
    thingsIn(dry).filter((thing) => thing.startsWith('refuse')),
    [],
  );
  await assert.rejects(target.identity.resolveAccount('acme'), 'a dry run changes nothing');
  await admin(target, 'Import', request);
  const again = thingsIn(await admin(target, 'Import', request));
  assert.deepEqual(
    again.filter((thing) => !thing.startsWith('leave')),
    [],
  );
  const back = documentIn(await admin(target, 'Export', { Installation: 'true' }));
  const plain = documentIn(await admin(source, 'Export', { Installation: 'true' }));
  const [from, to] = await Promise.all([source, target].map((server) => server.identity.resolveAccount('root')));
  const rewritten = plain.replaceAll(from!.accountId, to!.accountId).replaceAll(from!.canonicalId, to!.canonicalId);
  const inOrder = (text: string) => {
    const document = JSON.parse(text);
    document.tenants.sort((a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1));
    return document;
  };
  const ofRemotes = { ...inOrder(back), remotes: undefined };
  assert.deepEqual(ofRemotes, { ...inOrder(rewritten), remotes: undefined });
  const remote = await readRecord(target.context.metadata, remoteRecordType, keyspace.remote('far'));
  assert.equal(remote && target.identity.secrets.open(remote.sealedSecret, 'remote/far'), 'secret-of-far');
  const hook = await target.eventTargets.get('hook');
  assert.equal(target.eventTargets.secretOf(hook), 'secret-of-hook');
  const alice = await target.identities.users.get(to!.accountId, 'alice');
  const [robot] = await target.identities.serviceAccounts.list({ accountId: to!.accountId, user: alice });
  assert.equal(robot?.serviceAccount.name, 'robot');
  const profileOf = async (server: TestServer, { id }: { readonly id: string }) =>
    readRecord(server.context.metadata, loginProfileRecordType, keyspace.loginProfile(id));
  const there = await profileOf(source, await source.identities.users.get(from!.accountId, 'alice'));
  assert.ok(there);
  assert.equal((await profileOf(target, alice))?.passwordHash, there.passwordHash);
  const acme = await target.identity.resolveAccount('acme');
  const [root] = await target.identity.rootKeys(acme.accountId);
  const secretAccessKey = (await source.identity.findCredential(root!.accessKeyId))!.secretAccessKey;
  const whoami = await sendQuery(target, {
    service: 'sts',
    parameters: { Action: 'GetCallerIdentity' },
    credentials: { accessKeyId: root!.accessKeyId, secretAccessKey },
  });
  assert.equal(elementOf(whoami, 'Account'), acme.accountId, whoami.text);
});

test('one tenant goes into another account, and what it says of itself goes with it', async () => {
  const { keys, id } = await makeTenant(target, 'new-home');
  const credentials = keys;
  const written = documentIn(await admin(source, 'Export', { Tenant: 'acme' }));
  const Document = written.replace('acme-files', 'acme-files-again');
  const made = await admin(target, 'Import', { Document }, { credentials });
  assert.ok(thingsIn(made).includes('create user alice'), made.text);
  assert.equal((await target.identities.users.get(id, 'alice')).accountId, id);
  assert.equal((await target.context.metadata.get(keyspace.bucket('acme-files-again')))?.length !== undefined, true);
  const taken = await askAdmin(target, 'Import', { Document: written }, { credentials });
  assert.match(taken.text, /The name is taken/);
});

test('what is there and differs is refused, skipped or replaced', async () => {
  const { keys: credentials, id } = await makeTenant(target, 'modes');
  const user = { name: 'u', path: '/', tags: [], attached: [], inline: {}, groups: [] };
  const tenant = {
    accountId: id,
    name: 'modes',
    canonicalId: 'c',
    email: '',
    policies: [],
    groups: [],
    users: [user],
    roles: [],
    oidcProviders: [],
    buckets: [],
  };
  const documentWith = (more: object) =>
    JSON.stringify({ format: 'cairn-export', version: 1, tenants: [{ ...tenant, users: [{ ...user, ...more }] }] });
  await admin(target, 'Import', { Document: documentWith({}) }, { credentials });
  const Document = documentWith({ inline: { p: documentOf([may('s3:GetObject')]) } });
  assert.equal((await askAdmin(target, 'Import', { Document }, { credentials })).code, 'InvalidInput');
  const skipped = await admin(target, 'Import', { Document, Mode: 'skip' }, { credentials });
  assert.deepEqual(thingsIn(skipped), ['leave user u']);
  const replaced = await admin(target, 'Import', { Document, Mode: 'replace' }, { credentials });
  assert.deepEqual(thingsIn(replaced), ['change user u']);
  assert.deepEqual((await target.identities.users.get(id, 'u')).inline, ['p']);
  await admin(target, 'Import', { Document: documentWith({}), Mode: 'replace' }, { credentials });
  assert.deepEqual((await target.identities.users.get(id, 'u')).inline, []);
});

test('documents that are none are refused by what is wrong with them', async () => {
  const tenant =
    '{"accountId":"111122223333","name":"t","canonicalId":"c","email":"","policies":[],"groups":[],"users":[],"roles":[],"oidcProviders":[],"buckets":[]}';
  const start = '{"format":"cairn-export","version":1,"tenants":[';
  const bad = [
    '{}',
    '[]',
    'x',
    `${start}${tenant}]`,
    `${start}${tenant}],"more":1}`,
    `${start}${tenant}],"version":1}`,
    `${start}${tenant.replace('"users":[]', '"users":[{"name":"u"}]')}]}`,
    `${start}${tenant.replace('"users"', '"Users"')}]}`,
    `${start.replace('1', '2')}${tenant}]}`,
    `${start}${'['.repeat(20)}${']'.repeat(20)}]}`,
    `${start}${tenant.replace('"buckets":[]', '"buckets":[{"name":"abc","configuration":{"__proto__":1}}]')}]}`,
  ];
  for (const Document of bad) {
    const answer = await askAdmin(target, 'Import', { Document });
    assert.equal(answer.code, 'ValidationError', `${Document}: ${answer.text}`);
  }
});

test('secrets open with their passphrase alone, and only where they were sealed for', async () => {
  const Document = documentIn(await admin(source, 'Export', { Tenant: 'acme', Passphrase }));
  const wrong = await askAdmin(target, 'Import', { Tenant: 'acme', Document, Passphrase: 'something else' });
  assert.equal(wrong.code, 'ValidationError');
  const json = JSON.parse(Document);
  const [alice] = json.tenants[0].users;
  alice.accessKeys[0].accessKeyId = 'AKIAAAAAAAAAAAAAAAAA';
  const moved = await askAdmin(target, 'Import', { Tenant: 'acme', Document: JSON.stringify(json), Passphrase });
  assert.match(moved.text, /sealed for something else/);
});

test('buckets come as they were, whatever new ones are like where they come to', async () => {
  await using strict = await startS3Server({ newBuckets: 'strict' });
  const Document = documentIn(await admin(source, 'Export', { Tenant: 'root' }));
  await admin(strict, 'Import', { Document });
  const again = thingsIn(await admin(strict, 'Import', { Document }));
  assert.deepEqual(
    again.filter((thing) => !thing.startsWith('leave')),
    [],
  );
  const bucketsOf = (text: string) => JSON.parse(text).tenants[0].buckets;
  const [from, to] = await Promise.all([source, strict].map((server) => server.identity.resolveAccount('root')));
  const rewritten = Document.replaceAll(from!.accountId, to!.accountId).replaceAll(from!.canonicalId, to!.canonicalId);
  assert.deepEqual(bucketsOf(documentIn(await admin(strict, 'Export'))), bucketsOf(rewritten));
  assert.deepEqual(strict.errors, []);
});
