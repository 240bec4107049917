import { invalidArgument, StorageError } from '../../domain/errors.ts';
import { encodeListingText } from '../../domain/listing/listing-text.ts';
import { maximumKeyBytes } from '../../domain/object-key.ts';
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

/** A prefix or marker; empty when missing. Keys cannot be longer than 1,024 bytes, so neither can these. */
export function keyText(name: string): Field<string> {
  return {
    name,
    read({ query }) {
      const text = query.get(name) ?? '';
      checkKeyText(name, text);
      return text;
    },
  };
}

/** The same where an answer repeats it only when it was there. */
export function optionalKeyText(name: string): Field<string | undefined> {
  const text = keyText(name);
  return { name, read: (head) => (head.query.has(name) ? text.read(head) : undefined) };
}

export function checkKeyText(name: string, text: string): void {
  const size = Buffer.byteLength(text);
  if (size <= maximumKeyBytes) return;
  throw new StorageError('KeyTooLong', { fields: { ArgumentName: name, Size: size, MaxSizeAllowed: maximumKeyBytes } });
}
