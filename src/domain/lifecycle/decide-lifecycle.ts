import type { StorageClass } from '../storage-class.ts';
import { type CompiledLifecycle, type CompiledRule, type FilteredVersion, isFiltered } from './compiled-lifecycle.ts';
import { dueAfter } from './lifecycle-days.ts';
import type { Moment, NoncurrentPeriod } from './lifecycle-rules.ts';

/** What a decision stands on. All times in milliseconds since the epoch. */
export interface VersionFacts extends FilteredVersion {
  readonly storageClass: string;
  readonly lastModified: number;
  /** When it was replaced by the next newer version; undefined for the newest of its key. */
  readonly noncurrentSince: number | undefined;
  /** Objects among the versions of the key that are newer than it and not the newest. */
  readonly newerNoncurrent: number;
  /** There is no other version of the key. */
  readonly isAlone: boolean;
  /** Object lock forbids to remove it now. */
  readonly isLocked: boolean;
  /** It was not copied yet to where it shall be replicated. */
  readonly awaitsReplication: boolean;
  readonly versioning: 'unversioned' | 'enabled' | 'suspended';
}

export type LifecycleAction =
  /** The newest version: it goes, or is hidden by a delete marker where versioning is or was on. */
  | { readonly kind: 'expire'; readonly ruleId: string }
  /** An old version, or an old delete marker: it goes for good. */
  | { readonly kind: 'remove'; readonly ruleId: string }
  /** A delete marker that hides nothing any more. */
  | { readonly kind: 'remove-marker'; readonly ruleId: string }
  | { readonly kind: 'transition'; readonly ruleId: string; readonly storageClass: StorageClass };

export interface LifecycleTime {
  readonly now: number;
  /** How long a day is; a setting shortens it for tests. */
  readonly dayMilliseconds: number;
}

/**
 * What the rules have to be done to one version now, if anything. Of several things that are due a removal for good wins
 * over a transition, and that over making a delete marker
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html).
 */
export function decideLifecycle(
  lifecycle: CompiledLifecycle,
  facts: VersionFacts,
  time: LifecycleTime,
): LifecycleAction | undefined {
  if (facts.awaitsReplication) return undefined;
  if (facts.noncurrentSince !== undefined) return decideNoncurrent(lifecycle, facts, time);
  if (facts.kind === 'delete-marker') return decideMarker(lifecycle, facts, time);
  const expiring = lifecycle.rules.find(
    (compiled) =>
      isDue(compiled.rule.expiration, facts.lastModified, time) &&
      isFiltered(compiled, facts) &&
      !hasNoMoment(compiled),
  );
  const expiration = expiring && ({ kind: 'expire', ruleId: expiring.rule.id } as const);
  if (expiration && facts.versioning === 'unversioned' && !facts.isLocked) return expiration;
  return decideTransition(lifecycle, facts, time) ?? (facts.versioning === 'unversioned' ? undefined : expiration);
}

function hasNoMoment({ rule }: CompiledRule): boolean {
  return rule.expiration?.days === undefined && rule.expiration?.date === undefined;
}

function isDue(moment: Moment | undefined, since: number, { now, dayMilliseconds }: LifecycleTime): boolean {
  if (moment === undefined) return false;
  if (moment.date !== undefined) return moment.date <= now;
  return moment.days !== undefined && dueAfter(since, moment.days, dayMilliseconds) <= now;
}

function isDueNoncurrent(period: NoncurrentPeriod, facts: VersionFacts, time: LifecycleTime): boolean {
  const { days, newerVersions = 0 } = period;
  if (days === undefined || facts.newerNoncurrent < newerVersions) return false;
  return isDue({ days }, facts.noncurrentSince!, time);
}

function decideNoncurrent(
  lifecycle: CompiledLifecycle,
  facts: VersionFacts,
  time: LifecycleTime,
): LifecycleAction | undefined {
  if (!facts.isLocked) {
    for (const compiled of lifecycle.rules) {
      const period = compiled.rule.noncurrentExpiration;
      if (period && isDueNoncurrent(period, facts, time) && isFiltered(compiled, facts)) {
        return { kind: 'remove', ruleId: compiled.rule.id };
      }
    }
  }
  return decideTransition(lifecycle, facts, time);
}

/** Asked for by `ExpiredObjectDeleteMarker`, at once, or by an expiration, when the marker itself is old enough. */
function decideMarker(
  lifecycle: CompiledLifecycle,
  facts: VersionFacts,
  time: LifecycleTime,
): LifecycleAction | undefined {
  if (!facts.isAlone) return undefined;
  for (const compiled of lifecycle.rules) {
    const { expiration, id } = compiled.rule;
    const isAsked = expiration?.expiredObjectDeleteMarker || isDue(expiration, facts.lastModified, time);
    if (isAsked && isFiltered(compiled, facts)) return { kind: 'remove-marker', ruleId: id };
  }
  return undefined;
}

/** S3's waterfall: objects move down it, never up. */
const ranks: Readonly<Record<string, number>> = {
  STANDARD: 0,
  REDUCED_REDUNDANCY: 0,
  STANDARD_IA: 1,
  INTELLIGENT_TIERING: 2,
  ONEZONE_IA: 3,
  GLACIER_IR: 4,
  GLACIER: 5,
  DEEP_ARCHIVE: 6,
};

const smallestTransition = 128 * 1024;

/** To the coldest class that is due. */
function decideTransition(
  lifecycle: CompiledLifecycle,
  facts: VersionFacts,
  time: LifecycleTime,
): LifecycleAction | undefined {
  if (facts.kind === 'delete-marker') return undefined;
  let rank = ranks[facts.storageClass] ?? Number.POSITIVE_INFINITY;
  let best: LifecycleAction | undefined;
  for (const compiled of lifecycle.rules) {
    const { rule } = compiled;
    const due =
      facts.noncurrentSince === undefined
        ? rule.transitions.filter((transition) => isDue(transition, facts.lastModified, time))
        : rule.noncurrentTransitions.filter((period) => isDueNoncurrent(period, facts, time));
    for (const { storageClass } of due) {
      const colder = ranks[storageClass] ?? 0;
      if (colder <= rank || !isLargeEnough(lifecycle, compiled, { facts, storageClass })) continue;
      if (!isFiltered(compiled, facts)) continue;
      rank = colder;
      best = { kind: 'transition', ruleId: rule.id, storageClass };
    }
  }
  return best;
}

/** A filter by size in the rule takes the place of the configuration's smallest size. */
function isLargeEnough(
  { minimumTransitionSize }: CompiledLifecycle,
  { sizeGreaterThan, sizeLessThan }: CompiledRule,
  { facts, storageClass }: { readonly facts: VersionFacts; readonly storageClass: StorageClass },
): boolean {
  if (sizeGreaterThan !== undefined || sizeLessThan !== undefined) return true;
  const isArchive = storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE';
  if (minimumTransitionSize === 'varies_by_storage_class' && isArchive) return true;
  return facts.size >= smallestTransition;
}

/** When the rules end an object that is the newest of its key, as `x-amz-expiration` tells; undefined for never. */
export function expirationOf(
  { rules }: CompiledLifecycle,
  version: FilteredVersion & { readonly lastModified: number },
  dayMilliseconds: number,
): { readonly at: number; readonly ruleId: string } | undefined {
  let first: { at: number; ruleId: string } | undefined;
  for (const compiled of rules) {
    const { expiration, id } = compiled.rule;
    const at =
      expiration?.date ??
      (expiration?.days === undefined ? undefined : dueAfter(version.lastModified, expiration.days, dayMilliseconds));
    if (at === undefined || (first && first.at <= at) || !isFiltered(compiled, version)) continue;
    first = { at, ruleId: id };
  }
  return first;
}

/** When the rules abort an upload of `key` that was begun at `initiatedAt`; undefined for never. */
export function abortionOf(
  { rules }: CompiledLifecycle,
  upload: { readonly key: string; readonly initiatedAt: number },
  dayMilliseconds: number,
): { readonly at: number; readonly ruleId: string } | undefined {
  let first: { at: number; ruleId: string } | undefined;
  for (const { rule, prefixes } of rules) {
    if (rule.abortUploadsAfter === undefined || !prefixes.every((prefix) => upload.key.startsWith(prefix))) continue;
    const at = dueAfter(upload.initiatedAt, rule.abortUploadsAfter, dayMilliseconds);
    if (!first || at < first.at) first = { at, ruleId: rule.id };
  }
  return first;
}
