import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { allOperations } from '../identity/all-operations.ts';
import { makeUser } from '../identity/make-user.ts';
import { elementOf, sendQuery, sendUnsignedQuery } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
let ofS3AndIam: AccessKeyPair;
before(async () => {
  server = await startS3Server();
  ofS3AndIam = (
    await makeUser(server, {
      name: 's3-and-iam',
      attached: ['arn:aws:iam::aws:policy/AmazonS3FullAccess', 'arn:aws:iam::aws:policy/IAMFullAccess'],
    })
  ).keys;
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const ofCairn = allOperations.filter(({ service }) => service === 'cairn');

test('there are such actions', () => assert.ok(ofCairn.length > 10));

for (const { name, parameters, openTo } of ofCairn) {
  test(`cairn:${name} needs just its right`, async () => {
    assert.equal(openTo, 'granted');
    const all = { Effect: 'Allow', Action: '*', Resource: '*' };
    const but = { Effect: 'Deny', Action: `cairn:${name}`, Resource: '*' };
    const { keys: allBut } = await makeUser(server, { name: `all-but-${name}`, policies: [[all, but]] });
    const asked = { Action: name, ...parameters };
    for (const credentials of [allBut, ofS3AndIam]) {
      const response = await sendQuery(server, { service: 'cairn', parameters: asked, credentials });
      assert.deepEqual([response.status, elementOf(response, 'Code')], [403, 'AccessDenied'], response.text);
    }
    const unsigned = await sendUnsignedQuery(server, asked);
    assert.ok(unsigned.status >= 400 && unsigned.status < 500, unsigned.text);
    assert.equal(unsigned.text.includes('Response>') && !unsigned.text.includes('Error'), false);
  });
}
