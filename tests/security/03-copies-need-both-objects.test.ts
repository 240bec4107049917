import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
let owner: S3Client;
let stranger: S3Client;
let versionId: string;
let uploadId: string;
before(async () => {
  server = await startS3Server();
  owner = server.client();
  stranger = await server.stranger();
  await owner.send(new CreateBucketCommand({ Bucket: 'theirs' }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await owner.send(new PutBucketVersioningCommand({ Bucket: 'theirs', VersioningConfiguration }));
  versionId = (await owner.send(new PutObjectCommand({ Bucket: 'theirs', Key: 'secret', Body: 'secret' }))).VersionId!;
  await stranger.send(new CreateBucketCommand({ Bucket: 'mine' }));
  await stranger.send(new PutObjectCommand({ Bucket: 'mine', Key: 'own', Body: 'own' }));
  uploadId = (await stranger.send(new CreateMultipartUploadCommand({ Bucket: 'mine', Key: 'part' }))).UploadId!;
});
after(() => server[Symbol.asyncDispose]());

const denied = { name: 'AccessDenied' };
const toMine = { Bucket: 'mine', Key: 'copy' };
const toPart = () => ({ Bucket: 'mine', Key: 'part', UploadId: uploadId, PartNumber: 1 });

test('a copy reads nothing that its signer may not read, by name or by version', async () => {
  for (const CopySource of [
    'theirs/secret',
    '/theirs/secret',
    'theirs%2Fsecret',
    `theirs/secret?versionId=${versionId}`,
    'mine/../theirs/secret',
    'theirs/missing',
  ]) {
    const expected = CopySource.startsWith('mine/') ? { name: 'NoSuchKey' } : denied;
    await assert.rejects(stranger.send(new CopyObjectCommand({ ...toMine, CopySource })), expected, CopySource);
    await assert.rejects(stranger.send(new UploadPartCopyCommand({ ...toPart(), CopySource })), expected, CopySource);
  }
  await assert.rejects(stranger.send(new GetObjectCommand(toMine)), { name: 'NoSuchKey' });
});

test('a copy writes nothing where its signer may not write', async () => {
  await assert.rejects(
    stranger.send(new CopyObjectCommand({ Bucket: 'theirs', Key: 'secret', CopySource: 'mine/own' })),
    denied,
  );
  const got = await owner.send(new GetObjectCommand({ Bucket: 'theirs', Key: 'secret' }));
  assert.equal(await got.Body!.transformToString(), 'secret');
});

test('conditions and ranges on the source tell nothing to those who may not read it', async () => {
  const CopySource = 'theirs/secret';
  for (const condition of [
    { CopySourceIfMatch: '"x"' },
    { CopySourceIfNoneMatch: '*' },
    { CopySourceIfModifiedSince: new Date(0) },
  ]) {
    await assert.rejects(stranger.send(new CopyObjectCommand({ ...toMine, CopySource, ...condition })), denied);
    await assert.rejects(stranger.send(new UploadPartCopyCommand({ ...toPart(), CopySource, ...condition })), denied);
  }
  await assert.rejects(
    stranger.send(new UploadPartCopyCommand({ ...toPart(), CopySource, CopySourceRange: 'bytes=0-999999' })),
    denied,
  );
});

test('conditions on the source hold for those who may read it', async () => {
  const CopySource = 'theirs/secret';
  const copy = (condition: object) =>
    owner.send(new CopyObjectCommand({ Bucket: 'theirs', Key: 'copy', CopySource, ...condition }));
  await assert.rejects(copy({ CopySourceIfMatch: '"x"' }), { name: 'PreconditionFailed' });
  await assert.rejects(copy({ CopySourceIfNoneMatch: '*' }), { name: 'PreconditionFailed' });
});
