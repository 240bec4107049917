import { invalidArgument } from '../../domain/errors.ts';
import { parseStorageClass } from '../../domain/storage-class.ts';
import { parseTaggingHeader } from '../../domain/tagging.ts';
import { checkUserMetadata, metadataHeader } from '../../domain/user-metadata.ts';
import type { ObjectHeaders, ObjectVersion } from '../../records/version-record.ts';
import type { ObjectDescription } from '../../services/objects/object-description.ts';
import { contentEncodingWithoutAwsChunked } from '../../wire/authentication/chunked-encoding.ts';
import type { ReplyHeaders } from '../../wire/reply.ts';
import type { RequestHead } from '../../wire/request-head.ts';
import { restoreHeader } from '../lifecycle-headers.ts';
import type { Field } from './field.ts';
import { readLock } from './lock-fields.ts';

const metadataPrefix = 'x-amz-meta-';

/** Everything that the headers of a put, a copy or a new upload say about the object itself. */
export const objectDescription: Field<ObjectDescription> = {
  name: 'Content-*, x-amz-meta-*, x-amz-storage-class, x-amz-tagging, x-amz-object-lock-*',
  read(head) {
    const lock = readLock(head);
    return {
      headers: readObjectHeaders(head),
      userMetadata: readUserMetadata(head),
      storageClass: readStorageClass(head),
      tags: readTags(head),
      retention: lock?.retention,
      legalHold: lock?.legalHold,
    };
  },
};

function readObjectHeaders({ headers }: RequestHead): ObjectHeaders {
  return {
    contentType: headers['content-type'],
    cacheControl: headers['cache-control'],
    contentDisposition: headers['content-disposition'],
    contentEncoding: contentEncodingWithoutAwsChunked(headers['content-encoding']),
    contentLanguage: headers['content-language'],
    expires: headers.expires,
    websiteRedirectLocation: readRedirect(headers['x-amz-website-redirect-location']),
  };
}

function readRedirect(location: string | undefined): string | undefined {
  if (location === undefined || /^(\/|https?:\/\/)/.test(location)) return location;
  throw invalidArgument(
    "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
    'x-amz-website-redirect-location',
    location,
  );
}

function readUserMetadata({ headers, amzHeaders }: RequestHead): ObjectDescription['userMetadata'] {
  const names = amzHeaders.filter((name) => name.startsWith(metadataPrefix));
  if (names.length === 0) return noMetadata;
  // Without a prototype, where `__proto__` is a name like others.
  const metadata: Record<string, string> = Object.create(null);
  for (const name of names) metadata[name.slice(metadataPrefix.length)] = headers[name]!;
  checkUserMetadata(metadata);
  return Object.entries(metadata);
}

const noMetadata: ObjectDescription['userMetadata'] = [];

function readStorageClass({ headers }: RequestHead): string {
  const text = headers['x-amz-storage-class'];
  return text === undefined || text === '' ? 'STANDARD' : parseStorageClass(text);
}

function readTags({ headers }: RequestHead): ObjectDescription['tags'] {
  const text = headers['x-amz-tagging'];
  if (text === undefined || text === '') return noMetadata;
  return parseTaggingHeader(text).map(({ key, value }) => [key, value] as const);
}

const storedHeaders = [
  ['cacheControl', 'Cache-Control'],
  ['contentDisposition', 'Content-Disposition'],
  ['contentEncoding', 'Content-Encoding'],
  ['contentLanguage', 'Content-Language'],
  ['expires', 'Expires'],
  ['websiteRedirectLocation', 'x-amz-website-redirect-location'],
] as const satisfies readonly (readonly [keyof ObjectHeaders, string])[];

/**
 * Adds the headers that give a stored object's description back, for GET and HEAD. Most objects have just a type. Of tags
 * it says nothing: they need a right of their own.
 */
export function addDescription(reply: ReplyHeaders, version: ObjectVersion): void {
  const { headers, storageClass, userMetadata } = version;
  reply['Content-Type'] = headers.contentType ?? 'binary/octet-stream';
  for (const [name, header] of storedHeaders) {
    const value = headers[name];
    if (value !== undefined) reply[header] = value;
  }
  if (storageClass !== 'STANDARD') reply['x-amz-storage-class'] = storageClass;
  if (version.restore) reply['x-amz-restore'] = restoreHeader(version.restore);
  for (const [name, value] of userMetadata) reply[metadataPrefix + name] = metadataHeader(value);
}
