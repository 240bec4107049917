import { readCounters, type Transaction } from '../engines/metadata/metadata-engine.ts';
import { invariant } from '../foundation/invariant.ts';
import { type BucketId, keyspace } from './keyspace.ts';
import type { RecordReader } from './record-type.ts';

/** What a bucket, or an account in all its buckets, holds. Kept exact: each commit that changes it adds to it. */
export interface Usage {
  /** Keys that a listing shows. */
  readonly objects: number;
  /** Versions and delete markers, current ones too. */
  readonly versions: number;
  /** Bytes of all versions. */
  readonly bytes: number;
  readonly uploads: number;
  /** Bytes of parts that belong to no object yet. */
  readonly uploadBytes: number;
}

export const counterNames = [
  'objects',
  'versions',
  'bytes',
  'uploads',
  'uploadBytes',
] as const satisfies (keyof Usage)[];

/** Whose usage it is: a bucket's, and with it that of the account that owns the bucket. */
export interface UsageOwner {
  readonly id: BucketId;
  /** Undefined for what is left of a bucket that was deleted before accounts had usage: it counts for none. */
  readonly ownerAccountId: string | undefined;
}

export function addUsage(tx: Transaction, { id, ownerAccountId }: UsageOwner, change: Partial<Usage>): void {
  const deltas = deltasOf(change);
  // An object that is overwritten by one of the same size.
  if (deltas.every((delta) => delta === 0)) return;
  tx.add(keyspace.usage(id), deltas);
  if (ownerAccountId !== undefined) tx.add(keyspace.accountUsage(ownerAccountId), deltas);
}

/** For `Transaction.add`, which takes them over. */
export function deltasOf(change: Partial<Usage>): number[] {
  return counterNames.map((name) => change[name] ?? 0);
}

export async function readUsage(reader: RecordReader, bucketId: BucketId): Promise<Usage> {
  const usage = usageOf(await reader.get(keyspace.usage(bucketId)));
  for (const name of counterNames) invariant(usage[name] >= 0, 'usage is never negative', { name, ...usage });
  return usage;
}

/** The counters as they are stored, without any doubt about them. */
export function usageOf(value: Buffer | undefined): Usage {
  const counters = readCounters(value, counterNames.length);
  return {
    objects: counters[0]!,
    versions: counters[1]!,
    bytes: counters[2]!,
    uploads: counters[3]!,
    uploadBytes: counters[4]!,
  };
}

/** What is to be added to `found` to make it `expected`. */
export function usageDifference(expected: Usage, found: Usage): Usage {
  return {
    objects: expected.objects - found.objects,
    versions: expected.versions - found.versions,
    bytes: expected.bytes - found.bytes,
    uploads: expected.uploads - found.uploads,
    uploadBytes: expected.uploadBytes - found.uploadBytes,
  };
}

export function isSameUsage(one: Usage, other: Usage): boolean {
  return counterNames.every((name) => one[name] === other[name]);
}

export const noUsage: Usage = { objects: 0, versions: 0, bytes: 0, uploads: 0, uploadBytes: 0 };

export function sumOfUsage(one: Usage, other: Partial<Usage>): Usage {
  return {
    objects: one.objects + (other.objects ?? 0),
    versions: one.versions + (other.versions ?? 0),
    bytes: one.bytes + (other.bytes ?? 0),
    uploads: one.uploads + (other.uploads ?? 0),
    uploadBytes: one.uploadBytes + (other.uploadBytes ?? 0),
  };
}
