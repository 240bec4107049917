import { StorageError } from './errors.ts';
import { type ETag, isAnyETag, matchesETag } from './etag.ts';
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

/** The version that the conditions are held against: the one that is named, else the newest, also if it is a delete marker. */
export type DeleteSubject =
  | { readonly kind: 'object'; readonly etag: ETag; readonly lastModified: number; readonly size: number }
  | { readonly kind: 'delete-marker'; readonly lastModified: number };

/** Whether a deletion demands anything. Where nothing is there, whatever it demands, it is a success that changes nothing. */
export function hasDeleteConditions({ ifMatch, lastModifiedTime, size }: DeleteConditions): boolean {
  return ifMatch !== undefined || lastModifiedTime !== undefined || size !== undefined;
}

/**
 * Throws PreconditionFailed unless the deletion may go on: all conditions hold
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html). A delete marker has a time, but no ETag and no
 * size: of those, only `*` holds.
 */
export function checkDeleteConditions(conditions: DeleteConditions, subject: DeleteSubject): void {
  const { ifMatch, lastModifiedTime, size } = conditions;
  if (ifMatch !== undefined && !isOfETag(ifMatch, subject)) throw failed('If-Match');
  if (lastModifiedTime !== undefined && !isSameSecond(lastModifiedTime, subject.lastModified)) {
    throw failed('x-amz-if-match-last-modified-time');
  }
  if (size !== undefined && (subject.kind !== 'object' || size !== subject.size)) throw failed('x-amz-if-match-size');
}

function isOfETag(ifMatch: string, subject: DeleteSubject): boolean {
  return subject.kind === 'object' ? matchesETag(ifMatch, subject.etag) : isAnyETag(ifMatch);
}

/** Clients have seen the time in whole seconds only. */
function isSameSecond(text: string, lastModified: number): boolean {
  const time = parseHttpDate(text) ?? Date.parse(text);
  return Math.floor(time / 1000) === Math.floor(lastModified / 1000);
}

function failed(condition: string): StorageError {
  return new StorageError('PreconditionFailed', { fields: { Condition: condition } });
}
