import type { CallDraws } from './call-draws.ts';
import type { Caller, Operation, Operations } from './operation.ts';
import { type AccessLogCall, accessLogOperations } from './workload/access-logs.ts';
import { type BucketCall, bucketOperations } from './workload/buckets.ts';
import { type EventCall, eventOperations } from './workload/events.ts';
import { type UserCall, userOperations } from './workload/identities.ts';
import { type IdentityCall, identityOperations } from './workload/identity.ts';
import { type InventoryCall, inventoryOperations } from './workload/inventories.ts';
import { type ListingCall, listingOperations } from './workload/listings.ts';
import { type ObjectCall, objectOperations } from './workload/objects.ts';
import { type RetentionCall, retentionOperations } from './workload/retention.ts';
import { type UpkeepCall, upkeepOperations } from './workload/upkeep.ts';
import { type UploadCall, uploadOperations } from './workload/uploads.ts';

/** Where it matters which of several things is meant, `pick` (0 to below 1) says which of those known by then. */
export type PlannedCall =
  | ObjectCall
  | UploadCall
  | ListingCall
  | BucketCall
  | IdentityCall
  | UserCall
  | UpkeepCall
  | AccessLogCall
  | RetentionCall
  | EventCall
  | InventoryCall;
export type CallKind = PlannedCall['kind'];

const operations: Operations<PlannedCall> = {
  ...objectOperations,
  ...uploadOperations,
  ...listingOperations,
  ...bucketOperations,
  ...identityOperations,
  ...userOperations,
  ...upkeepOperations,
  ...accessLogOperations,
  ...retentionOperations,
  ...eventOperations,
  ...inventoryOperations,
};

export const callKinds = Object.keys(operations) as CallKind[];

export function weightOf(kind: CallKind): number {
  return operations[kind].weight;
}

/** The call of this kind that chance makes. */
export function drawCall(kind: CallKind, draws: CallDraws): PlannedCall {
  return { kind, ...operations[kind].draw(draws) } as PlannedCall;
}

/** Makes one call, and notes what it did and was told. */
export async function perform(caller: Caller, call: PlannedCall): Promise<void> {
  await (operations[call.kind] as Operation<PlannedCall>).perform(caller, call);
}
