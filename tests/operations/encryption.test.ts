import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutBucketEncryptionCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type ServerSideEncryptionRule,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { customerKey, sourceKey } from './encryption-of.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';
import { uploadInParts } from './upload-in-parts.ts';

const shared = sharedServer({ sseCOverHttp: true, inlineBytes: 1000 });
const mine = customerKey('mine');
const yours = customerKey('yours');
const s3kind = { ServerSideEncryption: 'AES256' } as const;
const kms = { ServerSideEncryption: 'aws:kms' } as const;

const put = (Bucket: string, Key: string, Body: Buffer | string, how: Partial<PutObjectCommandInput> = {}) =>
  shared.s3.send(new PutObjectCommand({ Bucket, Key, Body, ...how }));
const get = (Bucket: string, Key: string, how: object = {}) =>
  shared.s3.send(new GetObjectCommand({ Bucket, Key, ...how }));
async function bytesOf(Bucket: string, Key: string, how: object = {}): Promise<Buffer> {
  return Buffer.from(await (await get(Bucket, Key, how)).Body!.transformToByteArray());
}
const byDefault = (Bucket: string, rule: ServerSideEncryptionRule) =>
  shared.s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules: [rule] } }));

async function assertSound(): Promise<void> {
  await shared.server.reclaim();
  const { metadata, blobs, encryption: keys } = shared.server.context;
  const found: string[] = [];
  for await (const { message } of verifyStore({ metadata, blobs, keys }, { bytes: true })) found.push(message);
  assert.deepEqual(found, []);
}

test('each way of encrypting gives the bytes back, whole and in ranges, and says itself in every answer', async () => {
  const Bucket = await shared.bucket();
  for (const [how, read, said] of [
    [s3kind, {}, { ServerSideEncryption: 'AES256' }],
    [kms, {}, { ServerSideEncryption: 'aws:kms' }],
    [{ ...kms, BucketKeyEnabled: true }, {}, { ServerSideEncryption: 'aws:kms', BucketKeyEnabled: true }],
    [mine, mine, { SSECustomerAlgorithm: 'AES256', SSECustomerKeyMD5: mine.SSECustomerKeyMD5 }],
  ] as const) {
    for (const length of [0, 1, 900, 70_000, 300_000]) {
      const body = randomBytes(length);
      const written = await put(Bucket, 'k', body, how);
      const head = await shared.s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ...read }));
      const answer = await get(Bucket, 'k', read);
      for (const told of [written, head, answer]) {
        assert.deepEqual({ ...told, ...said }, { ...told }, JSON.stringify(said));
      }
      assert.equal(head.ContentLength, length);
      assert.deepEqual(Buffer.from(await answer.Body!.transformToByteArray()), body);
      if (length < 900) continue;
      const range = { Range: `bytes=${length - 500}-${length - 100}` };
      assert.deepEqual(await bytesOf(Bucket, 'k', { ...read, ...range }), body.subarray(length - 500, length - 99));
    }
  }
  await assertSound();
});

test('a key of the customer has to come along, and must be the very one', async () => {
  const Bucket = await shared.bucket();
  await put(Bucket, 'k', 'secret', mine);
  await put(Bucket, 'plain', 'open');
  const refused = isFailure('InvalidRequest', 400);
  const ObjectAttributes = ['ETag'] as ['ETag'];
  for (const read of [{}, yours]) {
    await assert.rejects(get(Bucket, 'k', read), refused);
    await assert.rejects(
      shared.s3.send(new GetObjectAttributesCommand({ Bucket, Key: 'k', ObjectAttributes, ...read })),
      refused,
    );
    const head = shared.s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ...read }));
    await assert.rejects(head, (error: { $metadata: { httpStatusCode?: number } }) => {
      assert.equal(error.$metadata.httpStatusCode, 400);
      return true;
    });
    await assert.rejects(
      shared.s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/k`, ...read })),
      refused,
    );
  }
  await assert.rejects(get(Bucket, 'plain', mine), refused);
  assert.equal((await bytesOf(Bucket, 'k', mine)).toString(), 'secret');
});

test('what is said wrongly of encryption is refused', async () => {
  const Bucket = await shared.bucket();
  const wrong: [Partial<PutObjectCommandInput>, string][] = [
    [{ ...mine, ...s3kind }, 'InvalidArgument'],
    [{ ...mine, SSECustomerAlgorithm: 'AES128' }, 'InvalidEncryptionAlgorithmError'],
    [{ ...s3kind, SSEKMSKeyId: 'key' }, 'InvalidArgument'],
    [{ ...kms, SSEKMSEncryptionContext: 'no base64 of json' }, 'InvalidArgument'],
    [{ ...kms, SSEKMSEncryptionContext: Buffer.from('{"a":1}').toString('base64') }, 'InvalidArgument'],
    [{ ...kms, SSEKMSKeyId: 'nothing-like-it' }, 'KMS.NotFoundException'],
    [{ ...kms, SSEKMSKeyId: 'arn:aws:kms:eu-west-9:123456789012:key/k' }, 'KMS.NotFoundException'],
    [{ ServerSideEncryption: 'AES512' as 'AES256' }, 'InvalidArgument'],
  ];
  for (const [how, code] of wrong) await assert.rejects(put(Bucket, 'k', 'x', how), isFailure(code, 400));
  await assert.rejects(
    put(Bucket, 'k', 'x', { ServerSideEncryption: 'aws:kms:dsse' }),
    isFailure('NotImplemented', 501),
  );
  // The SDK computes the MD5 anew.
  const names = ['algorithm', 'key', 'key-md5'].map((name) => `x-amz-server-side-encryption-customer-${name}`);
  const values = [mine.SSECustomerAlgorithm, mine.SSECustomerKey, yours.SSECustomerKeyMD5];
  const whole = names.map((name, i) => [name, values[i]!] as const);
  for (const some of [whole, whole.slice(0, 2), whole.slice(1), whole.slice(0, 1)]) {
    const answer = await shared.raw({
      method: 'PUT',
      path: `/${Bucket}/k`,
      headers: Object.fromEntries(some),
      body: Buffer.from('x'),
    });
    assert.deepEqual([answer.status, /<Code>(\w+)</.exec(answer.text)?.[1]], [400, 'InvalidArgument']);
    assert.equal(answer.text.includes(mine.SSECustomerKey), false);
  }
  const read = await shared.raw({
    method: 'GET',
    path: `/${Bucket}/k`,
    headers: { 'x-amz-server-side-encryption': 'AES256' },
  });
  assert.match(read.text, /<Code>InvalidArgument</);
});

const kinds = { none: {}, s3: s3kind, kms, customer: mine } as const;
const reads = { none: {}, s3: {}, kms: {}, customer: mine } as const;

test('copies go from every kind to every kind, onto themselves too, and share bytes where both are encrypted', async () => {
  const Bucket = await shared.bucket();
  for (const from of Object.keys(kinds) as (keyof typeof kinds)[]) {
    for (const to of Object.keys(kinds) as (keyof typeof kinds)[]) {
      const body = randomBytes(3000);
      await put(Bucket, 'from', body, { ...kinds[from], ChecksumAlgorithm: 'CRC32' });
      const source = { CopySource: `${Bucket}/from`, ...(from === 'customer' && sourceKey('mine')) };
      const copied = await shared.s3.send(new CopyObjectCommand({ Bucket, Key: 'to', ...source, ...kinds[to] }));
      const read = await get(Bucket, 'to', { ...reads[to], ChecksumMode: 'ENABLED' });
      assert.deepEqual(Buffer.from(await read.Body!.transformToByteArray()), body, `${from} ${to}`);
      assert.equal(read.ChecksumCRC32, copied.CopyObjectResult!.ChecksumCRC32, `${from} ${to}`);
      if (from === to) continue;
      await shared.s3.send(new CopyObjectCommand({ Bucket, Key: 'from', ...source, ...kinds[to] }));
      assert.deepEqual(await bytesOf(Bucket, 'from', reads[to]), body);
    }
  }
  await assertSound();
});

test('a copy that hides nothing has the MD5 as its ETag, also where there are no bytes', async () => {
  const Bucket = await shared.bucket();
  for (const length of [0, 10, 3000]) {
    const body = randomBytes(length);
    for (const [how, source] of [
      [kms, {}],
      [mine, sourceKey('mine')],
    ] as const) {
      await put(Bucket, 'hidden', body, how);
      for (const shown of [{}, s3kind]) {
        const to = { Bucket, Key: 'shown', CopySource: `${Bucket}/hidden`, ...source, ...shown };
        await shared.s3.send(new CopyObjectCommand(to));
        const { ETag } = await shared.s3.send(new HeadObjectCommand({ Bucket, Key: 'shown' }));
        assert.equal(ETag, `"${createHash('md5').update(body).digest('hex')}"`);
      }
    }
  }
  await assertSound();
});

test('parts are encrypted as their upload was begun, also those that are copied, and each needs its key', async () => {
  const Bucket = await shared.bucket();
  const part = randomBytes(5 * 1024 * 1024);
  await put(Bucket, 'source', part, yours);
  const target = { Bucket, Key: 'k', ...mine };
  const { UploadId } = await shared.s3.send(new CreateMultipartUploadCommand(target));
  const upload = { Bucket, Key: 'k', UploadId };
  for (const how of [{}, yours]) {
    const refused = shared.s3.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'x', ...how }));
    await assert.rejects(refused, isFailure('InvalidRequest', 400));
  }
  const copied = await shared.s3.send(
    new UploadPartCopyCommand({
      ...upload,
      ...mine,
      PartNumber: 1,
      CopySource: `${Bucket}/source`,
      ...sourceKey('yours'),
    }),
  );
  assert.equal(copied.SSECustomerKeyMD5, mine.SSECustomerKeyMD5);
  const listed = await shared.s3.send(new ListPartsCommand({ ...upload, ...mine }));
  assert.equal(listed.Parts?.[0]?.Size, part.length);
  for (const how of Object.keys(kinds) as (keyof typeof kinds)[]) {
    const parts = [part, randomBytes(1234)];
    await uploadInParts(shared.s3, { Bucket, Key: how, ...kinds[how] }, { parts, each: reads[how] });
    const whole = Buffer.concat(parts);
    assert.deepEqual(await bytesOf(Bucket, how, reads[how]), whole);
    const Range = `bytes=${part.length - 70_000}-${part.length + 99}`;
    assert.deepEqual(
      await bytesOf(Bucket, how, { ...reads[how], Range }),
      whole.subarray(part.length - 70_000, part.length + 100),
    );
    assert.deepEqual(await bytesOf(Bucket, how, { ...reads[how], PartNumber: 2 }), parts[1]);
  }
  await assertSound();
});

test('a bucket encrypts what comes without a word, and blocks keys of customers where it shall', async () => {
  const Bucket = await shared.bucket();
  await byDefault(Bucket, { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } });
  assert.equal((await put(Bucket, 'k', 'x')).ServerSideEncryption, 'AES256');
  await byDefault(Bucket, {
    ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' },
    BucketKeyEnabled: true,
    BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] },
  });
  const written = await put(Bucket, 'k', 'x');
  assert.deepEqual([written.ServerSideEncryption, written.BucketKeyEnabled], ['aws:kms', true]);
  await assert.rejects(put(Bucket, 'k', 'x', mine), isFailure('AccessDenied', 403));
  assert.equal((await put(Bucket, 'k', 'x', s3kind)).ServerSideEncryption, 'AES256');
});

test('a key is used by its account and by those that it is shared with, as long as it is enabled', async () => {
  const { identity, context } = shared.server;
  const { keyManagement } = context.encryption!;
  const { accountId } = await identity.createAccount({ name: 'keeper' });
  const key = await keyManagement.create({ accountId, alias: 'alias/vault' });
  const arn = keyManagement.arnOf(key);
  const Bucket = await shared.bucket();
  const how = { ...kms, SSEKMSKeyId: arn } as const;
  await assert.rejects(put(Bucket, 'k', 'x', how), isFailure('AccessDenied', 403));
  const rootId = (await identity.resolveAccount('root')).accountId;
  await keyManagement.share(key.id, rootId);
  assert.equal((await put(Bucket, 'k', 'x', how)).SSEKMSKeyId, arn);
  await keyManagement.rotate(key.id);
  assert.equal((await bytesOf(Bucket, 'k')).toString(), 'x');
  await keyManagement.setEnabled(key.id, false);
  await assert.rejects(get(Bucket, 'k'), isFailure('KMS.DisabledException', 400));
  await keyManagement.setEnabled(arn, true);
  await keyManagement.unshare(key.id, rootId);
  await assert.rejects(get(Bucket, 'k'), isFailure('AccessDenied', 403));
});

test('a key is told by its ARN, or by the id that was chosen for it', async () => {
  const { identity, context } = shared.server;
  const { keyManagement } = context.encryption!;
  const root = await identity.resolveAccount('root');
  const { accountId } = root;
  const Bucket = await shared.bucket();
  const chosen = await keyManagement.create({ accountId, id: 'testkey-1' });
  const drawn = await keyManagement.create({ accountId });
  for (const name of ['testkey-1', keyManagement.arnOf(chosen)]) {
    assert.equal((await put(Bucket, 'k', 'x', { ...kms, SSEKMSKeyId: name })).SSEKMSKeyId, 'testkey-1');
    assert.equal((await get(Bucket, 'k')).SSEKMSKeyId, 'testkey-1');
  }
  for (const name of [drawn.id, keyManagement.arnOf(drawn)]) {
    assert.equal((await put(Bucket, 'k', 'x', { ...kms, SSEKMSKeyId: name })).SSEKMSKeyId, keyManagement.arnOf(drawn));
  }
});

test('a context that is given is part of the lock, and told to the writer', async () => {
  const Bucket = await shared.bucket();
  const SSEKMSEncryptionContext = Buffer.from('{"b":"2","a":"1"}').toString('base64');
  const written = await put(Bucket, 'k', 'x', { ...kms, SSEKMSEncryptionContext });
  assert.equal(Buffer.from(written.SSEKMSEncryptionContext!, 'base64').toString(), '{"a":"1","b":"2"}');
  assert.equal((await bytesOf(Bucket, 'k')).toString(), 'x');
});
