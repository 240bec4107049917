import type { VersionFacts } from '../../domain/lifecycle/decide-lifecycle.ts';
import { lockOf } from '../../domain/object-lock.ts';
import type { VersioningState } from '../../records/bucket-record.ts';
import { orderOfToken } from '../../records/tokens.ts';
import type { VersionRecord } from '../../records/version-record.ts';

/** Where a version stands among those of its key. */
export interface VersionPlace {
  /** The token of the next newer version; undefined for the newest. */
  readonly successor: string | undefined;
  /** Objects between it and the newest version. */
  readonly newerNoncurrent: number;
  readonly isAlone: boolean;
}

const noTags: VersionFacts['tags'] = [];

/** What the rules ask of a stored version. */
export function factsOf(
  version: VersionRecord,
  key: string,
  {
    place,
    versioning,
    now,
  }: { readonly place: VersionPlace; readonly versioning: VersioningState; readonly now: number },
): VersionFacts {
  const isObject = version.kind === 'object';
  return {
    key,
    kind: version.kind,
    size: isObject ? version.size : 0,
    tags: isObject ? version.tags : noTags,
    storageClass: isObject ? version.storageClass : '',
    lastModified: version.lastModified,
    noncurrentSince: place.successor === undefined ? undefined : madeAt(place.successor),
    newerNoncurrent: place.newerNoncurrent,
    isAlone: place.isAlone,
    isLocked: isObject && lockOf(version, now) !== undefined,
    awaitsReplication: isObject && (version.replication === 'PENDING' || version.replication === 'FAILED'),
    versioning,
  };
}

/** In milliseconds since the epoch. What was renamed is older than its place among the versions, which counts here. */
function madeAt(token: string): number {
  return Math.floor(orderOfToken(token) / 1000);
}
