import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { adminOperations } from '../../src/admin-api/admin-operations.ts';
import {
  identityActionNamed,
  identityActions,
  identityActionsMatching,
} from '../../src/domain/policy/identity-actions.ts';
import { identityConditionKeyNamed, identityConditionKeys } from '../../src/domain/policy/identity-condition-keys.ts';
import type { SignedPrincipal } from '../../src/domain/principal.ts';
import { iamOperations } from '../../src/iam-api/iam-operations.ts';
import { stsOperations } from '../../src/sts-api/sts-operations.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { adminRequests } from './requests/admin-requests.ts';
import { policyRequests } from './requests/policy-requests.ts';
import { stsRequests } from './requests/sts-requests.ts';
import { userRequests } from './requests/user-requests.ts';

let server: TestServer;
let root: SignedPrincipal;
before(async () => {
  server = await startS3Server();
  const account = await server.identity.resolveAccount('root');
  root = { kind: 'account', account, accessKeyId: server.root.accessKeyId };
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const names = identityActions.map(({ name }) => name);

test('no action is listed twice', () => {
  assert.equal(new Set(names.map((name) => name.toLowerCase())).size, names.length);
});

const apis = { iam: iamOperations, sts: stsOperations, cairn: adminOperations };

test('what the program asks its gate for, or answers without, are the actions that are listed, and no others', () => {
  const sources = globSync('src/{iam-api,sts-api,admin-api,services}/**/*.ts', {
    exclude: ['**/aws-managed-policies.ts'],
  });
  assert.ok(sources.length > 100);
  const asked = new Set(
    sources.flatMap((path) => readFileSync(path, 'utf8').match(/(?<=')(?:iam|sts|cairn):[A-Z][A-Za-z]+(?=')/g) ?? []),
  );
  for (const [service, operations] of Object.entries(apis)) {
    for (const { name, openTo } of operations) if (openTo !== 'granted') asked.add(`${service}:${name}`);
  }
  assert.deepEqual([...asked].sort(), [...names].sort());
});

test('the keys that requests have are known', () => {
  const sources = globSync('src/{iam-api,sts-api,admin-api,services}/**/*.ts').map((path) =>
    readFileSync(path, 'utf8'),
  );
  const asked = new Set(sources.flatMap((source) => source.match(/(?<=')(?:iam|sts):[a-z]+(?=')/g) ?? []));
  assert.ok(asked.size > 3);
  for (const key of asked) assert.ok(identityConditionKeyNamed(key), key);
});

const patterns: Readonly<Record<string, RegExp>> = {
  user: /^arn:aws:iam::\d+:(?:user\/|root$)/,
  group: /^arn:aws:iam::\d+:group\//,
  role: /^arn:aws:iam::\d+:role\//,
  policy: /^arn:aws:iam::(?:\d+|aws):policy\//,
  'oidc-provider': /^arn:aws:iam::\d+:oidc-provider\//,
  'federated-user': /^arn:aws:sts::\d+:federated-user\//,
  tenant: /^arn:aws:cairn::(?:\d*|\*):tenant\//,
};

test('each action is asked for on resources of the types that are listed', async () => {
  const requests: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    ...userRequests,
    ...policyRequests,
    ...stsRequests,
    ...adminRequests,
  };
  const wrong: string[] = [];
  for (const operation of Object.values(apis).flat()) {
    if (operation.openTo !== 'granted') continue;
    const source = new Map(Object.entries(requests[operation.name] ?? {}));
    const grants = (await operation.prepare(source, server.identities).grants(root)) ?? [];
    for (const { action, resource } of grants) {
      const types = identityActionNamed(action)?.resources;
      const arn = 'arn' in resource ? resource.arn : '*';
      const fits = types?.length === 0 ? true : types?.some((type) => patterns[type]?.test(arn));
      if (!fits) wrong.push(`${operation.name} asks for ${action} on ${arn}: ${types}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('actions and keys are found whatever their case', () => {
  assert.deepEqual(identityActionNamed('IAM:getuser')?.resources, ['user']);
  assert.equal(identityActionNamed('iam:Nonsense'), undefined);
  assert.equal(identityActionsMatching('*').length, identityActions.length);
  assert.deepEqual(
    identityActionsMatching('iam:*RolePermissionsBoundary').map(({ name }) => name),
    ['iam:DeleteRolePermissionsBoundary', 'iam:PutRolePermissionsBoundary'],
  );
  assert.equal(identityConditionKeyNamed('IAM:policyarn')?.name, 'iam:PolicyARN');
  assert.equal(identityConditionKeyNamed('iam:resourcetag/Team')?.name, 'iam:ResourceTag/');
  for (const none of ['iam:ResourceTag/', 'iam:ResourceTag', 'iam:PolicyARN/x', 'iam:']) {
    assert.equal(identityConditionKeyNamed(none), undefined, none);
  }
  assert.equal(identityConditionKeys.length, new Set(identityConditionKeys.map(({ name }) => name.toLowerCase())).size);
});
