import { readCounters, type Transaction } from '../engines/metadata/metadata-engine.ts';
import { invariant } from '../foundation/invariant.ts';
import { type BucketId, keyspace } from './keyspace.ts';
import type { RecordReader } from './record-type.ts';

/** What a bucket holds. Kept exact: each commit that changes it adds to it. */
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

export function addUsage(tx: Transaction, bucketId: BucketId, change: Partial<Usage>): void {
  tx.add(
    keyspace.usage(bucketId),
    counterNames.map((name) => change[name] ?? 0),
  );
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
