import { StorageError } from '../domain/errors.ts';
import type { RequestHead } from './request-head.ts';
import type { S3Services } from './s3-services.ts';

/**
 * `x-amz-expected-bucket-owner`: the sender wants no answer from a bucket of somebody else's, even where the name is
 * right. `x-amz-source-expected-bucket-owner` says the same of the source of a copy, and is checked where that is read.
 */
export async function checkExpectedBucketOwner(head: RequestHead, { buckets }: S3Services): Promise<void> {
  const expected = head.headers['x-amz-expected-bucket-owner'];
  if (expected === undefined || head.address.bucket === undefined) return;
  const bucket = await buckets.find(head.address.bucket);
  if (bucket && bucket.ownerAccountId !== expected) throw new StorageError('AccessDenied');
}
