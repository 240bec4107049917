import type { BucketId } from '../../records/keyspace.ts';
import type { ReclaimRecord } from '../../records/reclaim-record.ts';
import type { Usage } from '../../records/usage-record.ts';

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
  readonly contentsToReclaim = new Set<string>();
  readonly usage = new Map<BucketId, Usage>();
  /** Links to contents met so far. */
  links = 0;

  add(bucketId: BucketId, change: Partial<Usage>): void {
    const old = this.usage.get(bucketId) ?? noUsage;
    this.usage.set(bucketId, {
      objects: old.objects + (change.objects ?? 0),
      versions: old.versions + (change.versions ?? 0),
      bytes: old.bytes + (change.bytes ?? 0),
      uploads: old.uploads + (change.uploads ?? 0),
      uploadBytes: old.uploadBytes + (change.uploadBytes ?? 0),
    });
  }

  expect(record: ReclaimRecord): void {
    if (record.kind === 'bucket') this.bucketsToReclaim.add(record.bucketId);
    else if (record.kind === 'parts-of-upload') this.uploadsToReclaim.set(record.uploadId, record.bucketId);
    else if (record.kind === 'completed-upload') this.completedToReclaim.add(record.uploadId);
    else if (record.content.kind !== 'empty') this.contentsToReclaim.add(record.content.id);
  }

  /** For messages: the name of a bucket that exists, or the id of one that does not. */
  nameOf(bucketId: BucketId): string {
    return this.buckets.get(bucketId) ?? `bucket id ${bucketId}`;
  }
}

export const noUsage: Usage = { objects: 0, versions: 0, bytes: 0, uploads: 0, uploadBytes: 0 };
