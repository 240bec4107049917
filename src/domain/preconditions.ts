import { StorageError } from './errors.ts';
import { type ETag, matchesETag, unquoteETag } from './etag.ts';
import { parseHttpDate } from './http-date.ts';

/** The values of the conditional headers of a read or of a copy's source, as they were sent. */
export interface ReadConditions {
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
  readonly ifModifiedSince?: string;
  readonly ifUnmodifiedSince?: string;
}

/** The values of the conditional headers of a write, as they were sent. */
export interface WriteConditions {
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
}

/** What the conditions of a read are held against. */
export interface ConditionSubject {
  readonly etag: ETag;
  /** Milliseconds since the epoch. Compared in whole seconds, which is all that an HTTP date has. */
  readonly lastModified: number;
}

export type ReadVerdict = 'proceed' | 'not-modified' | 'precondition-failed';

type ConditionName = 'If-Match' | 'If-None-Match' | 'If-Modified-Since' | 'If-Unmodified-Since';

/**
 * What a conditional read comes to, in the order of RFC 9110 section 13.2.2. It has the two combinations that S3
 * documents for GetObject: If-Match that holds outweighs If-Unmodified-Since that does not, and If-None-Match that fails
 * outweighs If-Modified-Since that holds. A date that is none is ignored (section 13.1.3).
 */
export function evaluateReadConditions(conditions: ReadConditions, subject: ConditionSubject): ReadVerdict {
  const failed = failedCondition(conditions, subject);
  if (failed === undefined) return 'proceed';
  return failed === 'If-Match' || failed === 'If-Unmodified-Since' ? 'precondition-failed' : 'not-modified';
}

/** Throws NotModified or PreconditionFailed (with the field Condition, as S3 answers it) unless a read may proceed. */
export function checkReadConditions(conditions: ReadConditions, subject: ConditionSubject): void {
  const failed = failedCondition(conditions, subject);
  if (failed === undefined) return;
  if (failed === 'If-Match' || failed === 'If-Unmodified-Since') throw preconditionFailed(failed);
  throw new StorageError('NotModified');
}

/**
 * Throws PreconditionFailed unless the source of a copy meets its `x-amz-copy-source-if-…` conditions. They combine as
 * those of a read do, but every failure is a 412: there is no copy that the client could go on using.
 */
export function checkCopySourceConditions(conditions: ReadConditions, subject: ConditionSubject): void {
  const failed = failedCondition(conditions, subject);
  if (failed !== undefined) throw preconditionFailed(`x-amz-copy-source-${failed}`);
}

/**
 * Throws unless a conditional write may replace `current` (the newest version, undefined where there is none or it is a
 * delete marker), as S3 has it since 2024
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html):
 * NoSuchKey for If-Match where nothing is stored, PreconditionFailed with the field Condition for what does not hold.
 * If-None-Match takes ETags here, as RFC 9110 has it; AWS takes only `*`.
 */
export function checkWriteConditions(conditions: WriteConditions, current: { readonly etag: ETag } | undefined): void {
  const { ifMatch, ifNoneMatch } = conditions;
  if (ifMatch !== undefined) {
    if (current === undefined) throw new StorageError('NoSuchKey');
    if (!matchesETag(ifMatch, current.etag)) throw preconditionFailed('If-Match');
  }
  if (ifNoneMatch !== undefined && current !== undefined && matchesETag(ifNoneMatch, current.etag)) {
    throw preconditionFailed('If-None-Match');
  }
}

/**
 * Whether `Range` still counts beside an `If-Range` header (RFC 9110 section 13.1.5): only where it names the very object
 * that is stored, by its ETag compared strongly or by its date. Otherwise a client that resumes would join two objects.
 */
export function isRangeOfSubject(ifRange: string, subject: ConditionSubject): boolean {
  const validator = ifRange.trim();
  if (validator.startsWith('W/')) return false;
  const since = parseHttpDate(validator);
  if (since === undefined) return unquoteETag(validator) === subject.etag;
  return Math.floor(subject.lastModified / 1000) === Math.floor(since / 1000);
}

function failedCondition(conditions: ReadConditions, subject: ConditionSubject): ConditionName | undefined {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  if (ifMatch !== undefined) {
    if (!matchesETag(ifMatch, subject.etag)) return 'If-Match';
  } else if (ifUnmodifiedSince !== undefined && isModifiedSince(ifUnmodifiedSince, subject) === true) {
    return 'If-Unmodified-Since';
  }
  if (ifNoneMatch !== undefined) {
    if (matchesETag(ifNoneMatch, subject.etag)) return 'If-None-Match';
  } else if (ifModifiedSince !== undefined && isModifiedSince(ifModifiedSince, subject) === false) {
    return 'If-Modified-Since';
  }
  return undefined;
}

/** Undefined where `date` is no HTTP date. */
function isModifiedSince(date: string, subject: ConditionSubject): boolean | undefined {
  const since = parseHttpDate(date);
  if (since === undefined) return undefined;
  return Math.floor(subject.lastModified / 1000) > Math.floor(since / 1000);
}

function preconditionFailed(condition: string): StorageError {
  return new StorageError('PreconditionFailed', { fields: { Condition: condition } });
}
