import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type LifecycleRule,
  ListPartsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

async function ruledBucket(...rules: Partial<LifecycleRule>[]): Promise<string> {
  const Bucket = await shared.bucket();
  const Rules = rules.map((rule, i) => ({
    ID: `rule ${i}`,
    Status: 'Enabled' as const,
    Filter: { Prefix: '' },
    ...rule,
  }));
  await shared.s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
  return Bucket;
}

/** The midnight that follows so many days after now, as headers write it. */
function midnightAfter(days: number, from = Date.now()): string {
  return new Date(Math.ceil((from + days * 86_400_000) / 86_400_000) * 86_400_000).toUTCString();
}

test('writes and reads tell when the object ends, by the earliest rule', async () => {
  const Bucket = await ruledBucket(
    { Expiration: { Days: 9 } },
    { Expiration: { Days: 2 }, Filter: { Prefix: 'a' } },
    { Expiration: { Days: 1 }, Filter: { Prefix: 'b' } },
    { Expiration: { Days: 1 }, Status: 'Disabled' },
  );
  const Key = 'a';
  const expected = `expiry-date="${midnightAfter(2)}", rule-id="rule%201"`;
  const put = await shared.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  const head = await shared.s3.send(new HeadObjectCommand({ Bucket, Key }));
  const get = await shared.s3.send(new GetObjectCommand({ Bucket, Key }));
  await get.Body!.transformToString();
  const copy = await shared.s3.send(new CopyObjectCommand({ Bucket, Key: 'a copy', CopySource: `/${Bucket}/a` }));
  const { UploadId } = await shared.s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'a parts' }));
  const part = { Bucket, Key: 'a parts', UploadId };
  const { ETag } = await shared.s3.send(new UploadPartCommand({ ...part, PartNumber: 1, Body: 'x' }));
  const Parts = [{ PartNumber: 1, ETag }];
  const complete = await shared.s3.send(new CompleteMultipartUploadCommand({ ...part, MultipartUpload: { Parts } }));
  for (const { Expiration } of [put, head, get, copy, complete]) assert.equal(Expiration, expected);
});

test('rules by tags count once the object has the tags', async () => {
  const Bucket = await ruledBucket({ Expiration: { Days: 1 }, Filter: { Tag: { Key: 'k', Value: 'v' } } });
  const Key = 'a';
  assert.equal((await shared.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }))).Expiration, undefined);
  await shared.s3.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet: [{ Key: 'k', Value: 'v' }] } }));
  assert.match((await shared.s3.send(new HeadObjectCommand({ Bucket, Key }))).Expiration!, /rule-id="rule%200"/);
});

test('rules of markers and of old versions end no object', async () => {
  const Bucket = await ruledBucket(
    { Expiration: { ExpiredObjectDeleteMarker: true } },
    { NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
  );
  assert.equal((await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }))).Expiration, undefined);
});

test('uploads tell when they are aborted', async () => {
  const Bucket = await ruledBucket({
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 },
    Filter: { Prefix: 'a' },
  });
  const begun = await shared.s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'a' }));
  const listed = await shared.s3.send(new ListPartsCommand({ Bucket, Key: 'a', UploadId: begun.UploadId }));
  for (const { AbortDate, AbortRuleId } of [begun, listed]) {
    assert.equal(AbortDate?.toUTCString(), midnightAfter(3));
    assert.equal(AbortRuleId, 'rule%200');
  }
  const other = await shared.s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'b' }));
  assert.equal(other.AbortDate, undefined);
});
