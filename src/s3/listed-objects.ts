import { invalidArgument } from '../domain/errors.ts';
import { unquoteETag } from '../domain/etag.ts';
import type { ListingPage } from '../domain/listing/list-page.ts';
import type { ObjectVersion } from '../records/version-record.ts';
import type { ListedObject } from '../services/objects/list-objects.ts';
import {
  boolean,
  element,
  type Infer,
  integer,
  list,
  optional,
  type ScalarSchema,
  text,
  timestamp,
} from '../wire/xml/schema.ts';
import { type OwnerElement, owner } from './documents.ts';
import type { Field } from './fields/field.ts';

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

const restoreStatusElement = element({
  IsRestoreInProgress: boolean(),
  RestoreExpiryDate: optional(timestamp()),
});
export const restoreStatus = optional(restoreStatusElement);

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
    RestoreStatus: restoreStatus,
  }),
);

/** `x-amz-optional-object-attributes`: whether entries tell of their restores. */
export const showsRestores: Field<boolean> = {
  name: 'x-amz-optional-object-attributes',
  read({ headers }) {
    const wanted = headers['x-amz-optional-object-attributes'];
    if (wanted === undefined || wanted === '') return false;
    if (wanted.split(',').every((name) => name.trim() === 'RestoreStatus')) return true;
    throw invalidArgument('Invalid attribute name specified', 'x-amz-optional-object-attributes', wanted);
  },
};

/** Undefined for what nobody asked back. */
export function restoreStatusOf({
  restore,
}: Pick<ObjectVersion, 'restore'>): Infer<typeof restoreStatusElement> | undefined {
  return restore && { IsRestoreInProgress: restore.until === undefined, RestoreExpiryDate: restore.until };
}

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
  readonly restores: boolean;
}

export function objectEntries(
  listed: readonly ListedObject[],
  { encode, owners, restores }: EntryStyle,
): Infer<typeof contents> {
  return listed.map(({ key, version }) => ({
    Key: encode(key),
    LastModified: version.lastModified,
    ETag: version.etag,
    ChecksumAlgorithm: version.checksum?.algorithm,
    ChecksumType: version.checksum?.type,
    Size: version.size,
    StorageClass: version.storageClass,
    Owner: owners?.get(version.ownerAccountId),
    RestoreStatus: restores ? restoreStatusOf(version) : undefined,
  }));
}
