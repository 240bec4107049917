import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { withoutSecrets } from '../../src/telemetry/outcome.ts';
import { customerKey } from '../operations/encryption-of.ts';
import { isFailure } from '../operations/is-failure.ts';
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
