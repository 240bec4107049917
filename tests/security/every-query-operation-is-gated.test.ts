import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { adminOperations } from '../../src/admin-api/admin-operations.ts';
import { iamOperations } from '../../src/iam-api/iam-operations.ts';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { stsOperations } from '../../src/sts-api/sts-operations.ts';
import { makeUser } from '../identity/make-user.ts';
import { openToAnyone, openToSigned } from '../identity/open-operations.ts';
import { adminRequests } from '../identity/requests/admin-requests.ts';
import { policyRequests } from '../identity/requests/policy-requests.ts';
import { stsRequests } from '../identity/requests/sts-requests.ts';
import { userRequests } from '../identity/requests/user-requests.ts';
import { elementOf, sendQuery } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
let powerless: AccessKeyPair;
let denied: AccessKeyPair;
before(async () => {
  server = await startS3Server();
  powerless = (await makeUser(server, { name: 'powerless' })).keys;
  const all = { Action: '*', Resource: '*' };
  const policies = [
    [
      { ...all, Effect: 'Allow' },
      { ...all, Effect: 'Deny' },
    ],
  ];
  denied = (await makeUser(server, { name: 'denied', policies })).keys;
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const apis = [
  { service: 'iam', operations: iamOperations, requests: { ...userRequests, ...policyRequests } },
  { service: 'sts', operations: stsOperations, requests: stsRequests },
  { service: 'cairn', operations: adminOperations, requests: adminRequests },
] as const;

test('what is open to whoever signs, or to anyone, is known', () => {
  const all = apis.flatMap(({ operations }) => operations);
  const names = (openTo: string) =>
    all
      .filter((operation) => operation.openTo === openTo)
      .map(({ name }) => name)
      .sort();
  assert.deepEqual(names('signed'), [...openToSigned].sort());
  assert.deepEqual(names('anyone'), [...openToAnyone].sort());
});

for (const { service, operations, requests } of apis) {
  test(`there is a request for every action of ${service}, and no name twice`, () => {
    const names = operations.map(({ name }) => name).sort();
    assert.deepEqual(names, Object.keys(requests).sort());
  });

  const known: Readonly<Record<string, Readonly<Record<string, string>>>> = requests;
  for (const { name, openTo } of operations) {
    if (openTo !== 'granted') continue;
    test(`${service}:${name} is refused to who has no right, and to who is denied it`, async () => {
      const parameters = { Action: name, ...known[name] };
      for (const credentials of [powerless, denied]) {
        const response = await sendQuery(server, { service, parameters, credentials });
        assert.deepEqual([response.status, elementOf(response, 'Code')], [403, 'AccessDenied'], response.text);
      }
      const credentials = { ...server.root, secretAccessKey: 'wrong' };
      const forged = await sendQuery(server, { service, parameters, credentials });
      assert.deepEqual([forged.status, elementOf(forged, 'Code')], [403, 'SignatureDoesNotMatch']);
    });
  }
}
