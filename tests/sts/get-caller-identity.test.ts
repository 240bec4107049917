import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeUser } from '../identity/make-user.ts';
import { elementOf, sendQuery, sendUnsignedQuery } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
before(async () => {
  server = await startS3Server();
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const ask = { service: 'sts', parameters: { Action: 'GetCallerIdentity' } } as const;

test('tells whoever signs who they are, even where a policy denies it', async () => {
  const { accountId } = await server.identity.resolveAccount('root');
  const root = await sendQuery(server, ask);
  assert.equal(root.status, 200, root.text);
  assert.match(root.text, /<GetCallerIdentityResponse xmlns="https:\/\/sts.amazonaws.com\/doc\/2011-06-15\/">/);
  assert.deepEqual(
    [elementOf(root, 'Arn'), elementOf(root, 'UserId'), elementOf(root, 'Account')],
    [`arn:aws:iam::${accountId}:root`, accountId, accountId],
  );
  const { keys, user } = await makeUser(server, {
    name: 'denied',
    policies: [[{ Effect: 'Deny', Action: '*', Resource: '*' }]],
  });
  const denied = await sendQuery(server, { ...ask, credentials: keys });
  assert.deepEqual(
    [elementOf(denied, 'Arn'), elementOf(denied, 'UserId')],
    [`arn:aws:iam::${accountId}:user/denied`, user.id],
  );
});

test('nobody without a signature', async () => {
  const response = await sendUnsignedQuery(server, { ...ask.parameters, Version: '2011-06-15' });
  assert.deepEqual([response.status, elementOf(response, 'Code')], [403, 'MissingAuthenticationToken']);
});

test('a signature for another service is none for this one', async () => {
  const response = await sendQuery(server, {
    service: 'iam',
    parameters: { ...ask.parameters, Version: '2011-06-15' },
  });
  assert.equal(elementOf(response, 'Code'), 'InvalidAction');
});
