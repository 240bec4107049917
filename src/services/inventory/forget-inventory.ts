import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { digestOf } from '../../foundation/digests.ts';
import { type BucketId, keyspace } from '../../records/keyspace.ts';

/** Where it stands how the lists of a configuration stand. */
export function inventoryKey(bucketId: BucketId, configurationId: string): Buffer {
  const hash = digestOf('SHA256', Buffer.from(configurationId)).subarray(0, 8).toString('hex');
  return keyspace.inventory(bucketId, hash);
}

/** The configuration is gone; one of the same id that comes later makes its first list at once. */
export function forgetInventory(tx: Transaction, bucketId: BucketId, configurationId: string): void {
  tx.delete(inventoryKey(bucketId, configurationId));
}
