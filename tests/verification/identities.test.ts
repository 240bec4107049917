import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { keyspace } from '../../src/records/keyspace.ts';
import { lastUseRecordType } from '../../src/records/last-use-record.ts';
import { users } from '../../src/services/identity/entity-table.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { type MadeUser, makeUser } from '../identity/make-user.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
let made: MadeUser;
beforeEach(async () => {
  server = await startS3Server();
  const attached = ['arn:aws:iam::aws:policy/AmazonS3FullAccess'];
  const boundary = 'arn:aws:iam::aws:policy/AdministratorAccess';
  const policies = [[{ Effect: 'Allow', Action: '*', Resource: '*' }]];
  made = await makeUser(server, { name: 'Alice', attached, boundary, policies });
});
afterEach(() => server[Symbol.asyncDispose]());

async function violations(): Promise<string[]> {
  const kinds: string[] = [];
  for await (const { kind } of verifyStore(server.context)) kinds.push(kind);
  return kinds.sort();
}

test('users with all that hangs on them are sound', async () => {
  assert.deepEqual(await violations(), []);
});

const damages: readonly (readonly [
  string,
  () => { delete?: Buffer; put?: readonly [Buffer, Buffer] },
  readonly string[],
])[] = [
  ['a name is missing', () => ({ delete: keyspace.identityName(made.user.accountId, 'user', 'alice') }), ['index']],
  [
    'a name is left',
    () => ({ put: [keyspace.identityName(made.user.accountId, 'user', 'x'), Buffer.from('AIDA')] }),
    ['index'],
  ],
  ['a text is missing', () => ({ delete: keyspace.inlinePolicy(made.user.id, 'policy-0') }), ['index']],
  ['a text is left', () => ({ put: [keyspace.inlinePolicy(made.user.id, 'other'), Buffer.from('{}')] }), ['index']],
  ['a counter is missing', () => ({ delete: keyspace.identityCounters(made.user.accountId) }), ['usage']],
  [
    'an attachment is miscounted',
    () => ({ delete: keyspace.policyAttachments(made.user.accountId, 'arn:aws:iam::aws:policy/AdministratorAccess') }),
    ['usage'],
  ],
  ['a member is left', () => ({ put: [keyspace.groupMember('AGPA', made.user.id), Buffer.alloc(0)] }), ['index']],
  [
    'a key of nobody is listed',
    () => ({ put: [keyspace.accessKeyOfUser('AIDA', made.keys.accessKeyId), Buffer.alloc(0)] }),
    ['index'],
  ],
  [
    'a last use of nobody is left',
    () => ({ put: [keyspace.lastUse('AKNOBODY'), lastUseRecordType.encode({ at: 1, service: 's3', region: '' })] }),
    ['ownerless'],
  ],
  ['a record does not decode', () => ({ put: [keyspace.user('AIDAX'), Buffer.from([1])] }), ['unreadable']],
];
for (const [name, damage, expected] of damages) {
  test(`found: ${name}`, async () => {
    const { metadata } = server.context;
    assert.ok(await users.find(metadata, made.user.id));
    await metadata.transact((tx) => {
      const { delete: gone, put } = damage();
      if (gone) tx.delete(gone);
      if (put) tx.put(put[0], put[1]);
    });
    assert.deepEqual(await violations(), expected);
  });
}

test('found: a policy that somebody holds is gone', async () => {
  const { metadata } = server.context;
  const { accountId } = made.user;
  const { policies, attachments } = server.identities;
  const text = JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } });
  const { id } = await policies.create({ accountId, name: 'gone', path: '/', description: '', text, tags: [] });
  await attachments.attach({ kind: 'user', accountId, name: 'Alice' }, `arn:aws:iam::${accountId}:policy/gone`);
  assert.deepEqual(await violations(), []);
  await metadata.transact((tx) => {
    tx.delete(keyspace.managedPolicy(id));
    tx.delete(keyspace.identityName(accountId, 'policy', 'gone'));
    tx.delete(keyspace.policyVersion(id, 1));
    tx.add(keyspace.identityCounters(accountId), [0, 0, 0, -1]);
  });
  assert.deepEqual(await violations(), ['ownerless']);
});
