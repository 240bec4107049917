import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { documentOf, makeUser } from '../identity/make-user.ts';
import { elementOf } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { makeRole, may, trusting } from './make-role.ts';
import { asSession, type Sts, secondsLeft, sessionIn, sts, told } from './sessions.ts';

let server: TestServer;
let ask: Sts;
let accountId: string;
let foreignId: string;
before(async () => {
  server = await startS3Server();
  ask = sts(server);
  accountId = (await server.identity.resolveAccount('root')).accountId;
  foreignId = (await server.identity.createAccount({ name: 'foreign' })).accountId;
  await asSession(server, { credentials: server.root }, { method: 'PUT', path: '/bucket' });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const list = { method: 'GET', path: '/bucket' } as const;
const put = { method: 'PUT', path: '/bucket/key', body: Buffer.from('x') } as const;
const assume = (RoleArn: string, more: Record<string, string> = {}) => ({ RoleArn, RoleSessionName: 'work', ...more });
const tag = (i: number, Key: string, Value: string) => ({
  [`Tags.member.${i}.Key`]: Key,
  [`Tags.member.${i}.Value`]: Value,
});

test('a role has its own rights, and not those of who assumes it', async () => {
  const { keys, user } = await makeUser(server, { name: 'alice', policies: [[may('s3:PutObject')]] });
  const role = await makeRole(server, {
    name: 'Lister',
    path: '/division/',
    trust: [trusting(`arn:aws:iam::${accountId}:user/alice`)],
    policy: [may('s3:ListBucket')],
  });
  const answer = await ask('AssumeRole', assume(role.arn), { credentials: keys });
  const session = sessionIn(answer);
  assert.deepEqual(
    [elementOf(answer, 'AssumedRoleId'), elementOf(answer, 'Arn'), elementOf(answer, 'PackedPolicySize')],
    [`${role.id}:work`, `arn:aws:sts::${accountId}:assumed-role/Lister/work`, undefined],
  );
  assert.ok(Math.abs(secondsLeft(answer) - 3600) < 60);
  assert.equal(elementOf(await ask('GetCallerIdentity', {}, session), 'UserId'), `${role.id}:work`);
  assert.equal((await asSession(server, session, list)).status, 200);
  assert.equal((await asSession(server, session, put)).status, 403);
  assert.equal(user.accountId, accountId);
});

test('both sides: within an account the trust policy has to allow, and across accounts the asker’s own, too', async () => {
  const { keys: without } = await makeUser(server, { name: 'without' });
  const { keys: having } = await makeUser(server, { name: 'having', policies: [[may('sts:AssumeRole')]] });
  const byName = await makeRole(server, {
    name: 'by-name',
    trust: [trusting(`arn:aws:iam::${accountId}:user/without`)],
  });
  const byAccount = await makeRole(server, { name: 'by-account', trust: [trusting(accountId)] });
  const ofOthers = await makeRole(server, { name: 'of-others', trust: [trusting(foreignId)] });
  const status = async (credentials: typeof having, arn: string) =>
    (await ask('AssumeRole', assume(arn), { credentials })).status;
  assert.deepEqual([await status(without, byName.arn), await status(having, byName.arn)], [200, 403]);
  assert.deepEqual([await status(without, byAccount.arn), await status(having, byAccount.arn)], [403, 200]);
  assert.deepEqual([await status(without, ofOthers.arn), await status(having, ofOthers.arn)], [403, 403]);
  const { keys: far } = await makeUser(server, {
    name: 'far',
    account: 'foreign',
    policies: [[may('sts:AssumeRole')]],
  });
  const { keys: farWithout } = await makeUser(server, { name: 'far-without', account: 'foreign' });
  assert.deepEqual([await status(far, ofOthers.arn), await status(farWithout, ofOthers.arn)], [200, 403]);
  assert.equal(await status(far, byAccount.arn), 403);
});

test('who may not learns nothing of what is there', async () => {
  const { keys } = await makeUser(server, { name: 'curious', policies: [[may('sts:AssumeRole')]] });
  const role = await makeRole(server, { name: 'secret', trust: [trusting(foreignId)] });
  const ask1 = async (arn: string) => {
    const response = await ask('AssumeRole', assume(arn), { credentials: keys });
    return [...told(response), elementOf(response, 'Message')?.replace(arn, 'ARN')];
  };
  const expected = await ask1(role.arn);
  assert.deepEqual(expected.slice(0, 2), [403, 'AccessDenied']);
  for (const arn of [
    `arn:aws:iam::${accountId}:role/nobody`,
    `arn:aws:iam::${accountId}:role/SECRET`,
    `arn:aws:iam::${accountId}:role/path/secret`,
    'arn:aws:iam::999999999999:role/secret',
    `arn:aws:iam::${accountId}:user/somebody`,
  ]) {
    assert.deepEqual(await ask1(arn), expected);
  }
});

test('roots assume no roles', async () => {
  const role = await makeRole(server, { name: 'for-all', trust: [trusting('*')] });
  const response = await ask('AssumeRole', assume(role.arn));
  assert.deepEqual(told(response), [403, 'AccessDenied']);
  assert.equal(elementOf(response, 'Message'), 'Roles may not be assumed by root accounts.');
});

test('conditions: external id, session name, source identity, tags', async () => {
  const { keys } = await makeUser(server, { name: 'conditional', policies: [[may('sts:*')]] });
  const where = async (name: string, Condition: object, actions = 'sts:*') =>
    makeRole(server, { name, trust: [trusting(accountId, { Action: actions, Condition })] });
  const status = async (arn: string, more: Record<string, string>) =>
    (await ask('AssumeRole', { ...assume(arn), ...more }, { credentials: keys })).status;
  const external = await where('external', { StringEquals: { 'sts:ExternalId': 'id-1' } });
  assert.deepEqual(
    [await status(external.arn, { ExternalId: 'id-1' }), await status(external.arn, { ExternalId: 'id-2' })],
    [200, 403],
  );
  assert.equal(await status(external.arn, {}), 403);
  const named = await where('named', { StringLike: { 'sts:RoleSessionName': 'dev-*' } });
  assert.deepEqual(
    [await status(named.arn, { RoleSessionName: 'dev-1' }), await status(named.arn, { RoleSessionName: 'ops-1' })],
    [200, 403],
  );
  const source = await where('source', { StringEquals: { 'sts:SourceIdentity': 'me' } });
  assert.deepEqual(
    [await status(source.arn, { SourceIdentity: 'me' }), await status(source.arn, { SourceIdentity: 'you' })],
    [200, 403],
  );
  const tagged = await where('tagged', {
    StringEquals: { 'aws:RequestTag/team': 'blue' },
    'ForAllValues:StringEquals': { 'sts:TransitiveTagKeys': 'team' },
  });
  assert.equal(await status(tagged.arn, tag(1, 'team', 'blue')), 200);
  assert.equal(await status(tagged.arn, tag(1, 'team', 'red')), 403);
  assert.equal(
    await status(tagged.arn, { ...tag(1, 'team', 'blue'), ...tag(2, 'x', 'y'), 'TransitiveTagKeys.member.1': 'x' }),
    403,
  );
});

test('tags and a source identity need rights of their own, on both sides', async () => {
  const { keys } = await makeUser(server, { name: 'bare', policies: [[may('sts:AssumeRole')]] });
  const role = await makeRole(server, { name: 'bare', trust: [trusting(accountId, { Action: 'sts:*' })] });
  const first = await ask('AssumeRole', assume(role.arn, tag(1, 'a', 'b')), { credentials: keys });
  assert.match(elementOf(first, 'Message') ?? '', /not authorized to perform: sts:TagSession/);
  const second = await ask('AssumeRole', assume(role.arn, { SourceIdentity: 'me' }), { credentials: keys });
  assert.match(elementOf(second, 'Message') ?? '', /not authorized to perform: sts:SetSourceIdentity/);
});

test('a session policy narrows the role, and gives nothing', async () => {
  const { keys } = await makeUser(server, { name: 'narrower', policies: [[may('sts:*')]] });
  const role = await makeRole(server, { name: 'wide', trust: [trusting(accountId)], policy: [may('s3:ListBucket')] });
  const by = async (Policy: string) =>
    sessionIn(await ask('AssumeRole', assume(role.arn, { Policy }), { credentials: keys }));
  const narrow = await by(documentOf([may('s3:PutObject')]));
  assert.equal((await asSession(server, narrow, list)).status, 403);
  assert.equal((await asSession(server, narrow, put)).status, 403);
  const wide = await by(documentOf([may('*')]));
  assert.equal((await asSession(server, wide, list)).status, 200);
  assert.equal((await asSession(server, wide, put)).status, 403);
});

test('durations: the role’s maximum, and an hour in a chain', async () => {
  const { keys } = await makeUser(server, { name: 'lasting', policies: [[may('sts:*')]] });
  const role = await makeRole(server, {
    name: 'lasting',
    trust: [trusting(accountId)],
    policy: [may('sts:*')],
    maximumSessionSeconds: 7200,
  });
  const asked = (DurationSeconds: string, signer: Parameters<Sts>[2] = { credentials: keys }) =>
    ask('AssumeRole', assume(role.arn, { DurationSeconds }), signer);
  const longest = await asked('7200');
  assert.ok(Math.abs(secondsLeft(longest) - 7200) < 60);
  assert.deepEqual(told(await asked('7201')), [400, 'ValidationError']);
  assert.deepEqual(told(await asked('899')), [400, 'ValidationError']);
  const session = sessionIn(longest);
  assert.deepEqual(told(await asked('3601', session)), [400, 'ValidationError']);
  assert.equal((await asked('3600', session)).status, 200);
});

test('a chain keeps transitive tags and the source identity', async () => {
  const { keys } = await makeUser(server, { name: 'chained', policies: [[may('sts:*')]] });
  const trust = [trusting(accountId, { Action: 'sts:*' })];
  const first = await makeRole(server, { name: 'first', trust, policy: [may('sts:*')] });
  const team = { StringEquals: { 'aws:PrincipalTag/team': 'blue', 'aws:SourceIdentity': 'me' } };
  const second = await makeRole(server, {
    name: 'second',
    trust,
    policy: [
      { ...may('s3:ListBucket'), Condition: team },
      { ...may('s3:PutObject'), Condition: { Null: { 'aws:PrincipalTag/own': 'false' } } },
    ],
  });
  const parameters = {
    ...tag(1, 'team', 'blue'),
    ...tag(2, 'own', 'x'),
    'TransitiveTagKeys.member.1': 'team',
    SourceIdentity: 'me',
  };
  const one = await ask('AssumeRole', assume(first.arn, parameters), { credentials: keys });
  assert.equal(elementOf(one, 'SourceIdentity'), 'me');
  const two = await ask('AssumeRole', assume(second.arn), sessionIn(one));
  assert.equal(elementOf(two, 'SourceIdentity'), 'me', two.text);
  assert.equal((await asSession(server, sessionIn(two), list)).status, 200);
  assert.equal((await asSession(server, sessionIn(two), put)).status, 403, 'a tag that is not transitive ends');
  const other = await ask('AssumeRole', assume(second.arn, { SourceIdentity: 'you' }), sessionIn(one));
  assert.deepEqual(told(other), [403, 'AccessDenied']);
  const anew = await ask('AssumeRole', assume(second.arn, tag(1, 'Team', 'red')), sessionIn(one));
  assert.deepEqual(told(anew), [400, 'InvalidParameterValue']);
  // The key at the beginning ends all of it.
  await server.identity.setAccessKeyStatus(keys.accessKeyId, 'inactive');
  assert.equal((await asSession(server, sessionIn(two), list)).status, 403);
});

test('what is not valid is told before anything is weighed', async () => {
  const RoleArn = `arn:aws:iam::${accountId}:role/any`;
  const wrong: readonly Record<string, string>[] = [
    { RoleSessionName: 'a' },
    { RoleSessionName: 'a b' },
    { RoleSessionName: 'a'.repeat(65) },
    { RoleArn: 'short' },
    { ExternalId: 'x' },
    { SourceIdentity: 'aws:me' },
    { 'PolicyArns.member.1.arn': 'x' },
  ];
  for (const more of wrong) {
    const response = await ask('AssumeRole', { ...assume(RoleArn), ...more });
    assert.deepEqual(told(response), [400, 'ValidationError'], response.text);
  }
  assert.deepEqual(told(await ask('AssumeRole', { RoleArn })), [400, 'ValidationError']);
});

test('people who ask why can have a refusal explained', async () => {
  await using kept = await startS3Server({ keepsRefusals: true });
  const { keys, user } = await makeUser(kept, { name: 'asking', policies: [[may('sts:AssumeRole')]] });
  const role = await makeRole(kept, {
    name: 'closed',
    trust: [trusting('*', { Condition: { Bool: { 'aws:x': 'y' } } })],
  });
  const refused = await sts(kept)('AssumeRole', assume(role.arn), { credentials: keys });
  assert.equal(refused.status, 403);
  await kept.settle();
  const record = await kept.identities.refusals.find(refused.headers['x-amzn-requestid'] ?? '');
  assert.deepEqual([record?.action, record?.resource, record?.accountId], ['sts:AssumeRole', role.arn, user.accountId]);
});
