import type { BucketId } from '../../records/keyspace.ts';
import type { ReclaimRecord } from '../../records/reclaim-record.ts';
import { noUsage, sumOfUsage, type Usage } from '../../records/usage-record.ts';

/**
 * What one pass through the store finds out for the next. Grows with the number of buckets, of open uploads and of
 * entries on the reclaim list; never with that of objects.
 */
export class Recount {
  /** Names of the buckets that exist, by id, and those that never had versioning. */
  readonly buckets = new Map<BucketId, string>();
  readonly unversioned = new Set<BucketId>();
  /** Buckets of which the reclaim worker still has to clear leftovers away. */
  readonly bucketsToReclaim = new Set<BucketId>();
  /** The bucket of each open upload. */
  readonly uploads = new Map<string, BucketId>();
  /** The bucket of each upload that ended, and whose parts wait for the reclaim worker. */
  readonly uploadsToReclaim = new Map<string, BucketId>();
  readonly completedToReclaim = new Set<string>();
  /** By the tokens of versions that are gone. */
  readonly annotationsToReclaim = new Set<string>();
  readonly clientTokensToReclaim = new Set<string>();
  /** Annotations met so far by way of the versions that they hang on. */
  annotations = 0;
  readonly contentsToReclaim = new Set<string>();
  readonly usage = new Map<BucketId, Usage>();
  /** The account that a bucket's usage counts to; also of buckets that are gone, as long as something is left of them. */
  readonly owners = new Map<BucketId, string>();
  /** Accounts whose counters are not complete yet. */
  readonly uncountedAccounts = new Set<string>();
  /** Links to contents met so far. */
  links = 0;

  add(bucketId: BucketId, change: Partial<Usage>): void {
    this.usage.set(bucketId, sumOfUsage(this.usage.get(bucketId) ?? noUsage, change));
  }

  /** What has been counted of each account. */
  usageOfAccounts(): ReadonlyMap<string, Usage> {
    const accounts = new Map<string, Usage>();
    for (const [bucketId, usage] of this.usage) {
      const owner = this.owners.get(bucketId);
      if (owner !== undefined) accounts.set(owner, sumOfUsage(accounts.get(owner) ?? noUsage, usage));
    }
    return accounts;
  }

  expect(record: ReclaimRecord): void {
    if ('ownerAccountId' in record && record.ownerAccountId !== undefined) {
      this.owners.set(record.bucketId, record.ownerAccountId);
    }
    if (record.kind === 'bucket') this.bucketsToReclaim.add(record.bucketId);
    else if (record.kind === 'parts-of-upload') this.uploadsToReclaim.set(record.uploadId, record.bucketId);
    else if (record.kind === 'completed-upload') this.completedToReclaim.add(record.uploadId);
    else if (record.kind === 'annotations') this.annotationsToReclaim.add(record.token);
    else if (record.kind === 'client-token') this.clientTokensToReclaim.add(record.tokenHash);
    else if (record.content.kind !== 'empty') this.contentsToReclaim.add(record.content.id);
  }

  /** For messages: the name of a bucket that exists, or the id of one that does not. */
  nameOf(bucketId: BucketId): string {
    return this.buckets.get(bucketId) ?? `bucket id ${bucketId}`;
  }
}
