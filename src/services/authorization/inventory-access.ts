import { evaluate } from '../../domain/policy/evaluate.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import type { BucketPolicies } from './bucket-policies.ts';
import { takesNoLogs } from './log-delivery-access.ts';
import { serviceConditions } from './service-conditions.ts';

/** Who writes lists of objects, in the words of policies. */
const inventoryService = 's3.amazonaws.com';

/** A file of a list before it is written. */
export interface InventoryDelivery {
  readonly destination: BucketRecord;
  readonly key: string;
  readonly source: { readonly accountId: string; readonly bucket: string };
  /** In milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Whether the policy of the destination lets S3 write a list of that very bucket into it. Nothing else does: the lists
 * tell what a bucket has, and a bucket takes only what its owner wants in it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html#example-bucket-policies-s3-inventory-1
 */
export async function mayDeliverInventory(
  { destination, key, source, now }: InventoryDelivery,
  policies: BucketPolicies,
): Promise<boolean> {
  if (takesNoLogs(destination)) return false;
  const policy = await policies.of(destination);
  if (!policy) return false;
  const delivery = { service: inventoryService, source, now, region: destination.region };
  // Whatever is written belongs to the owner of the bucket that it is written into.
  const context = serviceConditions(delivery, { 's3:x-amz-acl': 'bucket-owner-full-control' });
  const request = {
    action: 's3:PutObject',
    resource: `arn:aws:s3:::${destination.name}/${key}`,
    principal: { kind: 'service', service: inventoryService },
    context,
  } as const;
  return evaluate(policy.alone, request).effect === 'allow';
}
