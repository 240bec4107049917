import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import {
  CreateBucketCommand,
  GetObjectCommand,
  PutBucketLoggingCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { withoutSecrets } from '../../src/telemetry/outcome.ts';
import { customerKey } from '../operations/encryption-of.ts';
import { isFailure } from '../operations/is-failure.ts';
import { sendPresigned, sendRaw } from '../operations/send-raw.ts';
import { startS3Server } from '../s3-server.ts';

const mine = customerKey('mine');
const object = { Bucket: 'bucket', Key: 'k' };

test('keys of customers are not taken without TLS, unless the server is told to', async () => {
  await using server = await startS3Server();
  const s3 = server.client();
  await s3.send(new CreateBucketCommand({ Bucket: 'bucket' }));
  const refused = isFailure('InvalidRequest', 400);
  await assert.rejects(s3.send(new PutObjectCommand({ ...object, Body: 'x', ...mine })), refused);
  await s3.send(new PutObjectCommand({ ...object, Body: 'x' }));
  await assert.rejects(s3.send(new GetObjectCommand({ ...object, ...mine })), refused);
});

test('no outcome, no logged error and no presigned target tells a key', async () => {
  await using server = await startS3Server({ sseCOverHttp: true });
  const s3 = server.client();
  await s3.send(new CreateBucketCommand({ Bucket: 'bucket' }));
  await s3.send(new PutObjectCommand({ ...object, Body: 'x', ...mine }));
  await s3.send(new GetObjectCommand({ ...object, ...mine }));
  await assert.rejects(s3.send(new GetObjectCommand({ ...object, ...customerKey('yours') })));
  const told = inspect([server.outcomes, server.errors], { depth: 20, maxStringLength: null, maxArrayLength: null });
  for (const key of [mine, customerKey('yours')]) assert.equal(told.includes(key.SSECustomerKey), false);
  for (const name of ['x-amz-server-side', 'X-Amz-Copy-Source-Server-Side']) {
    const target = `/b/k?${name}-encryption-customer-key=c2VjcmV0&a=b`;
    assert.equal(withoutSecrets(target), `/b/k?${name}-encryption-customer-key=***&a=b`);
  }
});

test('no event, no access log and no text of an error tells a key, wherever the request has it', async () => {
  await using server = await startS3Server({ sseCOverHttp: true });
  const s3 = server.client();
  for (const Bucket of ['bucket', 'logs']) await s3.send(new CreateBucketCommand({ Bucket }));
  const { accountId } = await server.identity.resolveAccount('root');
  const Principal = { Service: 'logging.s3.amazonaws.com' };
  const Statement = [{ Effect: 'Allow', Principal, Action: 's3:PutObject', Resource: 'arn:aws:s3:::logs/*' }];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await s3.send(new PutBucketPolicyCommand({ Bucket: 'logs', Policy }));
  const LoggingEnabled = { TargetBucket: 'logs', TargetPrefix: '' };
  await s3.send(new PutBucketLoggingCommand({ Bucket: 'bucket', BucketLoggingStatus: { LoggingEnabled } }));
  await server.eventTargets.add(
    { name: 'away', type: 'webhook', url: 'http://192.0.2.1/', options: {}, accountIds: [accountId] },
    {},
  );
  const QueueConfigurations = [{ QueueArn: 'arn:aws:sqs:us-east-1::away', Events: ['s3:ObjectCreated:*' as const] }];
  await s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: 'bucket',
      NotificationConfiguration: { QueueConfigurations },
    }),
  );
  const prefix = 'x-amz-server-side-encryption-customer-';
  const headersOf = ({ SSECustomerKey, SSECustomerKeyMD5 }: typeof mine) => ({
    [`${prefix}algorithm`]: 'AES256',
    [`${prefix}key`]: SSECustomerKey,
    [`${prefix}key-md5`]: SSECustomerKeyMD5,
  });
  const yours = customerKey('yours');
  const put = { method: 'PUT', path: '/bucket/k', body: Buffer.from('x') };
  const get = { method: 'GET', path: '/bucket/k' };
  const spoilt = { ...headersOf(mine), [`${prefix}key`]: `${mine.SSECustomerKey}\n` };
  const answers = [
    await sendRaw(server, { ...put, headers: headersOf(mine) }),
    await sendPresigned(server, { ...put, payload: 'UNSIGNED-PAYLOAD', query: Object.entries(headersOf(mine)) }),
    await sendPresigned(server, { ...get, query: Object.entries(headersOf(mine)) }),
    await sendRaw(server, { ...get, headers: headersOf(yours) }),
    await sendRaw(server, { ...get, headers: { ...headersOf(yours), [`${prefix}key-md5`]: mine.SSECustomerKeyMD5 } }),
    await sendRaw(server, { ...get, headers: { ...headersOf(mine), [`${prefix}key`]: mine.SSECustomerKey.slice(4) } }),
    await sendPresigned(server, { ...get, query: Object.entries(spoilt) }),
    await sendPresigned(server, {
      ...put,
      query: Object.entries({ ...headersOf(mine), 'x-amz-copy-source': '/bucket/k' }),
    }),
  ];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 400, 400, 400, 400, 400],
  );
  assert.ok((await server.deliverAccessLogs()) > 0);
  const stored = await server.context.metadata.range({ from: Buffer.alloc(0), to: Buffer.from([255]), limit: 10_000 });
  const log = stored.filter(({ value }) => value.includes('REST.GET.OBJECT'));
  assert.ok(log.length > 0 && stored.some(({ value }) => value.includes('ObjectCreated')));
  const told = [...answers.map(({ text }) => text), ...stored.map(({ value }) => value.toString('latin1'))].join('\n');
  for (const { SSECustomerKey } of [mine, yours]) {
    const bytes = Buffer.from(SSECustomerKey, 'base64');
    const forms = [SSECustomerKey, SSECustomerKey.slice(4), encodeURIComponent(SSECustomerKey)];
    for (const form of [...forms, bytes.toString('hex'), bytes.toString('latin1')]) {
      assert.equal(told.includes(form), false, form);
    }
  }
});
