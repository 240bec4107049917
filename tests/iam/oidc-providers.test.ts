import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readIdentityCounters } from '../../src/services/identity/identity-counters.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { elementOf } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { elementsOf, IamAsker, pagesOf } from './ask-policies.ts';

let server: TestServer;
let iam: IamAsker;
let accountId: string;
before(async () => {
  server = await startS3Server({ outboundAllow: ['127.0.0.0/8'] });
  iam = new IamAsker(server);
  accountId = (await server.identity.resolveAccount('root')).accountId;
});
after(async () => {
  const violations: unknown[] = [];
  for await (const violation of verifyStore(server.context)) violations.push(violation);
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
  assert.deepEqual(violations, []);
});

const arnOf = (url: string) => `arn:aws:iam::${accountId}:oidc-provider/${url}`;

test('a provider, from its making to its end', async () => {
  const thumbprint = 'A'.repeat(40);
  const Url = 'https://id.example.com/realms/x';
  const made = await iam.done('CreateOpenIDConnectProvider', {
    Url,
    'ClientIDList.member.1': 'one',
    'ClientIDList.member.2': 'one',
    'ThumbprintList.member.1': thumbprint,
    'Tags.member.1.Key': 'team',
    'Tags.member.1.Value': 'blue',
  });
  const provider = { OpenIDConnectProviderArn: arnOf('id.example.com/realms/x') };
  assert.equal(elementOf(made, 'OpenIDConnectProviderArn'), provider.OpenIDConnectProviderArn);
  assert.deepEqual(await iam.failure('CreateOpenIDConnectProvider', { Url }), [409, 'EntityAlreadyExists']);
  const read = await iam.done('GetOpenIDConnectProvider', provider);
  assert.equal(elementOf(read, 'Url'), 'id.example.com/realms/x');
  assert.match(read.text, /<ClientIDList><member>one<\/member><\/ClientIDList>/);
  assert.match(read.text, new RegExp(`<ThumbprintList><member>${thumbprint}</member></ThumbprintList>`));
  for (let i = 0; i < 2; i++) {
    await iam.done('AddClientIDToOpenIDConnectProvider', { ...provider, ClientID: 'two' });
    await iam.done('RemoveClientIDFromOpenIDConnectProvider', { ...provider, ClientID: 'one' });
    await iam.done('UpdateOpenIDConnectProviderThumbprint', { ...provider, 'ThumbprintList.member.1': 'b'.repeat(40) });
    await iam.done('TagOpenIDConnectProvider', { ...provider, 'Tags.member.1.Key': 'x', 'Tags.member.1.Value': 'y' });
  }
  const changed = await iam.done('GetOpenIDConnectProvider', provider);
  assert.match(changed.text, /<ClientIDList><member>two<\/member><\/ClientIDList>/);
  assert.match(changed.text, /<ThumbprintList><member>b{40}<\/member><\/ThumbprintList>/);
  const tags = await pagesOf(iam, 'ListOpenIDConnectProviderTags', { element: 'Key', ...provider, MaxItems: '1' });
  assert.deepEqual(tags, { found: ['team', 'x'], pages: 2 });
  await iam.done('UntagOpenIDConnectProvider', { ...provider, 'TagKeys.member.1': 'TEAM' });
  assert.deepEqual(elementsOf(await iam.done('ListOpenIDConnectProviderTags', provider), 'Key'), ['x']);
  assert.deepEqual(elementsOf(await iam.done('ListOpenIDConnectProviders'), 'Arn'), [
    provider.OpenIDConnectProviderArn,
  ]);
  assert.equal((await readIdentityCounters(server.context.metadata, accountId)).oidcProvider, 1);
  for (let i = 0; i < 2; i++) await iam.done('DeleteOpenIDConnectProvider', provider);
  assert.deepEqual(await iam.failure('GetOpenIDConnectProvider', provider), [404, 'NoSuchEntity']);
  assert.deepEqual(await iam.failure('AddClientIDToOpenIDConnectProvider', { ...provider, ClientID: 'x' }), [
    404,
    'NoSuchEntity',
  ]);
  assert.equal((await readIdentityCounters(server.context.metadata, accountId)).oidcProvider, 0);
});

test('addresses that are none, and those without TLS', async () => {
  for (const Url of [
    'id.example.com',
    'ftp://id.example.com',
    'https://',
    'https://user:password@id.example.com',
    'https://id.example.com?query',
    'https://id.example.com#fragment',
    'https://id.example.com/a b',
    'https://id.example.com/*',
    'http://id.example.invalid',
    'http://192.0.2.1',
    'http://8.8.8.8/',
  ]) {
    assert.deepEqual(await iam.failure('CreateOpenIDConnectProvider', { Url }), [400, 'InvalidInput'], Url);
  }
  assert.deepEqual(await iam.failure('CreateOpenIDConnectProvider', { Url: `https://${'x'.repeat(255)}` }), [
    400,
    'ValidationError',
  ]);
  const made = await iam.done('CreateOpenIDConnectProvider', { Url: 'http://127.0.0.1:8080/issuer/' });
  const arn = arnOf('127.0.0.1:8080/issuer/');
  assert.equal(elementOf(made, 'OpenIDConnectProviderArn'), arn);
  assert.equal((await server.identities.providers.get(accountId, '127.0.0.1:8080/issuer/')).plainHttp, true);
  await iam.done('DeleteOpenIDConnectProvider', { OpenIDConnectProviderArn: arn });
});

test('what is no ARN, and what is another account’s', async () => {
  const action = 'GetOpenIDConnectProvider';
  const of = (OpenIDConnectProviderArn: string) => iam.failure(action, { OpenIDConnectProviderArn });
  assert.deepEqual(await of('something that is no ARN'), [400, 'InvalidInput']);
  assert.deepEqual(await of('arn:aws:iam::999999999999:oidc-provider/id.example.com'), [403, 'AccessDenied']);
});
