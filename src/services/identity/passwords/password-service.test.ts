import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { StorageError } from '../../../domain/errors.ts';
import { memoryMetadataEngine } from '../../../engines/metadata/memory/memory-metadata-engine.ts';
import { accountRecordType } from '../../../records/account-record.ts';
import { keyspace } from '../../../records/keyspace.ts';
import { writeRecord } from '../../../records/record-type.ts';
import { AccountSettingsService } from '../account/account-settings-service.ts';
import { UserService } from '../users/user-service.ts';
import { PasswordService } from './password-service.ts';

const accountId = '123456789012';
const password = 'Correct horse 1';
const address = '192.0.2.1';

async function open() {
  const metadata = memoryMetadataEngine();
  const clock = { time: Date.UTC(2026, 0, 1), now: () => clock.time, sleep: async () => {} };
  const context = { metadata, clock, random: { bytes: randomBytes } };
  await metadata.transact((tx) => {
    writeRecord(
      tx,
      { type: accountRecordType, key: keyspace.account(accountId) },
      {
        ...{ accountId, canonicalId: 'c', displayName: 'owner', email: '', createdAt: 0 },
        publicAccessBlock: undefined,
      },
    );
  });
  const users = new UserService(context);
  const user = await users.create({ accountId, name: 'alice', path: '/', tags: [] });
  const passwords = new PasswordService(context);
  return { metadata, clock, user, users, passwords, settings: new AccountSettingsService(context) };
}

const slowed = (error: unknown) => error instanceof StorageError && error.kind === 'SlowDown';

test('the user of a right password; nobody for a wrong one, for who has none, and for who is not there', async () => {
  const { passwords, user, users } = await open();
  await passwords.create(user, { password, resetRequired: false });
  await users.create({ accountId, name: 'without', path: '/', tags: [] });
  const verify = (name: string, guess: string, account = accountId) =>
    passwords.verify(account, name, { password: guess, address });
  assert.equal((await verify('ALICE', password))?.id, user.id);
  assert.equal(await verify('alice', `${password} `), undefined);
  assert.equal(await verify('without', password), undefined);
  assert.equal(await verify('nobody', password), undefined);
  assert.equal(await verify('alice', password, '210987654321'), undefined);
  assert.equal(await verify('alice', 'x'.repeat(100_000)), undefined);
  assert.equal(await verify('alice', ''), undefined);
});

test('who guesses waits, whether or not there is such a user; right ones wait too', async () => {
  const { passwords, user, clock } = await open();
  await passwords.create(user, { password, resetRequired: false });
  for (const name of ['alice', 'nobody']) {
    const guess = (given: string) => passwords.verify(accountId, name, { password: given, address });
    for (let i = 0; i < 5; i++) assert.equal(await guess('wrong'), undefined);
    await assert.rejects(guess('wrong'), slowed);
    await assert.rejects(guess(password), slowed);
    clock.time += 1000;
    assert.equal((await guess(password))?.name, name === 'alice' ? 'alice' : undefined);
  }
});

test('guesses that come at once all count', async () => {
  const { passwords, user } = await open();
  await passwords.create(user, { password, resetRequired: false });
  const guesses = Array.from({ length: 12 }, () =>
    passwords.verify(accountId, 'alice', { password: 'wrong', address }),
  );
  const settled = await Promise.allSettled(guesses);
  assert.equal(settled.filter(({ status }) => status === 'fulfilled').length, 5);
});

test('what is stored is an Argon2id hash, another each time, and not the password', async () => {
  const { passwords, user, users, metadata } = await open();
  const other = await users.create({ accountId, name: 'bob', path: '/', tags: [] });
  const first = await passwords.create(user, { password, resetRequired: false });
  const second = await passwords.create(other, { password, resetRequired: false });
  assert.match(first.passwordHash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.notEqual(first.passwordHash.split('$')[4], second.passwordHash.split('$')[4]);
  const stored = await metadata.get(keyspace.loginProfile(user.id));
  assert.ok(stored && !stored.includes(password));
});

test('a password that is older than the policy lets it be', async () => {
  const { passwords, user, settings, clock } = await open();
  const profile = await passwords.create(user, { password, resetRequired: false });
  const day = 24 * 3_600_000;
  clock.time += 31 * day;
  assert.equal(await passwords.isExpired(user, profile), false);
  await settings.setPasswordPolicy(accountId, {
    ...{ minimumLength: 6, requireSymbols: false, requireNumbers: false, requireUppercase: false },
    ...{ requireLowercase: false, allowUsersToChange: true, maximumAge: 30, reusePrevention: 0, hardExpiry: false },
  });
  assert.equal(await passwords.isExpired(user, profile), true);
});

test('of two changes at once one is told to come again', async () => {
  const { passwords, user } = await open();
  await passwords.create(user, { password, resetRequired: false });
  const change = (newPassword: string) => passwords.change(user, { oldPassword: password, newPassword, address });
  const settled = await Promise.allSettled([change('Another one 2'), change('Another one 3')]);
  const failed = settled.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
  assert.deepEqual(
    failed.map(({ reason }) => reason.kind),
    ['EntityTemporarilyUnmodifiable'],
  );
});
