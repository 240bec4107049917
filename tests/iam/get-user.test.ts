import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeUser } from '../identity/make-user.ts';
import { elementOf, sendQuery } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
before(async () => {
  server = await startS3Server();
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

test('finds a user by name, whatever its case', async () => {
  await makeUser(server, { name: 'Alice' });
  const response = await sendQuery(server, { parameters: { Action: 'GetUser', UserName: 'alice' } });
  assert.equal(response.status, 200, response.text);
  assert.equal(elementOf(response, 'UserName'), 'Alice');
});

test('a user that is not there', async () => {
  const response = await sendQuery(server, { parameters: { Action: 'GetUser', UserName: 'nobody' } });
  assert.deepEqual([response.status, elementOf(response, 'Code')], [404, 'NoSuchEntity']);
  assert.equal(elementOf(response, 'Message'), 'The user with name nobody cannot be found.');
});

test('without a name it is about the caller', async () => {
  const root = await sendQuery(server, { parameters: { Action: 'GetUser' } });
  assert.match(elementOf(root, 'Arn') ?? '', /:root$/);
  const { keys, user } = await makeUser(server, {
    name: 'self',
    policies: [[{ Effect: 'Allow', Action: 'iam:GetUser', Resource: `arn:aws:iam::*:user/\${aws:username}` }]],
  });
  const own = await sendQuery(server, { parameters: { Action: 'GetUser' }, credentials: keys });
  assert.equal(elementOf(own, 'UserId'), user.id, own.text);
  const other = await sendQuery(server, { parameters: { Action: 'GetUser', UserName: 'Alice' }, credentials: keys });
  assert.equal(other.status, 403);
});

test('users of other accounts are not to be seen', async () => {
  await server.identity.createAccount({ name: 'other' });
  const credentials = await server.identity.createAccessKey({ account: 'other' });
  await makeUser(server, { name: 'hidden' });
  const response = await sendQuery(server, { parameters: { Action: 'GetUser', UserName: 'hidden' }, credentials });
  assert.equal(elementOf(response, 'Code'), 'NoSuchEntity');
});
