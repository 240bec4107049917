import { CreateBucketCommand, PutObjectCommand, type PutObjectCommandInput } from '@aws-sdk/client-s3';
import type { SharedServer } from './shared-server.ts';

export interface LockedVersion {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId: string;
}

let buckets = 0;

/** A bucket with object lock that no other test knows. */
export async function lockedBucket({ s3 }: SharedServer): Promise<string> {
  const Bucket = `locked-${++buckets}`;
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  return Bucket;
}

/** One version in a bucket with object lock. */
export async function lockedVersion(
  shared: SharedServer,
  lock: Partial<PutObjectCommandInput> = {},
): Promise<LockedVersion> {
  const target = { Bucket: await lockedBucket(shared), Key: 'k' };
  const { VersionId } = await shared.s3.send(new PutObjectCommand({ ...target, Body: 'x', ...lock }));
  return { ...target, VersionId: VersionId! };
}

/** From now on, in days. */
export function inDays(days: number): Date {
  return new Date(Math.floor(Date.now() / 1000) * 1000 + days * 24 * 3_600_000);
}

export function retainedFor(ObjectLockMode: 'GOVERNANCE' | 'COMPLIANCE', days: number): Partial<PutObjectCommandInput> {
  return { ObjectLockMode, ObjectLockRetainUntilDate: inDays(days) };
}
