import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StorageError } from '../../src/domain/errors.ts';
import { callsOf } from '../identity/identity-calls.ts';
import { makeUser } from '../identity/make-user.ts';
import { elementOf } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

const passwords = ['Planted password 1', 'Planted password 2', 'Planted password 3'] as const;

async function stored({ context }: TestServer): Promise<Buffer> {
  const all = { from: Buffer.from([0]), to: Buffer.from([0xff, 0xff]), limit: 100_000 };
  const entries = await context.metadata.range(all);
  assert.ok(entries.length > 10 && entries.length < all.limit);
  return Buffer.concat(entries.flatMap(({ key, value }) => [key, value]));
}

test('passwords and secrets of keys are neither stored, nor answered, nor told to who watches requests', async () => {
  await using server = await startS3Server({ keepsRefusals: true });
  const call = callsOf(server);
  const allow = { Effect: 'Allow', Action: 'iam:ChangePassword', Resource: '*' };
  const { keys } = await makeUser(server, { name: 'holder', policies: [[allow]] });
  const { keys: powerless } = await makeUser(server, { name: 'powerless' });
  const [first, second, third] = passwords;
  const answers = [
    await call('CreateLoginProfile', { UserName: 'holder', Password: first }),
    await call('CreateLoginProfile', { UserName: 'holder', Password: second }, { credentials: powerless }),
    await call('ChangePassword', { OldPassword: third, NewPassword: second }, { credentials: keys }),
    await call('ChangePassword', { OldPassword: first, NewPassword: second }, { credentials: keys }),
    await call('UpdateLoginProfile', { UserName: 'holder', Password: third }),
    await call('UpdateLoginProfile', { UserName: 'holder', Password: `${third} ☃` }),
    await call('CreateLoginProfile', { UserName: 'nobody', Password: third }),
    await call('GetLoginProfile', { UserName: 'holder' }),
    await call('GetAccountAuthorizationDetails'),
  ];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 403, 403, 200, 200, 400, 404, 200, 200],
  );
  const made = await call.ok('CreateAccessKey', { UserName: 'powerless' });
  const secret = elementOf(made, 'SecretAccessKey') ?? '';
  const listed = await call.ok('ListAccessKeys', { UserName: 'powerless' });
  await server.settle();
  const bytes = await stored(server);
  const told = [...answers, listed].map(({ text }) => text).join() + JSON.stringify([server.outcomes, server.errors]);
  for (const planted of [...passwords, secret]) {
    assert.ok(planted.length >= 18 && !bytes.includes(planted), 'it is not stored');
    assert.ok(!told.includes(planted), 'it is not told');
  }
});

test('to sign in as nobody fails as it does with a wrong password', async () => {
  await using server = await startS3Server();
  const { accountId } = await server.identity.resolveAccount('root');
  const call = callsOf(server);
  await call.ok('CreateUser', { UserName: 'somebody' });
  await call.ok('CreateUser', { UserName: 'without' });
  await call.ok('CreateLoginProfile', { UserName: 'somebody', Password: passwords[0] });
  const outcomes: string[][] = [];
  for (const name of ['somebody', 'without', 'nobody']) {
    const told: string[] = [];
    for (let i = 0; i < 7; i++) {
      const guess = { password: passwords[1], address: `192.0.2.${i}` };
      const outcome = server.identities.passwords.verify(accountId, name, guess);
      told.push(
        await outcome.then(String, (error) => (error instanceof StorageError ? error.kind : 'another failure')),
      );
    }
    outcomes.push(told);
  }
  const expected = [...Array(5).fill('undefined'), 'SlowDown', 'SlowDown'];
  assert.deepEqual(outcomes, [expected, expected, expected]);
});
