import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Calls, callsOf } from '../identity/identity-calls.ts';
import { makeUser } from '../identity/make-user.ts';
import { elementOf } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
let call: Calls;
let accountId: string;
before(async () => {
  server = await startS3Server();
  call = callsOf(server);
  accountId = (await server.identity.resolveAccount('root')).accountId;
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

test('a new name and a new path; the user stays who it is', async () => {
  const made = await call.ok('CreateUser', { UserName: 'before' });
  await call.ok('UpdateUser', { UserName: 'before', NewUserName: 'after', NewPath: '/moved/' });
  const found = await call.ok('GetUser', { UserName: 'after' });
  assert.equal(elementOf(found, 'UserId'), elementOf(made, 'UserId'));
  assert.equal(elementOf(found, 'Arn'), `arn:aws:iam::${accountId}:user/moved/after`);
  await call.fails('404 NoSuchEntity', 'GetUser', { UserName: 'before' });
  await call.ok('CreateUser', { UserName: 'before' });
  await call.ok('UpdateUser', { UserName: 'after', NewUserName: 'AFTER' });
  assert.equal(elementOf(await call.ok('GetUser', { UserName: 'after' }), 'UserName'), 'AFTER');
});

test('a name that is taken, and a user that is not there', async () => {
  await call.ok('CreateUser', { UserName: 'one' });
  await call.ok('CreateUser', { UserName: 'two' });
  await call.fails('409 EntityAlreadyExists', 'UpdateUser', { UserName: 'one', NewUserName: 'TWO' });
  await call.fails('404 NoSuchEntity', 'UpdateUser', { UserName: 'three', NewUserName: 'four' });
  await call.fails('400 ValidationError', 'UpdateUser', { UserName: 'one', NewPath: 'x' });
});

test('takes the right on the user as it is and as it will be', async () => {
  await call.ok('CreateUser', { UserName: 'plain' });
  await call.ok('CreateUser', { UserName: 'boss', Path: '/bosses/' });
  const { keys } = await makeUser(server, {
    name: 'mover',
    policies: [
      [
        { Effect: 'Allow', Action: 'iam:UpdateUser', Resource: '*' },
        { Effect: 'Deny', Action: 'iam:UpdateUser', Resource: `arn:aws:iam::${accountId}:user/bosses/*` },
      ],
    ],
  });
  const more = { credentials: keys };
  await call.fails('403 AccessDenied', 'UpdateUser', { UserName: 'plain', NewPath: '/bosses/' }, more);
  await call.fails('403 AccessDenied', 'UpdateUser', { UserName: 'boss', NewPath: '/' }, more);
  await call.ok('UpdateUser', { UserName: 'plain', NewPath: '/others/' }, more);
});

test('requests go by the new name at once', async () => {
  const { keys } = await makeUser(server, {
    name: 'old-name',
    policies: [[{ Effect: 'Allow', Action: 'iam:GetUser', Resource: `arn:aws:iam::*:user/new-name` }]],
  });
  await call.fails('403 AccessDenied', 'GetUser', {}, { credentials: keys });
  await call.ok('UpdateUser', { UserName: 'old-name', NewUserName: 'new-name' });
  await call.ok('GetUser', {}, { credentials: keys });
});
