import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { revokeSessions } from '../../src/services/identity/sessions/revoke-sessions.ts';
import { makeUser } from '../identity/make-user.ts';
import { startS3Server } from '../s3-server.ts';
import { signV4 } from '../signing/sign-v4.ts';
import { makeRole, may, trusting } from './make-role.ts';
import { asSession, sessionIn, sts } from './sessions.ts';

/** Somebody listens with a session of a role. */
async function listening(t: TestContext) {
  const server = await startS3Server({ longestStreamMilliseconds: 60_000 });
  t.after(() => server[Symbol.asyncDispose]());
  const { accountId } = await server.identity.resolveAccount('root');
  const put = async (key: string) => {
    const written = await asSession(server, { credentials: server.root }, { method: 'PUT', path: `/heard${key}` });
    assert.equal(written.status, 200, written.text);
  };
  await put('');
  const { keys } = await makeUser(server, { name: 'alice', policies: [[may('sts:*')]] });
  const role = await makeRole(server, { name: 'ears', trust: [trusting(accountId)], policy: [may('s3:*')] });
  const answer = await sts(server)('AssumeRole', { RoleArn: role.arn, RoleSessionName: 'ab' }, { credentials: keys });
  const { credentials, token } = sessionIn(answer);
  const signed = signV4({
    method: 'GET',
    path: '/heard',
    query: [['events', 's3:ObjectCreated:*']],
    headers: { 'x-amz-security-token': token },
    host: server.host,
    credentials,
    date: new Date(),
  });
  const outgoing = request({
    host: '127.0.0.1',
    port: server.port,
    method: 'GET',
    path: signed.target,
    headers: signed.headers,
    agent: false,
  });
  outgoing.on('error', () => undefined);
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  assert.equal(response.statusCode, 200);
  response.setEncoding('utf8');
  const pieces = response[Symbol.asyncIterator]();
  let told = '';
  return {
    server,
    accountId,
    keys,
    put,
    /** All that is told until `text` is, or to the end. */
    async heard(text: string) {
      while (!told.includes(text)) {
        const { value, done } = await pieces.next();
        if (done) return told;
        told += value;
      }
      return told;
    },
    begun: () => pieces.next(),
  };
}

test('a stream of a session goes on, and ends when its sessions are revoked', async (t) => {
  const { server, accountId, put, heard, begun } = await listening(t);
  await begun();
  await put('/first');
  assert.match(await heard('first'), /first/);
  await revokeSessions(server.context.metadata, { accountId, kind: 'role', name: 'ears', now: Date.now() });
  await put('/second');
  assert.equal((await heard('second')).includes('second'), false);
});

test('so it does with the key that the session was asked for with', async (t) => {
  const { server, keys, put, heard, begun } = await listening(t);
  await begun();
  await put('/first');
  assert.match(await heard('first'), /first/);
  await server.identity.setAccessKeyStatus(keys.accessKeyId, 'inactive');
  await put('/second');
  assert.equal((await heard('second')).includes('second'), false);
});
