import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { givePolicy } from '../operations/give-policy.ts';
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

/** A bucket of the owner's that the stranger may do just these things in. */
async function bucketThatAllows(name: string, ...actions: string[]) {
  await owner.send(new CreateBucketCommand({ Bucket: name }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await owner.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration }));
  const { VersionId } = await owner.send(new PutObjectCommand({ Bucket: name, Key: 'k', Body: 'old' }));
  await owner.send(new PutObjectCommand({ Bucket: name, Key: 'k', Body: 'new' }));
  if (actions.length > 0) await givePolicy(server, name, [{ Effect: 'Allow', Action: actions }]);
  return { newest: `${name}/k`, old: `${name}/k?versionId=${VersionId}` };
}

const copyTo = (Bucket: string, CopySource: string) =>
  stranger.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }));
const copyPart = (CopySource: string) => stranger.send(new UploadPartCopyCommand({ ...toPart(), CopySource }));

test('a version of the source takes the right to versions, the newest the right to objects', async () => {
  const objects = await bucketThatAllows('objects-only', 's3:GetObject');
  const versions = await bucketThatAllows('versions-only', 's3:GetObjectVersion');
  const nothing = await bucketThatAllows('nothing-at-all');
  for (const CopySource of [objects.newest, versions.old]) {
    await copyTo('mine', CopySource);
    await copyPart(CopySource);
  }
  for (const CopySource of [objects.old, versions.newest, nothing.newest, nothing.old]) {
    await assert.rejects(copyTo('mine', CopySource), denied, CopySource);
    await assert.rejects(copyPart(CopySource), denied, CopySource);
  }
});

test('a copy into another account’s bucket takes the right to both, and an explicit deny of either ends it', async () => {
  const readable = await bucketThatAllows('readable', 's3:GetObject');
  await bucketThatAllows('writable', 's3:PutObject');
  await copyTo('writable', readable.newest);
  await assert.rejects(copyTo('readable', 'mine/own'), denied);
  await assert.rejects(copyTo('writable', 'writable/k'), denied);
  const allow = { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'] } as const;
  await givePolicy(server, 'readable', [allow, { Effect: 'Deny', Action: 's3:GetObject' }]);
  await assert.rejects(copyTo('writable', readable.newest), denied);
  await givePolicy(server, 'readable', [allow]);
  await givePolicy(server, 'writable', [allow, { Effect: 'Deny', Action: 's3:PutObject' }]);
  await assert.rejects(copyTo('writable', readable.newest), denied);
});

test('a copy into another account’s bucket with an ACL may be denied for the ACL alone', async () => {
  await bucketThatAllows('copied-into', 's3:PutObject');
  const copy = () =>
    stranger.send(
      new CopyObjectCommand({
        Bucket: 'copied-into',
        Key: 'c',
        CopySource: 'mine/own',
        ACL: 'bucket-owner-full-control',
      }),
    );
  await copy();
  await givePolicy(server, 'copied-into', [
    { Effect: 'Allow', Action: 's3:PutObject' },
    { Effect: 'Deny', Action: 's3:PutObjectAcl' },
  ]);
  await assert.rejects(copy(), denied);
  await copyTo('copied-into', 'mine/own');
});

test('an object that its ACL opens is copied by who may read it, not by who may only read the bucket', async () => {
  await owner.send(new CreateBucketCommand({ Bucket: 'listed', ACL: 'public-read' }));
  await owner.send(new PutObjectCommand({ Bucket: 'listed', Key: 'closed', Body: 'v' }));
  await owner.send(new PutObjectCommand({ Bucket: 'listed', Key: 'open', Body: 'v', ACL: 'authenticated-read' }));
  await copyTo('mine', 'listed/open');
  await assert.rejects(copyTo('mine', 'listed/closed'), denied);
});

test('the owner that the sender expects of the source has to be its owner', async () => {
  const { newest } = await bucketThatAllows('expected', 's3:GetObject');
  const { accountId } = await server.identity.resolveAccount('root');
  const { accountId: wrong } = await server.identity.resolveAccount('stranger');
  const copies = (ExpectedSourceBucketOwner: string) => [
    stranger.send(new CopyObjectCommand({ ...toMine, CopySource: newest, ExpectedSourceBucketOwner })),
    stranger.send(new UploadPartCopyCommand({ ...toPart(), CopySource: newest, ExpectedSourceBucketOwner })),
  ];
  await Promise.all(copies(accountId));
  for (const copy of copies(wrong)) await assert.rejects(copy, denied);
});

test('the bucket’s policy gives away no object that another account owns', async () => {
  await owner.send(new CreateBucketCommand({ Bucket: 'shared-bucket', ACL: 'public-read-write' }));
  const writer = await server.stranger('writer');
  await writer.send(new PutObjectCommand({ Bucket: 'shared-bucket', Key: 'theirs', Body: 'v' }));
  await owner.send(new PutObjectCommand({ Bucket: 'shared-bucket', Key: 'ours', Body: 'v' }));
  await givePolicy(server, 'shared-bucket', [{ Effect: 'Allow', Action: 's3:GetObject' }]);
  await copyTo('mine', 'shared-bucket/ours');
  await assert.rejects(copyTo('mine', 'shared-bucket/theirs'), denied);
  await assert.rejects(owner.send(new GetObjectCommand({ Bucket: 'shared-bucket', Key: 'theirs' })), denied);
  await writer.send(new PutObjectAclCommand({ Bucket: 'shared-bucket', Key: 'theirs', ACL: 'public-read' }));
  await copyTo('mine', 'shared-bucket/theirs');
});
