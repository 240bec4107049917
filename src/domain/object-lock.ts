import { StorageError } from './errors.ts';

/** Until when nobody may remove a version for good. COMPLIANCE binds everyone; GOVERNANCE those without a permission of its own. */
export interface Retention {
  readonly mode: RetentionMode;
  /** In milliseconds since the epoch. */
  readonly until: number;
}

export const retentionModes = ['GOVERNANCE', 'COMPLIANCE'] as const;
export type RetentionMode = (typeof retentionModes)[number];

/** What new versions in a bucket with object lock are given where their writer says nothing. */
export interface DefaultRetention {
  readonly mode: RetentionMode;
  readonly period: { readonly unit: 'days' | 'years'; readonly count: number };
}

/** The object lock of a bucket, which can never be turned off again. */
export interface ObjectLock {
  readonly defaultRetention?: DefaultRetention | undefined;
}

/** What a version, or one that is to be made, says of its own lock. */
export interface VersionLock {
  readonly retention?: Retention | undefined;
  /** False: it was held once. */
  readonly legalHold?: boolean | undefined;
}

/** What decides whether a lock binds. */
export interface LockQuestion {
  /** Milliseconds since the epoch. A clock that has been set back only makes locks last longer. */
  readonly now: number;
  /** The asker wants to break GOVERNANCE, and has the permission to. */
  readonly mayBypassGovernance: boolean;
}

const day = 24 * 3_600_000;
/** As AWS has them. */
const longestPeriod = { days: 36_500, years: 100 } as const;

/**
 * What keeps a version from being removed now; undefined where nothing does. Fails closed: whatever is not understood
 * (an unknown mode, an end that is no moment) counts as the strictest lock there is.
 */
export function lockOf(version: VersionLock, now: number): 'legal-hold' | RetentionMode | undefined {
  const { legalHold, retention } = version;
  if (legalHold !== undefined && legalHold !== false) return 'legal-hold';
  if (retention === undefined) return undefined;
  if (!Number.isFinite(retention.until)) return 'COMPLIANCE';
  if (retention.until <= now) return undefined;
  return retention.mode === 'GOVERNANCE' ? 'GOVERNANCE' : 'COMPLIANCE';
}

/** Throws ObjectLocked where a version must not be removed, or overwritten, which is the same to it. */
export function checkRemoval(version: VersionLock, { now, mayBypassGovernance }: LockQuestion): void {
  // What nearly every version is.
  if (version.retention === undefined && version.legalHold === undefined) return;
  const lock = lockOf(version, now);
  if (lock === undefined || (lock === 'GOVERNANCE' && mayBypassGovernance)) return;
  throw new StorageError('ObjectLocked');
}

/**
 * Throws ObjectLocked where a retention must not become `wanted` (undefined: none at all). One that binds may be made
 * longer by everyone; whatever else becomes of it (shorter, another mode, none) takes the bypass, and is never possible
 * for COMPLIANCE. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html#object-lock-retention-modes
 */
export function checkRetentionChange(
  stored: Retention | undefined,
  wanted: Retention | undefined,
  { now, mayBypassGovernance }: LockQuestion,
): void {
  const binding = stored && lockOf({ retention: stored }, now);
  if (stored === undefined || binding === undefined) return;
  if (wanted?.mode === stored.mode && wanted.until >= stored.until) return;
  if (binding === 'GOVERNANCE' && mayBypassGovernance) return;
  throw new StorageError('ObjectLocked');
}

/** Throws InvalidArgument for a retention that would have ended before it began. */
export function checkRetainUntil({ until }: Retention, now: number): void {
  if (until > now) return;
  throw new StorageError('InvalidArgument', {
    message: 'The retain until date must be in the future!',
    fields: { ArgumentName: 'x-amz-object-lock-retain-until-date', ArgumentValue: new Date(until).toISOString() },
  });
}

/**
 * What the writer of a new version may say of its lock. Throws InvalidRequest where the bucket has no object lock, and
 * InvalidArgument for a retention that has ended.
 */
export function checkNewLock(lock: VersionLock, bucket: { readonly objectLock?: ObjectLock | undefined }, now: number) {
  if (lock.retention === undefined && lock.legalHold === undefined) return;
  requireObjectLock(bucket);
  if (lock.retention !== undefined) checkRetainUntil(lock.retention, now);
}

/** The same for a replica, whose retention was weighed where it was made, and may have ended since. */
export function checkReplicasLock(lock: VersionLock, bucket: { readonly objectLock?: ObjectLock | undefined }): void {
  if (lock.retention !== undefined || lock.legalHold !== undefined) requireObjectLock(bucket);
}

/** Throws InvalidRequest for a bucket without object lock. */
export function requireObjectLock(bucket: { readonly objectLock?: ObjectLock | undefined }): void {
  if (bucket.objectLock !== undefined) return;
  throw new StorageError('InvalidRequest', { message: 'Bucket is missing Object Lock Configuration' });
}

/** Throws InvalidRetentionPeriod. */
export function checkDefaultRetention({ period: { unit, count } }: DefaultRetention): void {
  if (Number.isSafeInteger(count) && count >= 1 && count <= longestPeriod[unit]) return;
  throw new StorageError('InvalidRetentionPeriod', {
    message: `Default retention period must be a positive integer value of at most ${longestPeriod[unit]} ${unit}.`,
  });
}

/** The retention of a version made at `now`. Years are those of the calendar; 29 February ends on 1 March. */
export function defaultRetentionFrom({ mode, period }: DefaultRetention, now: number): Retention {
  if (period.unit === 'days') return { mode, until: now + period.count * day };
  const end = new Date(now);
  end.setUTCFullYear(end.getUTCFullYear() + period.count);
  return { mode, until: end.getTime() };
}

/** How many days a retention still lasts, begun ones counted: what the key of policies asks for. */
export function remainingRetentionDays(until: number, now: number): number {
  return Math.ceil((until - now) / day);
}
