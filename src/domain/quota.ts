import { StorageError } from './errors.ts';

/** The most that a bucket or an account may hold, all versions and parts of open uploads counted. Left out: no bound. */
export interface Quota {
  readonly bytes?: number | undefined;
  /** Versions, not counting delete markers' bytes but counting the markers themselves. */
  readonly objects?: number | undefined;
}

export interface Amount {
  readonly bytes: number;
  readonly objects: number;
}

/**
 * Throws QuotaExceeded where a write makes more of what there is too much of already. `held` is what there is with the
 * write. A write that makes nothing more passes, so that whoever is over a quota that was lowered can still make room.
 */
export function checkQuota(quota: Quota, held: Amount, growth: Amount): void {
  for (const name of ['bytes', 'objects'] as const) {
    const most = quota[name];
    if (most === undefined || growth[name] <= 0 || held[name] <= most) continue;
    throw new StorageError('QuotaExceeded', {
      message: `The write would exceed a quota: ${held[name]} of at most ${most} ${name}.`,
    });
  }
}

/** A quota without a bound is none: buckets that have none are not even asked. */
export function quotaOrNone(quota: Quota | undefined): Quota | undefined {
  return quota?.bytes === undefined && quota?.objects === undefined ? undefined : quota;
}

export function isSameQuota(one: Quota | undefined, other: Quota | undefined): boolean {
  return one?.bytes === other?.bytes && one?.objects === other?.objects;
}
