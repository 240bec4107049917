import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyspace } from '../../src/records/keyspace.ts';
import { type LastUseRecord, lastUseRecordType } from '../../src/records/last-use-record.ts';
import { readRecord, writeRecord } from '../../src/records/record-type.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { sendRaw } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { makeUser } from './make-user.ts';
import { sendQuery } from './send-query.ts';

/** The real time, and what is added to it: signatures may differ by a quarter of an hour. */
function steppedClock() {
  let stepped = 0;
  return {
    clock: {
      now: () => Date.now() + stepped,
      sleep: (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds).unref()),
    },
    step(milliseconds: number) {
      stepped += milliseconds;
    },
  };
}

const lastUse = ({ context }: TestServer, id: string): Promise<LastUseRecord | undefined> =>
  readRecord(context.metadata, lastUseRecordType, keyspace.lastUse(id));

test('a key’s last use is told, with the service, and not in a commit a request', async () => {
  await using server = await startS3Server({ keepsLastUse: true });
  const { keys } = await makeUser(server, { name: 'used' });
  const commits = countCommits(server);
  for (let i = 0; i < 5; i++) await sendRaw(server, { method: 'GET', path: '/', credentials: keys });
  assert.equal(commits(), 0);
  assert.equal(await lastUse(server, keys.accessKeyId), undefined);
  await server.settle();
  const told = await lastUse(server, keys.accessKeyId);
  assert.ok(told && Date.now() - told.at < 60_000);
  assert.deepEqual([told.service, told.region], ['s3', 'us-east-1']);
  assert.deepEqual(await Array.fromAsync(verifyStore(server.context)), []);
});

test('what was told within five minutes is not told again', async () => {
  const { clock, step } = steppedClock();
  await using server = await startS3Server({ keepsLastUse: true, clock });
  const { keys } = await makeUser(server, { name: 'used' });
  const use = async () => {
    await sendQuery(server, { parameters: { Action: 'GetUser' }, credentials: keys });
    await server.settle();
    return (await lastUse(server, keys.accessKeyId))!;
  };
  const first = await use();
  assert.equal(first.service, 'iam');
  step(120_000);
  assert.deepEqual(await use(), first);
  step(240_000);
  assert.ok((await use()).at >= first.at + 360_000);
});

test('what a wrong clock has told gives way to what is so', async () => {
  const { clock } = steppedClock();
  await using server = await startS3Server({ keepsLastUse: true, clock });
  const { keys } = await makeUser(server, { name: 'used' });
  const key = keyspace.lastUse(keys.accessKeyId);
  const at = clock.now() + 365 * 86_400_000;
  await server.context.metadata.transact((tx) =>
    writeRecord(tx, { type: lastUseRecordType, key }, { at, service: 's3', region: 'us-east-1' }),
  );
  await sendRaw(server, { method: 'GET', path: '/', credentials: keys });
  await server.settle();
  assert.ok((await lastUse(server, keys.accessKeyId))!.at <= clock.now());
});

test('a use of a session is one of its parent', async () => {
  await using server = await startS3Server({ keepsLastUse: true });
  const { keys, user } = await makeUser(server, { name: 'parent' });
  const { accountId } = user;
  const session = { accessKeyId: 'ASIATEST', secretAccessKey: 'secret' };
  const token = server.identity.sessionTokens.seal({
    ...session,
    accountId,
    of: { kind: 'user', userId: user.id },
    parent: { accessKeyId: keys.accessKeyId, accountId },
    policies: [],
    policyArns: [],
    tags: [],
    issuedAt: Date.now() - 1000,
    expiresAt: Date.now() + 60_000,
  });
  await sendRaw(server, {
    method: 'GET',
    path: '/',
    credentials: session,
    headers: { 'x-amz-security-token': token },
  });
  await server.settle();
  assert.ok(await lastUse(server, keys.accessKeyId));
  assert.equal(await lastUse(server, session.accessKeyId), undefined);
});

test('wrong signatures are no use, and nothing is told of a key that is gone', async () => {
  await using server = await startS3Server({ keepsLastUse: true });
  const { keys } = await makeUser(server, { name: 'gone' });
  await sendRaw(server, { method: 'GET', path: '/', credentials: { ...keys, secretAccessKey: 'wrong' } });
  await server.settle();
  assert.equal(await lastUse(server, keys.accessKeyId), undefined);
  await sendRaw(server, { method: 'GET', path: '/', credentials: keys });
  await server.identity.deleteAccessKey(keys.accessKeyId);
  await server.settle();
  assert.equal(await lastUse(server, keys.accessKeyId), undefined);
});

function countCommits({ context }: TestServer): () => number {
  let commits = 0;
  const { metadata } = context;
  const transact = metadata.transact.bind(metadata);
  metadata.transact = (body) => {
    commits++;
    return transact(body);
  };
  return () => commits;
}
