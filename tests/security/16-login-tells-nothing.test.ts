import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sendQuery } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
let accountId: string;
const password = 'Correct horse 1';
before(async () => {
  server = await startS3Server();
  accountId = (await server.identity.resolveAccount('root')).accountId;
  for (const UserName of ['with', 'without']) await ask({ Action: 'CreateUser', UserName });
  await ask({ Action: 'CreateLoginProfile', UserName: 'with', Password: password });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

async function ask(parameters: Readonly<Record<string, string>>): Promise<void> {
  const response = await sendQuery(server, { parameters });
  assert.equal(response.status, 200, response.text);
}

let addresses = 0;
const signIn = (name: string, given: string, address = `192.0.2.${++addresses}`) =>
  server.identities.passwords.verify(accountId, name, { password: given, address });

test('unknown users, users without a password and wrong passwords are answered alike', async () => {
  assert.equal((await signIn('with', password))?.name, 'with');
  for (const [name, given] of [
    ['with', 'Correct horse 2'],
    ['with', ''],
    ['without', password],
    ['without', ''],
    ['nobody', password],
    ['', ''],
    ['with', 'x'.repeat(100_000)],
  ] as const) {
    assert.equal(await signIn(name, given), undefined);
  }
  assert.equal(
    await server.identities.passwords.verify('999999999999', 'with', { password, address: '192.0.2.250' }),
    undefined,
  );
});

test('who guesses passwords has to wait, by name and by address', async () => {
  const until = async (attempt: () => Promise<unknown>) => {
    for (let i = 0; i < 200; i++) {
      try {
        await attempt();
      } catch (error) {
        assert.equal((error as { kind?: string }).kind, 'SlowDown');
        return;
      }
    }
    assert.fail('nobody had to wait');
  };
  await until(() => signIn('guessed', 'wrong'));
  await until(() => signIn(`guessed-${++addresses}`, 'wrong', '198.51.100.1'));
  assert.equal((await signIn('with', password))?.name, 'with');
});
