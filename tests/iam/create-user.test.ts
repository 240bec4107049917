import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { makeUser } from '../identity/make-user.ts';
import { elementOf, sendQuery, sendUnsignedQuery } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
let accountId: string;
before(async () => {
  server = await startS3Server();
  accountId = (await server.identity.resolveAccount('root')).accountId;
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const create = (parameters: Record<string, string>, more: Partial<Parameters<typeof sendQuery>[1]> = {}) =>
  sendQuery(server, { ...more, parameters: { Action: 'CreateUser', ...parameters } });

test('answers with the user in AWS’s document', async () => {
  const response = await create({
    UserName: 'alice',
    Path: '/division/',
    'Tags.member.1.Key': 'team',
    'Tags.member.1.Value': 'blue + red',
  });
  assert.equal(response.status, 200, response.text);
  assert.match(
    response.text,
    /^<\?xml [^>]*\?>\n<CreateUserResponse xmlns="https:\/\/iam.amazonaws.com\/doc\/2010-05-08\/"><CreateUserResult><User>/,
  );
  assert.equal(elementOf(response, 'Arn'), `arn:aws:iam::${accountId}:user/division/alice`);
  assert.match(elementOf(response, 'UserId') ?? '', /^AIDA[A-Z2-7]{17}$/);
  assert.equal(elementOf(response, 'Value'), 'blue + red');
  assert.equal(elementOf(response, 'RequestId'), response.headers['x-amzn-requestid']);
});

test('a name is taken whatever its case', async () => {
  assert.equal((await create({ UserName: 'Bob' })).status, 200);
  const again = await create({ UserName: 'bOB' });
  assert.deepEqual([again.status, elementOf(again, 'Code')], [409, 'EntityAlreadyExists']);
  assert.equal(elementOf(again, 'Message'), 'User with name bOB already exists.');
});

test('by GET, and for the region that clients of IAM sign for wherever they are', async () => {
  const parameters = { Action: 'CreateUser', UserName: 'carol' };
  assert.equal((await sendQuery(server, { method: 'GET', parameters })).status, 200);
  const elsewhere = await startS3Server({ region: 'eu-central-1' });
  await using _ = elsewhere;
  for (const [region, status] of [
    ['us-east-1', 200],
    ['eu-central-1', 409],
    ['ap-south-1', 400],
  ] as const) {
    const response = await sendQuery(elsewhere, { region, parameters });
    assert.equal(response.status, status, response.text);
  }
});

test('input that is not valid is told in AWS’s words', async () => {
  const missing = await create({});
  assert.deepEqual([missing.status, elementOf(missing, 'Code')], [400, 'ValidationError']);
  assert.match(missing.text, /Value null at 'userName' failed to satisfy constraint: Member must not be null/);
  for (const bad of [
    { UserName: 'a b' },
    { UserName: 'x'.repeat(65) },
    { UserName: 'x', Path: 'no-slash' },
    { UserName: 'x', 'Tags.member.x.Key': 'k' },
    { UserName: 'x', 'Tags.member.1.Key': 'k' },
  ]) {
    const response = await create(bad as unknown as Record<string, string>);
    assert.deepEqual([response.status, elementOf(response, 'Code')], [400, 'ValidationError'], response.text);
  }
  const twice = {
    'Tags.member.1.Key': 'a',
    'Tags.member.1.Value': '',
    'Tags.member.2.Key': 'A',
    'Tags.member.2.Value': '',
  };
  assert.equal(elementOf(await create({ UserName: 'x', ...twice }), 'Code'), 'InvalidInput');
});

test('actions and versions that do not exist', async () => {
  const unknown = await sendQuery(server, { parameters: { Action: 'Nonsense' } });
  assert.deepEqual([unknown.status, elementOf(unknown, 'Code')], [400, 'InvalidAction']);
  const none = await sendQuery(server, { parameters: {} });
  assert.deepEqual([none.status, elementOf(none, 'Code')], [400, 'MissingAction']);
  const old = await create({ UserName: 'x', Version: '2009-01-01' });
  assert.equal(elementOf(old, 'Code'), 'InvalidAction');
});

test('nobody without a signature, nobody with a wrong one, and no user without the right', async () => {
  const unsigned = await sendUnsignedQuery(server, { Action: 'CreateUser', UserName: 'x', Version: '2010-05-08' });
  assert.ok(unsigned.status === 400 || unsigned.status === 403, unsigned.text);
  const credentials = { ...server.root, secretAccessKey: 'wrong' };
  const wrong = await create({ UserName: 'x' }, { credentials });
  assert.deepEqual([wrong.status, elementOf(wrong, 'Code')], [403, 'SignatureDoesNotMatch']);
  const stranger = await create({ UserName: 'x' }, { credentials: { accessKeyId: 'AKnobody', secretAccessKey: 'x' } });
  assert.deepEqual([stranger.status, elementOf(stranger, 'Code')], [403, 'InvalidClientTokenId']);
  const { keys } = await makeUser(server, { name: 'powerless' });
  const refused = await create({ UserName: 'x' }, { credentials: keys });
  assert.deepEqual([refused.status, elementOf(refused, 'Code')], [403, 'AccessDenied']);
  assert.equal(
    elementOf(refused, 'Message'),
    `User: arn:aws:iam::${accountId}:user/powerless is not authorized to perform: iam:CreateUser on resource: arn:aws:iam::${accountId}:user/x because no identity-based policy allows the iam:CreateUser action`,
  );
});

test('a user may make what its policy names, and no more', async () => {
  const allow = (Action: string, Resource: string) => ({ Effect: 'Allow', Action, Resource });
  const { keys } = await makeUser(server, {
    name: 'maker',
    policies: [[allow('iam:CreateUser', `arn:aws:iam::${accountId}:user/made/*`)]],
  });
  assert.equal((await create({ UserName: 'm1', Path: '/made/' }, { credentials: keys })).status, 200);
  assert.equal((await create({ UserName: 'm2' }, { credentials: keys })).status, 403);
  const tagged = { 'Tags.member.1.Key': 'a', 'Tags.member.1.Value': 'b' };
  const refused = await create({ UserName: 'm3', Path: '/made/', ...tagged }, { credentials: keys });
  assert.match(elementOf(refused, 'Message') ?? '', /iam:TagUser/);
});

test('a boundary has to be there, and policies may ask for it', async () => {
  const PermissionsBoundary = 'arn:aws:iam::aws:policy/AmazonS3FullAccess';
  const made = await create({ UserName: 'bounded', PermissionsBoundary });
  assert.equal(elementOf(made, 'PermissionsBoundaryArn'), PermissionsBoundary, made.text);
  const own = `arn:aws:iam::${accountId}:policy/none`;
  for (const [boundary, expected] of [
    [own, '404 NoSuchEntity'],
    ['arn:aws:iam::210987654321:policy/theirs', '404 NoSuchEntity'],
    ['arn:aws:iam::aws:policy/NoSuchPolicy', '404 NoSuchEntity'],
    [`arn:aws:iam::${accountId}:user/bounded`, '400 InvalidInput'],
    ['x', '400 ValidationError'],
  ] as const) {
    const refused = await create({ UserName: 'unbounded', PermissionsBoundary: boundary });
    assert.equal(`${refused.status} ${elementOf(refused, 'Code')}`, expected, refused.text);
  }
  const Condition = { StringEquals: { 'iam:PermissionsBoundary': PermissionsBoundary } };
  const { keys } = await makeUser(server, {
    name: 'delegate',
    policies: [[{ Effect: 'Allow', Action: 'iam:CreateUser', Resource: '*', Condition }]],
  });
  const more = { credentials: keys };
  assert.equal((await create({ UserName: 'd1', PermissionsBoundary }, more)).status, 200);
  assert.equal((await create({ UserName: 'd2' }, more)).status, 403);
  const other = 'arn:aws:iam::aws:policy/AdministratorAccess';
  assert.equal((await create({ UserName: 'd3', PermissionsBoundary: other }, more)).status, 403);
  assert.deepEqual(await Array.fromAsync(verifyStore(server.context)), []);
});
