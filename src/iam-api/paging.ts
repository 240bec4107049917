import { StorageError } from '../domain/errors.ts';
import { compareUtf8 } from '../foundation/byte-order.ts';

/** What a page of an answer is asked for with. */
export interface WantedPage {
  /** Behind which it begins; undefined for the first. */
  readonly after: string | undefined;
  readonly limit: number;
}

interface PageInput {
  readonly Marker: string | undefined;
  readonly MaxItems: number;
}

/** Throws ValidationError for a marker that no answer gave. */
export function pageOf({ Marker, MaxItems }: PageInput): WantedPage {
  return { after: Marker === undefined ? undefined : openMarker(Marker), limit: MaxItems };
}

/** What an answer says of the page that follows: `next` is behind which it begins, undefined for none. */
export function markerAfter(next: string | undefined): { readonly IsTruncated: boolean; readonly Marker?: string } {
  return next === undefined
    ? { IsTruncated: false }
    : { IsTruncated: true, Marker: Buffer.from(next).toString('base64url') };
}

/**
 * Of a list that is at hand as a whole, in the order of `placeOf`: a place is its own, and stays. A page begins behind
 * the place where the one before ended also when what was there is gone: clients delete what they page through.
 */
export function pageOfList<T>(
  list: readonly T[],
  { after, limit }: WantedPage,
  placeOf: (item: T) => string,
): { readonly items: readonly T[]; readonly next: string | undefined } {
  const behind = list
    .filter((item) => after === undefined || compareUtf8(placeOf(item), after) > 0)
    .sort((a, b) => compareUtf8(placeOf(a), placeOf(b)));
  const items = behind.slice(0, limit);
  return { items, next: behind.length > limit ? placeOf(items.at(-1)!) : undefined };
}

function openMarker(marker: string): string {
  const text = Buffer.from(marker, 'base64url').toString();
  if (Buffer.from(text).toString('base64url') === marker && /^\P{Cc}+$/u.test(text)) return text;
  throw invalidMarker();
}

function invalidMarker(): StorageError {
  return new StorageError('ValidationError', { message: 'Invalid Marker.' });
}
