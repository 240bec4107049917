import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type BucketCannedACL,
  GetBucketOwnershipControlsCommand,
  GetObjectCommand,
  ListObjectsCommand,
  type ObjectOwnership,
  PutBucketAclCommand,
  PutBucketOwnershipControlsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

const set = (Bucket: string, ObjectOwnership: ObjectOwnership, s3 = shared.s3) =>
  s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership }] } }));

async function ownershipOf(Bucket: string) {
  const { OwnershipControls } = await shared.s3.send(new GetBucketOwnershipControlsCommand({ Bucket }));
  return OwnershipControls?.Rules?.map(({ ObjectOwnership }) => ObjectOwnership);
}

const setAcl = (Bucket: string, ACL: BucketCannedACL) => shared.s3.send(new PutBucketAclCommand({ Bucket, ACL }));

test('each ownership is set and given back', async () => {
  const Bucket = await shared.bucket();
  for (const ownership of ['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter', 'ObjectWriter'] as const) {
    await set(Bucket, ownership);
    assert.deepEqual(await ownershipOf(Bucket), [ownership]);
  }
});

test('ACLs are not switched off while the bucket’s own serves others', async () => {
  const Bucket = await shared.bucket();
  // The SDK's list of names leaves one out.
  for (const ACL of ['public-read', 'authenticated-read', 'log-delivery-write']) {
    await setAcl(Bucket, ACL as BucketCannedACL);
    await assert.rejects(set(Bucket, 'BucketOwnerEnforced'), isFailure('InvalidBucketAclWithObjectOwnership', 400));
    await set(Bucket, 'BucketOwnerPreferred');
  }
  await setAcl(Bucket, 'private');
  await set(Bucket, 'BucketOwnerEnforced');
  assert.deepEqual(await ownershipOf(Bucket), ['BucketOwnerEnforced']);
});

test('switched off, what strangers wrote is the bucket owner’s to read, and is shown as the owner’s', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger('writer');
  await setAcl(Bucket, 'public-read-write');
  await stranger.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'theirs' }));
  const listedOwner = async () =>
    (await shared.s3.send(new ListObjectsCommand({ Bucket }))).Contents?.[0]?.Owner?.DisplayName;
  assert.equal(await listedOwner(), 'writer');
  await assert.rejects(shared.s3.send(new GetObjectCommand({ Bucket, Key: 'k' })), isFailure('AccessDenied', 403));
  await setAcl(Bucket, 'private');
  await set(Bucket, 'BucketOwnerEnforced');
  await shared.s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.equal(await listedOwner(), 'root');
  await assert.rejects(stranger.send(new GetObjectCommand({ Bucket, Key: 'k' })), isFailure('AccessDenied', 403));
});

test('a document without exactly one ownership that S3 knows is refused', async () => {
  const Bucket = await shared.bucket();
  const rule = (ownership: string) => `<Rule><ObjectOwnership>${ownership}</ObjectOwnership></Rule>`;
  for (const inner of ['', rule('Somebody'), rule('ObjectWriter').repeat(2), '<Rule/>', '<Other/>']) {
    const answer = await shared.raw({
      method: 'PUT',
      path: `/${Bucket}`,
      query: [['ownershipControls', '']],
      body: Buffer.from(`<OwnershipControls>${inner}</OwnershipControls>`),
    });
    assert.deepEqual([answer.status, /<Code>MalformedXML</.test(answer.text)], [400, true], inner);
  }
  await assert.rejects(ownershipOf(Bucket), isFailure('OwnershipControlsNotFoundError', 404));
});

test('only the owner sets it', async () => {
  const Bucket = await shared.bucket();
  await setAcl(Bucket, 'public-read-write');
  const stranger = await shared.server.stranger();
  await assert.rejects(set(Bucket, 'ObjectWriter', stranger), isFailure('AccessDenied', 403));
});
