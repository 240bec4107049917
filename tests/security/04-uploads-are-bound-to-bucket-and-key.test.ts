import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutBucketAclCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { storedState } from '../hostile/stored-state.ts';
import { givePolicy } from '../operations/give-policy.ts';
import { sendAnonymous } from '../operations/send-raw.ts';
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

/** A bucket into which everybody may write, with an upload that a writer began in it. */
async function uploadOfWriter(name: string) {
  const writer = await server.stranger(`writer of ${name}`);
  await owner.send(new CreateBucketCommand({ Bucket: name, ACL: 'public-read-write' }));
  const begun = await writer.send(new CreateMultipartUploadCommand({ Bucket: name, Key: 'key' }));
  const place = { Bucket: name, Key: 'key', UploadId: begun.UploadId! };
  const part = await writer.send(new UploadPartCommand({ ...place, PartNumber: 1, Body: 'part' }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: part.ETag }] };
  return { writer, place, MultipartUpload };
}

test('the right to write into a bucket is none to an upload that another account began there', async () => {
  const { writer, place } = await uploadOfWriter('written-by-all');
  const allowed = (Action: string) => ({ Effect: 'Allow', Action }) as const;
  for (const withPolicy of [false, true]) {
    if (withPolicy) await givePolicy(server, 'written-by-all', [allowed('s3:PutObject')]);
    const before = await storedState(server, 'written-by-all');
    for (const [what, act] of deeds(stranger, place)) await assert.rejects(act(), { name: 'AccessDenied' }, what);
    assert.deepEqual(await storedState(server, 'written-by-all'), before);
  }
  assert.equal((await writer.send(new ListPartsCommand(place))).Parts?.length, 1);
});

test('who began an upload goes on with it without a grant, and the bucket’s owner may end it', async () => {
  const { writer, place, MultipartUpload } = await uploadOfWriter('of-writers');
  await writer.send(new ListPartsCommand(place));
  await writer.send(new CompleteMultipartUploadCommand({ ...place, MultipartUpload }));
  const second = await writer.send(new CreateMultipartUploadCommand({ Bucket: 'of-writers', Key: 'key' }));
  const again = { ...place, UploadId: second.UploadId! };
  await writer.send(new AbortMultipartUploadCommand(again));
  await assert.rejects(writer.send(new AbortMultipartUploadCommand(again)), { name: 'NoSuchUpload' });
  const third = await writer.send(new CreateMultipartUploadCommand({ Bucket: 'of-writers', Key: 'key' }));
  const last = { ...place, UploadId: third.UploadId! };
  await owner.send(new ListPartsCommand(last));
  await owner.send(new AbortMultipartUploadCommand(last));
  await assert.rejects(writer.send(new ListPartsCommand(last)), { name: 'NoSuchUpload' });
});

test('who may write no more cannot finish an upload, but can still see and end it', async () => {
  const { writer, place, MultipartUpload } = await uploadOfWriter('closed-again');
  await owner.send(new PutBucketAclCommand({ Bucket: 'closed-again', ACL: 'private' }));
  const denied = { name: 'AccessDenied' };
  await assert.rejects(writer.send(new UploadPartCommand({ ...place, PartNumber: 2, Body: 'more' })), denied);
  await assert.rejects(writer.send(new CompleteMultipartUploadCommand({ ...place, MultipartUpload })), denied);
  assert.equal((await writer.send(new ListPartsCommand(place))).Parts?.length, 1);
  await givePolicy(server, 'closed-again', [{ Effect: 'Deny', Action: 's3:AbortMultipartUpload' }]);
  await assert.rejects(writer.send(new AbortMultipartUploadCommand(place)), denied);
  await givePolicy(server, 'closed-again', [{ Effect: 'Deny', Action: 's3:DeleteBucket' }]);
  await writer.send(new AbortMultipartUploadCommand(place));
  await assert.rejects(writer.send(new ListPartsCommand(place)), denied);
});

test('nobody begins an upload anonymously: it would be everybody’s', async () => {
  await owner.send(new CreateBucketCommand({ Bucket: 'for-nobody', ACL: 'public-read-write' }));
  const answer = await sendAnonymous(server, 'POST', '/for-nobody/key?uploads');
  assert.deepEqual([answer.status, /<Code>AccessDenied</.test(answer.text)], [403, true]);
  assert.equal((await owner.send(new ListMultipartUploadsCommand({ Bucket: 'for-nobody' }))).Uploads, undefined);
});
