import { invariant } from '../../foundation/invariant.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';

/**
 * What the gate let through. Who goes on works with the very bucket records that were weighed: a name read once more
 * might by then stand for a bucket of somebody else's.
 */
export class Access {
  readonly #buckets: readonly BucketRecord[];

  constructor(buckets: readonly BucketRecord[]) {
    this.#buckets = buckets;
  }

  /** Whether an account owns the bucket; undefined for a bucket that is yet to be made. */
  owns(name: string, accountId: string): boolean | undefined {
    const bucket = this.#buckets.find((candidate) => candidate.name === name);
    return bucket && bucket.ownerAccountId === accountId;
  }

  /** A bucket that one of the grants named. */
  bucket(name: string): BucketRecord {
    const bucket = this.#buckets.find((candidate) => candidate.name === name);
    invariant(bucket, 'an operation works only with buckets that its grants name', { name });
    return bucket;
  }
}
