import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketAclCommand,
  PutBucketOwnershipControlsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { sendAnonymous } from './send-raw.ts';
import { sharedServer } from './shared-server.ts';
import { type TwoAccounts, twoAccounts } from './two-accounts.ts';

const shared = sharedServer();
let accounts: TwoAccounts;
beforeEach(async () => {
  accounts = await twoAccounts(shared);
});

const nobody = '65a011a29cdf8ec533ec3d1ccaae921c';

/** Written into by its owner, by another account, and by nobody who signed. */
async function bucketOfThree() {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read-write' }));
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'v' }));
  await accounts.stranger.send(new PutObjectCommand({ Bucket, Key: 'b', Body: 'v' }));
  assert.equal((await sendAnonymous(shared.server, 'PUT', `/${Bucket}/c`)).status, 200);
  return Bucket;
}

async function enforce(Bucket: string) {
  const OwnershipControls = { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' } as const] };
  await shared.s3.send(new PutBucketAclCommand({ Bucket, ACL: 'private' }));
  await shared.s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
}

test('each listing shows the owner of each object; the bucket’s, where that owns all', async () => {
  const { s3 } = shared;
  const Bucket = await bucketOfThree();
  const { owner, other } = accounts;
  const listings = async () => {
    const pages = [
      (await s3.send(new ListObjectsCommand({ Bucket }))).Contents,
      (await s3.send(new ListObjectsV2Command({ Bucket, FetchOwner: true }))).Contents,
      (await s3.send(new ListObjectVersionsCommand({ Bucket }))).Versions,
    ];
    return pages.map((entries) => entries?.map(({ Owner }) => Owner?.ID));
  };
  const writers = [owner.canonicalId, other.canonicalId, nobody];
  assert.deepEqual(await listings(), [writers, writers, writers]);
  await enforce(Bucket);
  const own = writers.map(() => owner.canonicalId);
  assert.deepEqual(await listings(), [own, own, own]);
});

test('an upload shows who began it, and who will own the object', async () => {
  const Bucket = await bucketOfThree();
  const { owner, other, stranger } = accounts;
  const { UploadId } = await stranger.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }));
  const shown = async () => {
    const listing = await shared.s3.send(new ListMultipartUploadsCommand({ Bucket }));
    const parts = await shared.s3.send(new ListPartsCommand({ Bucket, Key: 'k', UploadId }));
    return [...(listing.Uploads ?? []), parts].map(({ Initiator, Owner }) => [Initiator?.ID, Owner?.ID]);
  };
  const theirs = [other.canonicalId, other.canonicalId];
  assert.deepEqual(await shown(), [theirs, theirs]);
  await enforce(Bucket);
  const mine = [other.canonicalId, owner.canonicalId];
  assert.deepEqual(await shown(), [mine, mine]);
});
