import { invalidArgument, StorageError } from '../../domain/errors.ts';
import { encodeListingText } from '../../domain/listing/listing-text.ts';
import { type Field, queryInteger } from './field.ts';

/** How a listing spells keys, prefixes, delimiters and markers: as they are, or percent-encoded. */
export interface ListingEncoding {
  /** The element EncodingType. */
  readonly type: 'url' | undefined;
  readonly encode: (text: string) => string;
}

const plain: ListingEncoding = { type: undefined, encode: (text) => text };
const url: ListingEncoding = { type: 'url', encode: encodeListingText };

export const encodingType: Field<ListingEncoding> = {
  name: 'encoding-type',
  read({ query }) {
    const type = query.get('encoding-type');
    if (type === undefined || type === '') return plain;
    if (type.toLowerCase() === 'url') return url;
    throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', type);
  },
};

/** The size of a page: at most 1,000, which larger numbers are taken for. */
export const maxKeys = queryInteger('max-keys', { fallback: 1000, min: 0, max: 1000, clamp: true });

/** The `delimiter` parameter; an empty one counts as missing. */
export const delimiter: Field<string | undefined> = {
  name: 'delimiter',
  read: ({ query }) => query.get('delimiter') || undefined,
};

/** Keys cannot be longer, so a marker that is has no place among them. */
export function checkMarker(name: string, marker: string): void {
  if (Buffer.byteLength(marker) <= 1024) return;
  throw new StorageError('KeyTooLong', {
    fields: { ArgumentName: name, Size: Buffer.byteLength(marker), MaxSizeAllowed: 1024 },
  });
}
