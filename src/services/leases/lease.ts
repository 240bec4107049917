import { keyspace, spans } from '../../records/keyspace.ts';
import { leaseRecordType } from '../../records/lease-record.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import type { ServiceContext } from '../service-context.ts';

type LeaseContext = Pick<ServiceContext, 'metadata' | 'clock'>;

/** A right that one process at a time has, on one machine or on many. It runs out unless it is renewed. */
export interface Lease {
  readonly name: string;
  /** Drawn at random by whoever wants it. */
  readonly holder: string;
  readonly milliseconds: number;
}

/** Takes the lease, or renews it. False where somebody else has it. */
export async function takeLease({ metadata, clock }: LeaseContext, lease: Lease): Promise<boolean> {
  const key = keyspace.lease(lease.name);
  return metadata.transact(async (tx) => {
    const held = await readRecord(tx, leaseRecordType, key);
    const now = clock.now();
    // One that ends later than it could have been taken is of a clock that has been set back.
    const isHeld =
      held && held.holder !== lease.holder && held.until > now && held.until <= now + 2 * lease.milliseconds;
    if (isHeld) return false;
    writeRecord(tx, { type: leaseRecordType, key }, { holder: lease.holder, until: now + lease.milliseconds });
    return true;
  });
}

/** Gives the lease back, if it is still this holder's. */
export async function endLease({ metadata }: LeaseContext, lease: Pick<Lease, 'name' | 'holder'>): Promise<void> {
  const key = keyspace.lease(lease.name);
  await metadata.transact(async (tx) => {
    const held = await readRecord(tx, leaseRecordType, key);
    if (held?.holder === lease.holder) tx.delete(key);
  });
}

const mostLeases = 1000;

/**
 * Ends all leases of a store whose other processes are known to be dead: whoever starts then goes on at once, and does
 * not wait until what they held runs out.
 */
export async function releaseLeases({ metadata }: Pick<LeaseContext, 'metadata'>): Promise<void> {
  const held = await metadata.range(spans.table('lease', undefined, mostLeases));
  if (held.length === 0) return;
  await metadata.transact((tx) => {
    for (const { key } of held) tx.delete(key);
  });
}
