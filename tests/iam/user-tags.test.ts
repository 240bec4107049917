import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Calls, callsOf, elementsOf } from '../identity/identity-calls.ts';
import { makeUser } from '../identity/make-user.ts';
import { elementOf } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
let call: Calls;
before(async () => {
  server = await startS3Server();
  call = callsOf(server);
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

function tagged(tags: Readonly<Record<string, string>>): Record<string, string> {
  const pairs = Object.entries(tags).flatMap(([key, value], i) => [
    [`Tags.member.${i + 1}.Key`, key],
    [`Tags.member.${i + 1}.Value`, value],
  ]);
  return Object.fromEntries(pairs);
}

test('tags are set, replaced whatever the case of their keys, and taken away', async () => {
  const UserName = 'tagged';
  await call.ok('CreateUser', { UserName, ...tagged({ team: 'blue', room: '1' }) });
  await call.ok('TagUser', { UserName, ...tagged({ Team: 'red', größe: 'XL' }) });
  const listed = await call.ok('ListUserTags', { UserName });
  assert.deepEqual(elementsOf(listed, 'Key'), ['Team', 'größe', 'room']);
  assert.deepEqual(elementsOf(listed, 'Value'), ['red', 'XL', '1']);
  const first = await call.ok('ListUserTags', { UserName, MaxItems: '2' });
  const rest = await call.ok('ListUserTags', { UserName, Marker: elementOf(first, 'Marker') ?? '' });
  assert.deepEqual(elementsOf(rest, 'Key'), ['room']);
  await call.ok('UntagUser', { UserName, 'TagKeys.member.1': 'TEAM', 'TagKeys.member.2': 'none' });
  assert.deepEqual(elementsOf(await call.ok('GetUser', { UserName }), 'Key'), ['room', 'größe']);
});

test('fifty at most, and none of the system', async () => {
  const UserName = 'many';
  const fifty = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`key${i}`, 'x']));
  await call.ok('CreateUser', { UserName, ...tagged(fifty) });
  await call.fails('409 LimitExceeded', 'TagUser', { UserName, ...tagged({ more: 'x' }) });
  await call.ok('TagUser', { UserName, ...tagged({ KEY0: 'y' }) });
  await call.fails('400 InvalidInput', 'TagUser', { UserName, ...tagged({ 'aws:x': 'y' }) });
  await call.fails('404 NoSuchEntity', 'TagUser', { UserName: 'nobody', ...tagged({ a: 'b' }) });
});

test('policies ask for tags of the request, and of the user', async () => {
  await call.ok('CreateUser', { UserName: 'blue', ...tagged({ team: 'blue' }) });
  await call.ok('CreateUser', { UserName: 'red', ...tagged({ team: 'red' }) });
  const allow = { Effect: 'Allow', Resource: '*' };
  const { keys } = await makeUser(server, {
    name: 'tagger',
    policies: [
      [
        {
          ...allow,
          Action: ['iam:TagUser', 'iam:UntagUser'],
          Condition: {
            StringEquals: { 'aws:ResourceTag/team': 'blue' },
            'ForAllValues:StringEquals': { 'aws:TagKeys': ['room'] },
          },
        },
      ],
    ],
  });
  const more = { credentials: keys };
  await call.ok('TagUser', { UserName: 'blue', ...tagged({ room: '1' }) }, more);
  await call.fails('403 AccessDenied', 'TagUser', { UserName: 'red', ...tagged({ room: '1' }) }, more);
  await call.fails('403 AccessDenied', 'TagUser', { UserName: 'blue', ...tagged({ team: 'red' }) }, more);
  await call.fails('403 AccessDenied', 'UntagUser', { UserName: 'blue', 'TagKeys.member.1': 'team' }, more);
  await call.ok('UntagUser', { UserName: 'blue', 'TagKeys.member.1': 'room' }, more);
});
