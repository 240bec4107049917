import { invalidArgument, StorageError } from '../errors.ts';
import type { StorageClass } from '../storage-class.ts';
import { checkTags } from '../tagging.ts';
import { wholeDay } from './lifecycle-days.ts';
import {
  type LifecycleConfiguration,
  type LifecycleFilter,
  type LifecycleRule,
  lifecycleLimits,
  type Moment,
  type NoncurrentPeriod,
  type SizeBounds,
} from './lifecycle-rules.ts';

/** What objects may be moved to. */
export const transitionClasses = [
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
] as const satisfies readonly StorageClass[];

/** S3 keeps objects so long in a class before they are moved there. */
const leastDays: Partial<Record<StorageClass, number>> = { STANDARD_IA: 30, ONEZONE_IA: 30 };

/** Throws InvalidArgument, InvalidRequest or MalformedXml for what S3 refuses as well. */
export function checkLifecycle({ rules }: LifecycleConfiguration): void {
  if (rules.length > lifecycleLimits.rules) throw new StorageError('MalformedXml');
  const ids = new Set<string>();
  const isOld = rules.some(({ prefix }) => prefix !== undefined);
  for (const rule of rules) {
    if (rule.id.length > lifecycleLimits.idLength) {
      throw invalidArgument('ID length should not exceed allowed limit of 255', 'ID', rule.id);
    }
    if (ids.has(rule.id))
      throw invalidArgument('Rule ID must be unique. Found same ID for more than one rule', 'ID', rule.id);
    ids.add(rule.id);
    if (isOld && rule.filter !== undefined) {
      throw invalidRequest(
        'Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.',
      );
    }
    checkRule(rule);
  }
}

function checkRule(rule: LifecycleRule): void {
  const { expiration, transitions, noncurrentExpiration, noncurrentTransitions, abortUploadsAfter } = rule;
  const hasAction =
    expiration ||
    noncurrentExpiration ||
    abortUploadsAfter !== undefined ||
    transitions.length > 0 ||
    noncurrentTransitions.length > 0;
  if (!hasAction) throw invalidRequest('At least one action needs to be specified in a rule.');
  if (rule.filter) checkFilter(rule.filter);
  checkExpiration(rule);
  checkTransitions(rule);
  checkNoncurrent(rule);
  if (abortUploadsAfter === undefined) return;
  checkDays(abortUploadsAfter, "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action", 1);
  if (hasTags(rule.filter)) throw invalidRequest('AbortIncompleteMultipartUpload cannot be specified with Tags.');
  if (hasSizes(rule.filter))
    throw invalidRequest('AbortIncompleteMultipartUpload cannot be specified with object size.');
}

function checkFilter(filter: LifecycleFilter): void {
  const { tag, and } = filter;
  const tags = [...(tag ? [tag] : []), ...(and?.tags ?? [])];
  if (and && tag && and.tags.some(({ key }) => key === tag.key)) {
    throw invalidRequest('Duplicate Tag Keys are not allowed.');
  }
  checkTags(tags, 'object');
  if (and) {
    const predicates = [and.prefix, and.sizeGreaterThan, and.sizeLessThan].filter((value) => value !== undefined);
    // One tag alone: AWS wants two predicates, but common clients send one, and what is meant is clear.
    if (predicates.length + and.tags.length === 0) throw new StorageError('MalformedXml');
  }
  for (const bounds of [filter, ...(and ? [and] : [])]) checkSizes(bounds);
}

function checkSizes({ sizeGreaterThan, sizeLessThan }: SizeBounds): void {
  if (sizeGreaterThan === undefined || sizeLessThan === undefined || sizeGreaterThan < sizeLessThan) return;
  throw invalidRequest(
    "'ObjectSizeGreaterThan' should be less than 'ObjectSizeLessThan' in the filter of a lifecycle rule.",
  );
}

function hasTags(filter: LifecycleFilter | undefined): boolean {
  return filter?.tag !== undefined || (filter?.and?.tags.length ?? 0) > 0;
}

function hasSizes(filter: LifecycleFilter | undefined): boolean {
  return [filter, filter?.and].some((bounds) => (bounds?.sizeGreaterThan ?? bounds?.sizeLessThan) !== undefined);
}

function checkExpiration({ expiration, filter, transitions }: LifecycleRule): void {
  if (!expiration) return;
  const given = [expiration.days, expiration.date, expiration.expiredObjectDeleteMarker].filter((v) => v !== undefined);
  if (given.length !== 1) throw new StorageError('MalformedXml');
  if (expiration.days !== undefined) checkDays(expiration.days, "'Days' for Expiration action", 1);
  checkDate(expiration);
  if (expiration.expiredObjectDeleteMarker !== undefined && hasTags(filter)) {
    throw invalidRequest('ExpiredObjectDeleteMarker cannot be specified with Tags.');
  }
  for (const { days, date, storageClass } of transitions) {
    if (
      (days !== undefined && expiration.date !== undefined) ||
      (date !== undefined && expiration.days !== undefined)
    ) {
      throw invalidRequest("Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule.");
    }
    const isLater = (days ?? date ?? 0) >= (expiration.days ?? expiration.date ?? Number.POSITIVE_INFINITY);
    if (!isLater) continue;
    const unit = days === undefined ? 'Date' : 'Days';
    const message = `'${unit}' in the Expiration action must be greater than '${unit}' in the Transition action.`;
    throw invalidArgument(message, 'StorageClass', storageClass);
  }
}

function checkTransitions({ transitions }: LifecycleRule): void {
  const classes = new Set<string>();
  for (const transition of transitions) {
    const { days, date, storageClass } = transition;
    if ((days === undefined) === (date === undefined)) throw new StorageError('MalformedXml');
    requireTransitionClass(storageClass);
    if (classes.has(storageClass)) {
      throw invalidRequest("'StorageClass' must be different for 'Transition' actions in same 'Rule'.");
    }
    classes.add(storageClass);
    if (days !== undefined) checkTransitionDays(days, { storageClass, name: "'Days' in Transition action" });
    checkDate(transition);
  }
  if (transitions.some(({ days }) => days === undefined) && transitions.some(({ date }) => date === undefined)) {
    throw invalidRequest("Found mixed 'Date' and 'Days' based Transition actions in lifecycle rule.");
  }
  checkOrder(transitions.map(({ days, date, storageClass }) => ({ at: days ?? date ?? 0, storageClass })));
}

function checkNoncurrent({ noncurrentExpiration, noncurrentTransitions }: LifecycleRule): void {
  if (noncurrentExpiration) {
    checkPeriod(noncurrentExpiration);
    checkDays(noncurrentExpiration.days!, "'NoncurrentDays' for NoncurrentVersionExpiration action", 1);
  }
  const classes = new Set<string>();
  for (const period of noncurrentTransitions) {
    const { storageClass } = period;
    checkPeriod(period);
    requireTransitionClass(storageClass);
    if (classes.has(storageClass)) {
      throw invalidRequest(
        "'StorageClass' must be different for 'NoncurrentVersionTransition' actions in same 'Rule'.",
      );
    }
    classes.add(storageClass);
    const name = "'NoncurrentDays' in NoncurrentVersionTransition action";
    checkTransitionDays(period.days!, { storageClass, name });
    if (noncurrentExpiration && period.days! >= noncurrentExpiration.days!) {
      const message =
        "'NoncurrentDays' in the NoncurrentVersionExpiration action must be greater than 'NoncurrentDays' in the NoncurrentVersionTransition action.";
      throw invalidArgument(message, 'NoncurrentDays', String(period.days));
    }
  }
  checkOrder(noncurrentTransitions.map(({ days, storageClass }) => ({ at: days ?? 0, storageClass })));
}

function checkPeriod({ days, newerVersions }: NoncurrentPeriod): void {
  if (days === undefined) throw new StorageError('MalformedXml');
  if (newerVersions === undefined) return;
  if (newerVersions < 1 || newerVersions > lifecycleLimits.newerVersions) {
    throw invalidArgument(
      `'NewerNoncurrentVersions' must be between 1 and ${lifecycleLimits.newerVersions}.`,
      'NewerNoncurrentVersions',
      String(newerVersions),
    );
  }
}

/** A colder class comes later. */
function checkOrder(transitions: readonly { readonly at: number; readonly storageClass: StorageClass }[]): void {
  const order = (name: StorageClass) => (transitionClasses as readonly string[]).indexOf(name);
  const sorted = [...transitions].sort((a, b) => order(a.storageClass) - order(b.storageClass));
  for (let i = 1; i < sorted.length; i++) {
    const [warmer, colder] = [sorted[i - 1]!, sorted[i]!];
    if (colder.at > warmer.at) continue;
    const message = `The transition to '${colder.storageClass}' must come later than the one to '${warmer.storageClass}'.`;
    throw invalidArgument(message, 'StorageClass', colder.storageClass);
  }
}

function requireTransitionClass(storageClass: string): void {
  if ((transitionClasses as readonly string[]).includes(storageClass)) return;
  throw new StorageError('MalformedXml');
}

function checkTransitionDays(
  days: number,
  { storageClass, name }: { readonly storageClass: StorageClass; readonly name: string },
): void {
  const least = leastDays[storageClass] ?? 0;
  if (days < 0) throw invalidArgument(`${name} must be nonnegative`, 'Days', String(days));
  if (days >= least) return;
  const message = `${name} must be greater than or equal to ${least} for storageClass '${storageClass}'`;
  throw invalidArgument(message, 'Days', String(days));
}

function checkDays(days: number, name: string, least: number): void {
  if (days >= least) return;
  throw invalidArgument(`${name} must be a positive integer`, 'Days', String(days));
}

function checkDate({ date }: Moment): void {
  if (date === undefined || date % wholeDay === 0) return;
  throw invalidArgument("'Date' must be at midnight GMT", 'Date', new Date(date).toISOString());
}

function invalidRequest(message: string): StorageError {
  return new StorageError('InvalidRequest', { message });
}
