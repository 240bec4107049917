import { StorageError } from './errors.ts';
import { type ETag, matchesETag } from './etag.ts';
import { parseHttpDate } from './http-date.ts';

/** What a deletion may demand of the object it is about to remove. */
export interface DeleteConditions {
  /** `If-Match`, or the element ETag of DeleteObjects. */
  readonly ifMatch?: string;
  /** `x-amz-if-match-last-modified-time`, or LastModifiedTime: an HTTP date or an ISO 8601 one. */
  readonly lastModifiedTime?: string;
  /** `x-amz-if-match-size`, or Size: in bytes. */
  readonly size?: number;
}

export interface DeleteSubject {
  readonly etag: ETag;
  /** Milliseconds since the epoch. */
  readonly lastModified: number;
  readonly size: number;
}

/**
 * Throws NoSuchKey where a condition is set but there is no object, and PreconditionFailed where one does not hold
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html).
 */
export function checkDeleteConditions(conditions: DeleteConditions, current: DeleteSubject | undefined): void {
  const { ifMatch, lastModifiedTime, size } = conditions;
  if (ifMatch === undefined && lastModifiedTime === undefined && size === undefined) return;
  if (!current) throw new StorageError('NoSuchKey');
  if (ifMatch !== undefined && !matchesETag(ifMatch, current.etag)) throw failed('If-Match');
  if (lastModifiedTime !== undefined && !isSameSecond(lastModifiedTime, current.lastModified)) {
    throw failed('x-amz-if-match-last-modified-time');
  }
  if (size !== undefined && size !== current.size) throw failed('x-amz-if-match-size');
}

/** Clients have seen the time in whole seconds only. */
function isSameSecond(text: string, lastModified: number): boolean {
  const time = parseHttpDate(text) ?? Date.parse(text);
  return Math.floor(time / 1000) === Math.floor(lastModified / 1000);
}

function failed(condition: string): StorageError {
  return new StorageError('PreconditionFailed', { fields: { Condition: condition } });
}
