import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { inspect } from 'node:util';
import type { DirectorySettings } from '../../src/services/identity/directory-identity/directory-settings.ts';
import { documentOf } from '../identity/make-user.ts';
import { elementOf, sendUnsignedQuery } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { makeRole, may } from './make-role.ts';
import { groups, type OpenLdap, passwordOf, people, startOpenLdap, whyNoOpenLdap } from './open-ldap.ts';
import { asSession, sessionIn, told } from './sessions.ts';

const skip = await whyNoOpenLdap();
let directory: OpenLdap;
let server: TestServer;
let accountId: string;
const roleArn = (name: string) => `arn:aws:iam::111122223333:role/${name}`;

function settings(more: Partial<DirectorySettings> = {}): DirectorySettings {
  return {
    url: directory.secureUrl,
    isPlain: false,
    authorities: directory.authority,
    bindName: directory.bindName,
    bindPassword: directory.bindPassword,
    userBase: people,
    userFilter: '(&(objectClass=inetOrgPerson)(uid=%s))',
    groupBase: groups,
    groupFilter: '(&(objectClass=groupOfNames)(member=%d))',
    // Not as the directory spells it: names are compared, and not texts.
    roles: [
      { group: `CN=writers\\2C ALL, ou=Groups,${groups.slice('ou=groups,'.length)}`, roleArn: roleArn('writer') },
      { group: `cn=readers,${groups}`, roleArn: roleArn('reader') },
    ],
    ...more,
  };
}

before(async () => {
  if (skip) return;
  directory = await startOpenLdap();
  server = await startS3Server({ directory: settings() });
  accountId = (await server.identity.createAccount({ name: 'tenant', accountId: '111122223333' })).accountId;
  const trust = [{ Effect: 'Allow', Principal: { AWS: accountId }, Action: 'sts:AssumeRole' }];
  const credentials = await server.identity.createAccessKey({ account: 'tenant' });
  await asSession(server, { credentials }, { method: 'PUT', path: '/bucket' });
  const own = { ...may('s3:ListBucket'), Condition: { StringEquals: { 'ldap:username': 'bob' } } };
  await makeRole(server, { name: 'writer', account: 'tenant', trust, policy: [may('s3:*')] });
  await makeRole(server, { name: 'reader', account: 'tenant', trust, policy: [own] });
});
after(async () => {
  if (skip) return;
  await server[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const signIn = (name: string, more: Record<string, string> = {}, to = server) =>
  sendUnsignedQuery(to, {
    Action: 'AssumeRoleWithLDAPIdentity',
    Version: '2011-06-15',
    LDAPUsername: name,
    LDAPPassword: passwordOf(name),
    ...more,
  });
const list = { method: 'GET', path: '/bucket' } as const;

test('somebody of the directory is the role of their first group', { skip }, async () => {
  const alice = await signIn('alice');
  assert.match(
    alice.text,
    /^<\?xml[^>]*>\n<AssumeRoleWithLDAPIdentityResponse xmlns="[^"]*"><AssumeRoleWithLDAPIdentityResult>/,
  );
  assert.equal(elementOf(alice, 'Arn'), `arn:aws:sts::${accountId}:assumed-role/writer/alice`);
  assert.equal((await asSession(server, sessionIn(alice), list)).status, 200);
  const bob = await signIn('bob');
  assert.equal(elementOf(bob, 'Arn'), `arn:aws:sts::${accountId}:assumed-role/reader/bob`);
  assert.equal((await asSession(server, sessionIn(bob), list)).status, 200);
  assert.equal((await asSession(server, sessionIn(bob), { method: 'DELETE', path: '/bucket' })).status, 403);
});

test('a role may be asked for: one of theirs, or one that trusts the directory', { skip }, async () => {
  const reader = await signIn('alice', { RoleArn: roleArn('reader') });
  assert.equal((await asSession(server, sessionIn(reader), list)).status, 403, 'bob is not alice');
  assert.deepEqual(told(await signIn('bob', { RoleArn: roleArn('writer') })), [403, 'AccessDenied']);
  assert.deepEqual(told(await signIn('bob', { RoleArn: roleArn('nobody') })), [403, 'AccessDenied']);
  const condition = { 'ForAnyValue:StringEquals': { 'ldap:groups': `cn=readers,${groups}` } };
  const trust = [
    {
      Effect: 'Allow',
      Principal: { Federated: 'ldap' },
      Action: 'sts:AssumeRoleWithLDAPIdentity',
      Condition: condition,
    },
  ];
  const trusting = await makeRole(server, { name: 'trusting', account: 'tenant', trust, policy: [may('s3:*')] });
  assert.equal((await signIn('bob', { RoleArn: trusting.arn })).status, 200);
  assert.deepEqual(told(await signIn('carol', { RoleArn: trusting.arn })), [403, 'AccessDenied']);
});

test('however somebody spells a name, it is the directory’s spelling that policies go by', { skip }, async () => {
  for (const name of ['ALICE', ' alice ', 'Alice']) {
    const alice = await signIn(name, { LDAPPassword: passwordOf('alice') });
    assert.equal(elementOf(alice, 'Arn'), `arn:aws:sts::${accountId}:assumed-role/writer/alice`);
  }
  const bob = sessionIn(await signIn('BOB', { LDAPPassword: passwordOf('bob') }));
  assert.equal((await asSession(server, bob, list)).status, 200, 'ldap:username is bob');
});

test('no two people have the same name of a session', { skip }, async () => {
  const trust = [{ Effect: 'Allow', Principal: { Federated: 'ldap' }, Action: 'sts:AssumeRoleWithLDAPIdentity' }];
  const { arn } = await makeRole(server, { name: 'all', account: 'tenant', trust });
  const answer = await signIn('an na', { RoleArn: arn });
  assert.match(elementOf(answer, 'Arn') ?? '', /:assumed-role\/all\/an-na=[0-9a-f]{16}$/);
});

test('a session policy narrows it', { skip }, async () => {
  const Policy = documentOf([may('s3:PutObject')]);
  const session = sessionIn(await signIn('alice', { Policy, DurationSeconds: '900' }));
  assert.equal((await asSession(server, session, list)).status, 403);
});

test('without a group that stands for a role there is none', { skip }, async () => {
  assert.deepEqual(told(await signIn('carol')), [403, 'AccessDenied']);
});

test('nobody, a wrong password, none, two of a name, and filters: all are answered the same', { skip }, async () => {
  await using strict = await startS3Server({ directory: settings() });
  const answers = [
    await signIn('alice', { LDAPPassword: 'wrong' }, strict),
    await signIn('nobody', {}, strict),
    await signIn('bob', { LDAPPassword: '' }, strict),
    await signIn('nopassword', { LDAPPassword: '' }, strict),
    await signIn('nopassword', {}, strict),
    await signIn('twin', {}, strict),
    await signIn('*', { LDAPPassword: passwordOf('alice') }, strict),
    await signIn('alic*', { LDAPPassword: passwordOf('alice') }, strict),
    await signIn('x)(|(uid=alice', { LDAPPassword: passwordOf('alice') }, strict),
    await signIn('alice)(objectClass=*', { LDAPPassword: passwordOf('alice') }, strict),
    await signIn('alice\0', { LDAPPassword: passwordOf('alice') }, strict),
  ];
  const [first] = answers;
  for (const answer of answers) {
    assert.deepEqual(
      [...told(answer), elementOf(answer, 'Message')],
      [403, 'AccessDenied', elementOf(first!, 'Message')],
      answer.text,
    );
  }
  const right = await signIn('bob', {}, strict);
  assert.equal(elementOf(right, 'Message'), 'Not authorized to perform sts:AssumeRoleWithLDAPIdentity');
});

test('who guesses has to wait, whatever the password is then', { skip }, async () => {
  let now = Date.now();
  const clock = {
    now: () => now,
    sleep: (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds).unref()),
  };
  await using slow = await startS3Server({ directory: settings(), clock });
  for (let i = 0; i < 5; i++)
    assert.equal((await signIn(`${' '.repeat(i)}ALICE`, { LDAPPassword: 'guess' }, slow)).status, 403);
  assert.deepEqual(told(await signIn('alice', {}, slow)), [400, 'Throttling']);
  now += 60_000;
  // No role is there in this store: the password was right.
  assert.deepEqual(told(await signIn('alice', {}, slow)), [403, 'AccessDenied']);
});

test('over StartTLS, and never without', { skip }, async () => {
  const { port, close, seen } = await recordingProxy(Number(new URL(directory.url).port));
  const url = `ldap://127.0.0.1:${port}`;
  try {
    await using started = await startS3Server({ directory: settings({ url, roles: [] }) });
    assert.match(elementOf(await signIn('alice', {}, started), 'Message') ?? '', /None of the groups/);
    assert.equal(seen().includes(passwordOf('alice')), false);
    assert.equal(seen().includes('service-password'), false);
    await using plain = await startS3Server({ directory: settings({ url, roles: [], isPlain: true }) });
    assert.match(elementOf(await signIn('alice', {}, plain), 'Message') ?? '', /None of the groups/);
    assert.equal(seen().includes(passwordOf('alice')), true, 'as the setting says');
  } finally {
    close();
  }
});

test('a certificate of nobody known, and a directory that is not there, let nobody in', { skip }, async () => {
  for (const more of [
    { authorities: undefined },
    { authorities: undefined, url: directory.url },
    { url: 'ldaps://127.0.0.1:1' },
    { bindPassword: 'wrong' },
    { userBase: 'ou=none,dc=elsewhere' },
  ]) {
    await using broken = await startS3Server({ directory: settings(more) });
    const answer = await signIn('alice', {}, broken);
    assert.deepEqual(told(answer), [400, 'IDPCommunicationError'], JSON.stringify(more));
    assert.equal(answer.text.includes(passwordOf('alice')), false);
    assert.equal(inspect(broken.errors, { depth: 9 }).includes(passwordOf('alice')), false);
  }
});

test('a certificate of another host lets nobody in, and hears no password', { skip }, async () => {
  for (const given of [directory.url, directory.secureUrl]) {
    const { port, close, seen } = await recordingProxy(Number(new URL(given).port), '127.0.0.2');
    const url = `${new URL(given).protocol}//127.0.0.2:${port}`;
    try {
      await using elsewhere = await startS3Server({ directory: settings({ url }) });
      assert.deepEqual(told(await signIn('alice', {}, elsewhere)), [400, 'IDPCommunicationError'], url);
      assert.ok(seen().length > 0);
      assert.equal(seen().includes(passwordOf('alice')) || seen().includes('service-password'), false);
    } finally {
      close();
    }
  }
});

test('a directory that is not there counts as nobody’s guess', { skip }, async () => {
  await using broken = await startS3Server({ directory: settings({ url: 'ldaps://127.0.0.1:1' }) });
  for (let i = 0; i < 8; i++) assert.deepEqual(told(await signIn('alice', {}, broken)), [400, 'IDPCommunicationError']);
});

test('what is no password is not repeated', { skip }, async () => {
  const answer = await signIn('alice', { LDAPPassword: `open sesame ${'x'.repeat(1024)}` });
  assert.deepEqual(told(answer), [400, 'ValidationError']);
  assert.equal(answer.text.includes('sesame'), false);
});

test('where no directory is set there is no such action', async () => {
  await using none = await startS3Server();
  assert.deepEqual(told(await signIn('alice', {}, none)), [400, 'InvalidAction']);
});

/** Passes everything on, and keeps what clients send. */
async function recordingProxy(to: number, host = '127.0.0.1') {
  const { connect } = await import('node:net');
  const pieces: Buffer[] = [];
  const sockets: Socket[] = [];
  const proxy = createServer((client) => {
    const upstream = connect(to, '127.0.0.1');
    sockets.push(client, upstream);
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    client.on('data', (piece: Buffer) => pieces.push(piece));
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, host, resolve));
  return {
    port: (proxy.address() as AddressInfo).port,
    seen: () => Buffer.concat(pieces).toString('latin1'),
    close() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
}
