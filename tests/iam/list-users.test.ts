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
  for (const name of ['dora', 'Anna', 'bert', 'carl']) await call.ok('CreateUser', { UserName: name });
  await call.ok('CreateUser', { UserName: 'eve', Path: '/away/' });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

test('lists users in the order of their names, a page at a time', async () => {
  const all = await call.ok('ListUsers');
  assert.deepEqual(elementsOf(all, 'UserName'), ['Anna', 'bert', 'carl', 'dora', 'eve']);
  assert.equal(elementOf(all, 'IsTruncated'), 'false');
  assert.equal(elementOf(all, 'Marker'), undefined);
  const names: string[] = [];
  for (let marker: string | undefined = ''; marker !== undefined; ) {
    const page = await call.ok('ListUsers', { MaxItems: '2', ...(marker === '' ? {} : { Marker: marker }) });
    names.push(...elementsOf(page, 'UserName'));
    marker = elementOf(page, 'Marker');
    assert.equal(elementOf(page, 'IsTruncated'), String(marker !== undefined));
  }
  assert.deepEqual(names, ['Anna', 'bert', 'carl', 'dora', 'eve']);
});

test('only below a path', async () => {
  assert.deepEqual(elementsOf(await call.ok('ListUsers', { PathPrefix: '/away/' }), 'UserName'), ['eve']);
  assert.deepEqual(elementsOf(await call.ok('ListUsers', { PathPrefix: '/nowhere' }), 'UserName'), []);
});

test('markers and sizes that are none', async () => {
  for (const bad of [{ Marker: '%%%' }, { Marker: 'AA' }, { MaxItems: '0' }, { MaxItems: '1001' }, { MaxItems: 'x' }]) {
    await call.fails('400 ValidationError', 'ListUsers', bad as unknown as Record<string, string>);
  }
  await call.fails('400 ValidationError', 'ListUsers', { PathPrefix: 'away' });
});

test('a policy may let somebody list below a path alone', async () => {
  const { accountId } = await server.identity.resolveAccount('root');
  const Resource = `arn:aws:iam::${accountId}:user/away/*`;
  const { keys } = await makeUser(server, {
    name: 'lister',
    policies: [[{ Effect: 'Allow', Action: 'iam:ListUsers', Resource }]],
  });
  const more = { credentials: keys };
  assert.deepEqual(elementsOf(await call.ok('ListUsers', { PathPrefix: '/away/' }, more), 'UserName'), ['eve']);
  await call.fails('403 AccessDenied', 'ListUsers', {}, more);
});

test('other accounts have users of their own', async () => {
  await server.identity.createAccount({ name: 'other' });
  const credentials = await server.identity.createAccessKey({ account: 'other' });
  await call.ok('CreateUser', { UserName: 'bert' }, { credentials });
  const listed = await call.ok('ListUsers', {}, { credentials });
  assert.deepEqual(elementsOf(listed, 'UserName'), ['bert']);
});
