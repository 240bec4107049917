import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { storedState } from '../hostile/stored-state.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
let owner: S3Client;
let stranger: S3Client;
let UploadId: string;
let ETag: string | undefined;
before(async () => {
  server = await startS3Server();
  owner = server.client();
  stranger = await server.stranger();
  for (const Bucket of ['theirs', 'other']) await owner.send(new CreateBucketCommand({ Bucket }));
  await stranger.send(new CreateBucketCommand({ Bucket: 'mine' }));
  UploadId = (await owner.send(new CreateMultipartUploadCommand({ Bucket: 'theirs', Key: 'key' }))).UploadId!;
  ETag = (
    await owner.send(new UploadPartCommand({ Bucket: 'theirs', Key: 'key', UploadId, PartNumber: 1, Body: 'part' }))
  ).ETag;
});
after(() => server[Symbol.asyncDispose]());

interface Place {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
}

/** Everything that can be done with an upload. */
const deeds = (s3: S3Client, place: Place): readonly [string, () => Promise<unknown>][] => [
  ['UploadPart', () => s3.send(new UploadPartCommand({ ...place, PartNumber: 1, Body: 'other' }))],
  ['ListParts', () => s3.send(new ListPartsCommand(place))],
  [
    'CompleteMultipartUpload',
    () =>
      s3.send(new CompleteMultipartUploadCommand({ ...place, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } })),
  ],
  ['AbortMultipartUpload', () => s3.send(new AbortMultipartUploadCommand(place))],
];

async function assertUseless(s3: S3Client, place: Place, name: string) {
  const before = await storedState(server, 'theirs');
  for (const [what, act] of deeds(s3, place)) await assert.rejects(act(), { name }, `${what} ${JSON.stringify(place)}`);
  assert.deepEqual(await storedState(server, 'theirs'), before);
}

test('an upload id is of no use under another key or in another bucket', async () => {
  for (const Key of ['other', 'key/', 'ke', 'key\0'])
    await assertUseless(owner, { Bucket: 'theirs', Key, UploadId }, 'NoSuchUpload');
  await assertUseless(owner, { Bucket: 'other', Key: 'key', UploadId }, 'NoSuchUpload');
  await assertUseless(stranger, { Bucket: 'mine', Key: 'key', UploadId }, 'NoSuchUpload');
});

test('an upload is of no use to another account', async () => {
  await assertUseless(stranger, { Bucket: 'theirs', Key: 'key', UploadId }, 'AccessDenied');
  await assert.rejects(stranger.send(new ListMultipartUploadsCommand({ Bucket: 'theirs' })), { name: 'AccessDenied' });
});

test('an upload id is never a path, a prefix or a pattern', async () => {
  const ids = [
    '..',
    '../..',
    '..%2f..',
    '../../theirs',
    '/',
    '.',
    '*',
    '%',
    UploadId.slice(0, 31),
    `${UploadId}0`,
    `${UploadId}/..`,
    UploadId.toUpperCase(),
    `${UploadId}\0`,
    '0'.repeat(32),
    '__proto__',
    'x'.repeat(3000),
  ];
  for (const id of ids)
    if (id !== UploadId) await assertUseless(owner, { Bucket: 'theirs', Key: 'key', UploadId: id }, 'NoSuchUpload');
  const { Uploads } = await owner.send(new ListMultipartUploadsCommand({ Bucket: 'theirs' }));
  assert.equal(Uploads?.length, 1);
});
