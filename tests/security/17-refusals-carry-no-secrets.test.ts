import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { exchange } from '../hostile/raw-connection.ts';
import { signedFor, wireBytes } from '../hostile/signed-bytes.ts';
import { makeUser } from '../identity/make-user.ts';
import { sendQuery } from '../identity/send-query.ts';
import { sendPresigned, sendRaw } from '../operations/send-raw.ts';
import { may, putBucket } from '../refusals/refused-server.ts';
import { startS3Server } from '../s3-server.ts';

const planted = {
  customerKey: Buffer.from('a key of the customer, 32 bytes!').toString('base64'),
  cookie: 'cookie-that-is-secret',
  body: 'body-that-is-secret',
  referer: 'signature-in-a-referer',
  password: 'Password-that-is-secret-1',
};

test('what is kept of refusals has no token, signature, key, cookie, password or body in it', async () => {
  await using server = await startS3Server({ keepsRefusals: true, sseCOverHttp: true });
  const asks = {
    Effect: 'Allow',
    Principal: '*',
    Action: 's3:*',
    Resource: ['arn:aws:s3:::bucket', 'arn:aws:s3:::bucket/*'],
    Condition: {
      StringEquals: {
        'aws:Referer': 'https://example.com/',
        'aws:UserAgent': 'x',
        's3:x-amz-server-side-encryption-customer-algorithm': 'none',
        's3:x-amz-content-sha256': 'x',
        's3:signatureversion': 'x',
      },
    },
  };
  await putBucket(server, 'bucket', [asks]);
  const { keys, user } = await makeUser(server, {
    name: 'refused',
    policies: [[{ ...may('s3:*'), Condition: asks.Condition }]],
  });
  const token = server.identity.sessionTokens.seal({
    accessKeyId: 'ASIAPLANTED',
    secretAccessKey: 'secret-of-the-session',
    accountId: user.accountId,
    of: { kind: 'user', userId: user.id },
    parent: { accessKeyId: keys.accessKeyId, accountId: user.accountId },
    policies: [],
    policyArns: [],
    tags: [],
    issuedAt: Date.now() - 1000,
    expiresAt: Date.now() + 60_000,
  });
  const session = { accessKeyId: 'ASIAPLANTED', secretAccessKey: 'secret-of-the-session' };
  const headers = {
    'x-amz-security-token': token,
    'x-amz-server-side-encryption-customer-algorithm': 'AES256',
    'x-amz-server-side-encryption-customer-key': planted.customerKey,
    cookie: planted.cookie,
    referer: `https://example.com/page?X-Amz-Signature=${planted.referer}`,
  };
  const body = Buffer.from(planted.body);
  const put = { method: 'PUT', path: '/bucket/key', credentials: session, headers, body };
  const signed = signedFor(server, put);
  assert.equal((await exchange(server.port, wireBytes(signed))).status, 403);
  const query = [['X-Amz-Security-Token', token]] as const;
  const presigned = await sendPresigned(server, { method: 'GET', path: '/bucket/key', query, credentials: session });
  assert.equal(presigned.status, 403, presigned.text);
  assert.equal((await sendRaw(server, put)).status, 403);
  const parameters = { Action: 'CreateLoginProfile', UserName: 'x', Password: planted.password };
  assert.ok((await sendQuery(server, { parameters, credentials: keys })).status >= 400);
  await server.settle();
  const { metadata } = server.context;
  const everything = await metadata.range({ from: Buffer.from([0]), to: Buffer.from([255]), limit: 100_000 });
  const secrets = [
    ...Object.values(planted),
    token,
    token.slice(0, 60),
    session.secretAccessKey,
    keys.secretAccessKey,
    /Signature=(\w+)/.exec(signed.headers.authorization!)![1]!,
  ];
  assert.ok(everything.filter(({ key }) => key[0] === 0xb3).length >= 3, 'refusals are kept');
  for (const { key, value } of everything.filter(({ key: [table] }) => table! >= 0xb3)) {
    for (const secret of secrets) {
      assert.equal(key.includes(secret), false, secret);
      assert.equal(value.includes(secret), false, `${secret} in ${value.toString()}`);
    }
  }
  const told = inspect([server.outcomes, server.errors], { depth: 20, maxStringLength: null, maxArrayLength: null });
  for (const secret of secrets) assert.equal(told.includes(secret), false, secret);
});
