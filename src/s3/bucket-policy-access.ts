import { StorageError } from '../domain/errors.ts';
import type { Principal } from '../domain/principal.ts';
import type { BucketRecord } from '../records/bucket-record.ts';

/**
 * A bucket's policy is for its owner's account, whomever else it may be granted to. S3 answers others, who have the
 * permission, 405 (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html, "Permissions").
 */
export function requireBucketOwner(bucket: BucketRecord, principal: Principal): void {
  if (principal.kind !== 'anonymous' && principal.account.accountId === bucket.ownerAccountId) return;
  throw new StorageError('MethodNotAllowed', { fields: { ResourceType: 'BUCKETPOLICY' } });
}

export function noSuchBucketPolicy({ name }: BucketRecord): StorageError {
  return new StorageError('NoSuchBucketPolicy', { fields: { BucketName: name } });
}
