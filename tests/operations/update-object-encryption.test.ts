import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  UpdateObjectEncryptionCommand,
} from '@aws-sdk/client-s3';
import { BucketService } from '../../src/services/buckets/bucket-service.ts';
import { customerKey } from './encryption-of.ts';
import { givePolicy } from './give-policy.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer({ sseCOverHttp: true, inlineBytes: 100 });

async function keyOf(owner: 'bucket' | 'other', bucket: string): Promise<string> {
  const { identity, context } = shared.server;
  const { keyManagement } = context.encryption!;
  const { ownerAccountId } = await new BucketService(context).get(bucket);
  const accountId = owner === 'bucket' ? ownerAccountId : (await identity.createAccount({ name: 'other' })).accountId;
  return keyManagement.arnOf(await keyManagement.create({ accountId }));
}

const put = (Bucket: string, Body: Buffer, how: Partial<PutObjectCommandInput>) =>
  shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body, ChecksumAlgorithm: 'SHA256', ...how }));
const update = (Bucket: string, KMSKeyArn: string, BucketKeyEnabled?: boolean) =>
  new UpdateObjectEncryptionCommand({
    Bucket,
    Key: 'k',
    ObjectEncryption: { SSEKMS: { KMSKeyArn, BucketKeyEnabled } },
  });
const s3kind = { ServerSideEncryption: 'AES256' } as const;

test('the object is encrypted with the key from then on, and is otherwise as it was', async () => {
  const Bucket = await shared.bucket();
  const [first, second] = [await keyOf('bucket', Bucket), await keyOf('bucket', Bucket)];
  const body = randomBytes(5000);
  const written = await put(Bucket, body, s3kind);
  const { LastModified } = await shared.s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
  for (const [arn, bucketKey] of [
    [first, undefined],
    [second, true],
  ] as const) {
    await shared.s3.send(update(Bucket, arn, bucketKey));
    const read = await shared.s3.send(new GetObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }));
    assert.deepEqual([read.SSEKMSKeyId, read.BucketKeyEnabled], [arn, bucketKey]);
    assert.deepEqual([read.ETag, read.LastModified], [written.ETag, LastModified]);
    assert.equal(read.ChecksumSHA256, written.ChecksumSHA256);
    assert.deepEqual(Buffer.from(await read.Body!.transformToByteArray()), body);
  }
});

test('what is not encrypted, or with a key of the customer, cannot be updated, nor to a key of another account', async () => {
  const Bucket = await shared.bucket();
  const arn = await keyOf('bucket', Bucket);
  for (const how of [{}, customerKey('mine')]) {
    await put(Bucket, randomBytes(10), how);
    await assert.rejects(shared.s3.send(update(Bucket, arn)), isFailure('InvalidRequest', 400));
  }
  await put(Bucket, randomBytes(10), s3kind);
  await assert.rejects(
    shared.s3.send(update(Bucket, 'alias/a-name-of-enough-length')),
    isFailure('InvalidRequest', 400),
  );
  await assert.rejects(shared.s3.send(update(Bucket, `${arn}0`)), isFailure('KMS.NotFoundException', 400));
  await assert.rejects(shared.s3.send(update(Bucket, await keyOf('other', Bucket))), isFailure('AccessDenied', 403));
});

test('another account needs the right, for this very key', async () => {
  const Bucket = await shared.bucket();
  const arn = await keyOf('bucket', Bucket);
  await put(Bucket, randomBytes(10), s3kind);
  const stranger = await shared.server.stranger();
  await assert.rejects(stranger.send(update(Bucket, arn)), isFailure('AccessDenied', 403));
  const key = 's3:x-amz-server-side-encryption-aws-kms-key-id';
  const allow = (value: string) =>
    givePolicy(shared.server, Bucket, [
      { Effect: 'Allow', Action: 's3:UpdateObjectEncryption', Condition: { ArnEquals: { [key]: value } } },
    ]);
  await allow(`${arn}0`);
  await assert.rejects(stranger.send(update(Bucket, arn)), isFailure('AccessDenied', 403));
  await allow(arn);
  // The policy lets it pass; the key is the owner's.
  await assert.rejects(stranger.send(update(Bucket, arn)), /not authorized to use the KMS key/);
});
