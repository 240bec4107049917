import { quoteETag } from '../domain/etag.ts';
import type { ListingPage } from '../domain/listing/list-page.ts';
import type { ListedObject } from '../services/objects/list-objects.ts';
import { type OwnerElement, owner } from './documents.ts';
import { element, type Infer, integer, list, optional, text, timestamp } from './xml/schema.ts';

/** The Contents of ListObjects and ListObjectsV2. */
export const contents = list(
  element({
    Key: text(),
    LastModified: timestamp(),
    ETag: text(),
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
    ETag: quoteETag(version.etag),
    ChecksumAlgorithm: version.checksum?.algorithm,
    ChecksumType: version.checksum?.type,
    Size: version.size,
    StorageClass: version.storageClass,
    Owner: owners?.get(version.ownerAccountId),
  }));
}
