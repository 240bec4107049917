import { StorageError } from '../domain/errors.ts';
import type { Access } from '../services/authorization/access.ts';
import type { RequestHead } from '../wire/request-head.ts';

/**
 * `x-amz-expected-bucket-owner`: the sender wants no answer from a bucket of somebody else's, even where the name is
 * right. `x-amz-source-expected-bucket-owner` says the same of the source of a copy, and is checked where that is read.
 */
export function checkExpectedBucketOwner(head: RequestHead, access: Access): void {
  const expected = head.headers['x-amz-expected-bucket-owner'];
  if (expected === undefined || head.address.bucket === undefined) return;
  if (access.owns(head.address.bucket, expected) === false) throw new StorageError('AccessDenied');
}
