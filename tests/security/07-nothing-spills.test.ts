import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { allOperations, isReading } from '../identity/all-operations.ts';
import { documentOf, makeUser } from '../identity/make-user.ts';
import { elementOf, sendQuery } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
/** Never in an answer, once it has been given. */
let secrets: readonly string[];
let accessKeyId: string;
let accountId: string;
const password = 'correct Horse 9 and battery';

before(async () => {
  server = await startS3Server({ keepsRefusals: true });
  accountId = (await server.identity.resolveAccount('root')).accountId;
  await ask('CreateUser', { UserName: 'somebody' });
  const key = await ask('CreateAccessKey', { UserName: 'somebody' });
  accessKeyId = elementOf(key, 'AccessKeyId')!;
  await ask('CreateLoginProfile', { UserName: 'somebody', Password: password });
  const service = await ask('CreateServiceAccount', { UserName: 'somebody' }, 'cairn');
  const { keys } = await makeUser(server, {
    name: 'beside',
    policies: [[{ Effect: 'Allow', Action: '*', Resource: '*' }]],
  });
  const stored = await server.context.metadata.range({
    from: Buffer.from([0]),
    to: Buffer.from([255]),
    limit: 100_000,
  });
  const hash = stored.map(({ value }) => /\$argon2id\$[!-~]{40,}/.exec(value.toString('latin1'))?.[0]).find(Boolean);
  assert.ok(hash, 'a password is stored as its hash');
  secrets = [
    elementOf(key, 'SecretAccessKey')!,
    elementOf(service, 'SecretAccessKey')!,
    keys.secretAccessKey,
    server.root.secretAccessKey,
    password,
    hash.slice(0, 60),
    Buffer.alloc(32, 7).toString('hex'),
    Buffer.alloc(32, 7).toString('base64'),
  ];
  for (const secret of secrets) assert.ok(secret.length >= 8);
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

async function ask(Action: string, parameters: Readonly<Record<string, string>>, service: 'iam' | 'cairn' = 'iam') {
  const response = await sendQuery(server, { service, parameters: { Action, ...parameters } });
  assert.equal(response.status, 200, response.text);
  return response;
}

function assertSpillsNothing(text: string): void {
  for (const secret of secrets) {
    for (const form of [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    ]) {
      assert.equal(text.includes(form), false, `${form} in ${text}`);
    }
  }
}

/** The last of them change what the first look at. */
const ordered = [...allOperations].sort((a, b) => Number(isReading(b)) - Number(isReading(a)));
for (const { service, name, parameters } of ordered) {
  test(`no answer of ${service}:${name} has a secret in it that was there before`, async () => {
    const asked: Record<string, string> = { Action: name, ...parameters };
    if ('AccessKeyId' in asked) asked.AccessKeyId = accessKeyId;
    if ('Tenant' in asked) asked.Tenant = accountId;
    if ('Policy' in asked) asked.Policy = documentOf([{ Effect: 'Allow', Action: '*', Resource: '*' }]);
    const response = await sendQuery(server, { service, parameters: asked });
    assert.ok(response.status < 500, response.text);
    assertSpillsNothing(response.text);
  });
}

test('an export has secrets only sealed, and passphrases nowhere', async () => {
  const Passphrase = 'passphrase of the export, that is long';
  const made = await ask('CreateAccessKey', { UserName: 'beside' });
  const fresh = elementOf(made, 'SecretAccessKey')!;
  const scopes: readonly Readonly<Record<string, string>>[] = [
    {},
    { Passphrase },
    { Passphrase, Installation: 'true' },
  ];
  for (const parameters of scopes) {
    const { text } = await ask('Export', parameters, 'cairn');
    assertSpillsNothing(text);
    for (const secret of [Passphrase, fresh, Buffer.from(fresh).toString('base64').slice(0, -2)]) {
      assert.equal(text.includes(secret), false, secret);
    }
  }
  const entries = await server.context.metadata.range({
    from: Buffer.from([0]),
    to: Buffer.from([255]),
    limit: 100_000,
  });
  for (const { value } of entries) assert.equal(value.includes(Passphrase), false);
});

test('what is kept of all these requests has none either', async () => {
  await server.settle();
  for (const outcome of server.outcomes) assertSpillsNothing(JSON.stringify(outcome));
});
