import { type Amount, checkQuota } from '../../domain/quota.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { keyspace } from '../../records/keyspace.ts';
import { type Usage, usageOf } from '../../records/usage-record.ts';

/** Asked first: most buckets have none, and then a write has nothing to read. */
export function hasQuota(bucket: BucketRecord): boolean {
  return bucket.quota !== undefined || bucket.accountQuota !== undefined;
}

/**
 * To be called in the commit of a write when the usage has been added to. Throws QuotaExceeded. The counters are point
 * reads: two writes that would both still fit conflict, and one of them runs again. Counters that are missing count as
 * nothing: that no usage is known keeps nobody from writing.
 */
export async function checkQuotas(tx: Transaction, bucket: BucketRecord, growth: Amount): Promise<void> {
  if (growth.bytes <= 0 && growth.objects <= 0) return;
  const { quota, accountQuota } = bucket;
  if (quota !== undefined) checkQuota(quota, amountOf(usageOf(await tx.get(keyspace.usage(bucket.id)))), growth);
  if (accountQuota !== undefined) {
    const usage = usageOf(await tx.get(keyspace.accountUsage(bucket.ownerAccountId)));
    checkQuota(accountQuota, amountOf(usage), growth);
  }
}

/** What quotas count. */
export function amountOf({ bytes, uploadBytes, versions }: Usage): Amount {
  return { bytes: bytes + uploadBytes, objects: versions };
}
