import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { allOperations } from '../identity/all-operations.ts';
import { documentOf, makeUser } from '../identity/make-user.ts';
import { elementOf, sendQuery } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
let rootId: string;
let foreignId: string;
let attackers: readonly AccessKeyPair[];
/** What the attacked tenant's things are called by, for parameters of that name. */
let victims: Readonly<Record<string, string>>;
/** In nothing that a stranger is answered. */
const marker = 'MARKER-OF-THE-OTHER-TENANT';
const everything = documentOf([{ Effect: 'Allow', Action: '*', Resource: '*' }]);

before(async () => {
  server = await startS3Server({ keepsRefusals: true });
  rootId = (await server.identity.resolveAccount('root')).accountId;
  foreignId = (await server.identity.createAccount({ name: 'foreign' })).accountId;
  const policies = [[{ Effect: 'Allow', Action: '*', Resource: '*' }]];
  attackers = [
    await server.identity.createAccessKey({ account: 'foreign' }),
    (await makeUser(server, { name: 'tenant-admin', account: 'foreign', policies })).keys,
  ];
  victims = await makeVictims();
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

async function asRoot(Action: string, parameters: Readonly<Record<string, string>>, service: 'iam' | 'cairn' = 'iam') {
  const response = await sendQuery(server, { service, parameters: { Action, ...parameters } });
  assert.equal(response.status, 200, `${Action} ${response.text}`);
  return response;
}

/** One of each kind in the system account, under the names that requests use, with the marker wherever there is room. */
async function makeVictims(): Promise<Readonly<Record<string, string>>> {
  const tags = { 'Tags.member.1.Key': 'team', 'Tags.member.1.Value': marker };
  const user = { UserName: 'somebody' };
  await asRoot('CreateUser', { ...user, Path: `/${marker}/`, ...tags });
  await asRoot('CreateGroup', { GroupName: 'some', Path: `/${marker}/` });
  await asRoot('AddUserToGroup', { GroupName: 'some', ...user });
  const trust = documentOf([{ Effect: 'Allow', Principal: { AWS: rootId }, Action: 'sts:AssumeRole' }]);
  await asRoot('CreateRole', { RoleName: 'something', AssumeRolePolicyDocument: trust, Description: marker, ...tags });
  const policy = await asRoot('CreatePolicy', { PolicyName: 'some', PolicyDocument: everything, Description: marker });
  const inline = {
    PolicyName: 'inline',
    PolicyDocument: documentOf([{ Sid: marker.replaceAll('-', ''), Effect: 'Allow', Action: '*', Resource: '*' }]),
  };
  await asRoot('PutUserPolicy', { ...user, ...inline });
  await asRoot('PutGroupPolicy', { GroupName: 'some', ...inline });
  await asRoot('PutRolePolicy', { RoleName: 'something', ...inline });
  const provider = await asRoot('CreateOpenIDConnectProvider', {
    Url: 'https://id.example.com',
    'ClientIDList.member.1': marker,
  });
  const key = await asRoot('CreateAccessKey', user);
  await asRoot('CreateLoginProfile', { ...user, Password: 'correct Horse 9' });
  const service = await asRoot('CreateServiceAccount', { ...user, Name: 'some', Description: marker }, 'cairn');
  const { keys } = await makeUser(server, { name: 'refused' });
  const refusal = await sendQuery(server, {
    parameters: { Action: 'GetUser', UserName: 'somebody' },
    credentials: keys,
  });
  await server.settle();
  return {
    AccessKeyId: elementOf(key, 'AccessKeyId')!,
    ServiceAccountKeyId: elementOf(service, 'AccessKeyId')!,
    PolicyArn: elementOf(policy, 'Arn')!,
    OpenIDConnectProviderArn: elementOf(provider, 'OpenIDConnectProviderArn')!,
    PolicySourceArn: `arn:aws:iam::${rootId}:user/somebody`,
    RoleArn: `arn:aws:iam::${rootId}:role/something`,
    Tenant: rootId,
    RequestId: elementOf(refusal, 'RequestId')!,
    EncodedMessage: elementOf(refusal, 'RequestId')!,
  };
}

/** Everything stored that has nothing of the attackers in it, by key. */
async function storedOfOthers(): Promise<Map<string, string>> {
  const entries = await server.context.metadata.range({
    from: Buffer.from([0]),
    to: Buffer.from([255]),
    limit: 100_000,
  });
  assert.ok(entries.length > 20);
  return new Map(
    entries
      .filter(({ key, value }) => !key.includes(foreignId) && !value.includes(foreignId) && !volatile.has(key[0]!))
      .map(({ key, value }) => [key.toString('hex'), value.toString('hex')]),
  );
}
/** Refusals are kept of whoever asks. */
const volatile = new Set([0xb3, 0xb4, 0xb5, 0xb6]);

for (const { service, name, parameters } of allOperations) {
  test(`${service}:${name} with another tenant’s names and ARNs reaches nothing of it`, async () => {
    const variants = [{}, { AccessKeyId: victims.ServiceAccountKeyId! }];
    const before = await storedOfOthers();
    for (const credentials of attackers) {
      for (const variant of 'AccessKeyId' in parameters ? variants : [{}]) {
        const asked: Record<string, string> = { Action: name, ...parameters };
        for (const [parameter, value] of Object.entries({ ...victims, ...variant })) {
          if (parameter in asked) asked[parameter] = value;
        }
        const response = await sendQuery(server, { service, parameters: asked, credentials });
        assert.ok(response.status < 500, response.text);
        const echoed = Object.values(asked).reduce((text, value) => text.replaceAll(value, ''), response.text);
        for (const secret of [marker, marker.replaceAll('-', '')]) {
          assert.equal(echoed.includes(secret), false, response.text);
        }
        const isAboutTenant = [
          'Tenant',
          'PolicyArn',
          'OpenIDConnectProviderArn',
          'PolicySourceArn',
          'RequestId',
          'EncodedMessage',
        ].some((one) => one in asked);
        if (isAboutTenant || ('AccessKeyId' in asked && name !== 'GetAccessKeyInfo')) {
          assert.ok(response.status >= 400, `${JSON.stringify(asked)} ${response.text}`);
        }
      }
    }
    const now = await storedOfOthers();
    for (const [key, value] of before)
      assert.equal(now.get(key), value, `${Buffer.from(key, 'hex').toString('latin1')} has changed`);
  });
}

test('and the other way round: the system account reaches tenants by Cairn’s own actions alone', async () => {
  const { user } = await makeUser(server, { name: 'of-the-tenant', account: 'foreign' });
  const response = await sendQuery(server, { parameters: { Action: 'GetUser', UserName: user.name } });
  assert.equal(response.status, 404, response.text);
});
