import { unquoteETag } from '../domain/etag.ts';
import type { ListingPage } from '../domain/listing/list-page.ts';
import type { ListedObject } from '../services/objects/list-objects.ts';
import { type OwnerElement, owner } from './documents.ts';
import { element, type Infer, integer, list, optional, type ScalarSchema, text, timestamp } from './xml/schema.ts';

/**
 * An ETag without quotes, written in quotes. It is hexadecimal digits and perhaps a number of parts: to look for what
 * needs escaping in it takes a quarter of the time that an entry takes.
 */
const quotedETag: ScalarSchema<string> = {
  kind: 'scalar',
  plain: true,
  encode: (etag) => `&quot;${etag}&quot;`,
  decode: unquoteETag,
};

/** The Contents of ListObjects and ListObjectsV2. */
export const contents = list(
  element({
    Key: text(),
    LastModified: timestamp(),
    ETag: quotedETag,
    ChecksumAlgorithm: optional(text()),
    ChecksumType: optional(text()),
    Size: integer(),
    StorageClass: text(),
    Owner: optional(owner),
  }),
);

export function objectsOf(page: ListingPage<ListedObject>): readonly ListedObject[] {
  return page.items.flatMap((item) => (item.kind === 'entry' ? [item.entry] : []));
}

export function commonPrefixesOf(
  page: ListingPage<unknown, string> | ListingPage<unknown>,
  encode: (text: string) => string,
): readonly { Prefix: string }[] {
  return page.items.flatMap((item) => (item.kind === 'prefix' ? [{ Prefix: encode(item.prefix) }] : []));
}

interface EntryStyle {
  readonly encode: (text: string) => string;
  /** Undefined: owners are left out. */
  readonly owners: ReadonlyMap<string, OwnerElement> | undefined;
}

export function objectEntries(listed: readonly ListedObject[], { encode, owners }: EntryStyle): Infer<typeof contents> {
  return listed.map(({ key, version }) => ({
    Key: encode(key),
    LastModified: version.lastModified,
    ETag: version.etag,
    ChecksumAlgorithm: version.checksum?.algorithm,
    ChecksumType: version.checksum?.type,
    Size: version.size,
    StorageClass: version.storageClass,
    Owner: owners?.get(version.ownerAccountId),
  }));
}
