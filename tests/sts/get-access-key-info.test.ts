import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeUser } from '../identity/make-user.ts';
import { elementOf } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { makeRole, may, trusting } from './make-role.ts';
import { asSession, type Sts, sessionIn, sts, told } from './sessions.ts';

let server: TestServer;
let ask: Sts;
before(async () => {
  server = await startS3Server({ keepsRefusals: true });
  ask = sts(server);
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

test('whose a key of one’s own account is', async () => {
  const { accountId } = await server.identity.resolveAccount('root');
  const { keys } = await makeUser(server, { name: 'alice', policies: [[may('sts:GetAccessKeyInfo')]] });
  for (const AccessKeyId of [server.root.accessKeyId, keys.accessKeyId]) {
    const answer = await ask('GetAccessKeyInfo', { AccessKeyId }, { credentials: keys });
    assert.equal(elementOf(answer, 'Account'), accountId, answer.text);
  }
  const role = await makeRole(server, {
    name: 'asking',
    trust: [trusting(`arn:aws:iam::${accountId}:user/alice`)],
    policy: [may('sts:GetAccessKeyInfo')],
  });
  const assumed = { RoleArn: role.arn, RoleSessionName: 'ab' };
  const session = sessionIn(await ask('AssumeRole', assumed, { credentials: keys }));
  const { accessKeyId: AccessKeyId } = session.credentials;
  assert.equal(elementOf(await ask('GetAccessKeyInfo', { AccessKeyId }, session), 'Account'), accountId);
  const own = sessionIn(await ask('GetSessionToken'));
  assert.deepEqual(told(await ask('GetAccessKeyInfo', { AccessKeyId }, own)), [403, 'AccessDenied']);
  const EncodedMessage = '0123456789ABCDEF';
  assert.deepEqual(told(await ask('DecodeAuthorizationMessage', { EncodedMessage }, own)), [403, 'AccessDenied']);
});

test('keys of others are as those that nobody has', async () => {
  await server.identity.createAccount({ name: 'other' });
  const { accessKeyId } = await server.identity.createAccessKey({ account: 'other' });
  const [foreign, unknown] = [
    await ask('GetAccessKeyInfo', { AccessKeyId: accessKeyId }),
    await ask('GetAccessKeyInfo', { AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' }),
  ];
  assert.deepEqual(told(foreign), [403, 'AccessDenied']);
  assert.deepEqual(told(foreign), told(unknown));
});

test('a refused request is decoded by its id, for its own account alone', async () => {
  const { keys, user } = await makeUser(server, { name: 'refused', policies: [[may('s3:GetObject')]] });
  await asSession(server, { credentials: server.root }, { method: 'PUT', path: '/bucket' });
  const refused = await asSession(server, { credentials: keys }, { method: 'GET', path: '/bucket' });
  assert.equal(refused.status, 403);
  await server.settle();
  const EncodedMessage = refused.headers['x-amz-request-id'] ?? '';
  const answer = await ask('DecodeAuthorizationMessage', { EncodedMessage });
  assert.equal(answer.status, 200, answer.text);
  const message = JSON.parse((elementOf(answer, 'DecodedMessage') ?? '').replaceAll('&quot;', '"')) as {
    allowed: boolean;
    explicitDeny: boolean;
    context: { action: string; resource: string; principal: { arn: string } };
  };
  assert.deepEqual([message.allowed, message.explicitDeny], [false, false]);
  assert.deepEqual(
    [message.context.action, message.context.resource, message.context.principal.arn],
    ['s3:ListBucket', 'arn:aws:s3:::bucket', `arn:aws:iam::${user.accountId}:user/refused`],
  );
  await server.identity.createAccount({ name: 'stranger' });
  const stranger = await server.identity.createAccessKey({ account: 'stranger' });
  const foreign = await ask('DecodeAuthorizationMessage', { EncodedMessage }, { credentials: stranger });
  assert.deepEqual(told(foreign), [400, 'InvalidAuthorizationMessageException']);
  const nonsense = await ask('DecodeAuthorizationMessage', { EncodedMessage: 'nonsense' });
  assert.deepEqual(told(nonsense), [400, 'InvalidAuthorizationMessageException']);
});
