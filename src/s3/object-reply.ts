import { contentRange, type ObjectRange, parseRange } from '../domain/byte-range.ts';
import { StorageError } from '../domain/errors.ts';
import { quoteETag } from '../domain/etag.ts';
import { type Grant, onVersion } from '../domain/grant.ts';
import { formatHttpDate } from '../domain/http-date.ts';
import {
  checkReadConditions,
  evaluateReadConditions,
  isRangeOfSubject,
  type ReadConditions,
} from '../domain/preconditions.ts';
import type { BucketRecord } from '../records/bucket-record.ts';
import type { ManifestPart } from '../records/upload-record.ts';
import type { ObjectVersion } from '../records/version-record.ts';
import type { Access } from '../services/authorization/access.ts';
import type { ReplyHeaders } from '../wire/reply.ts';
import { encryptionReply } from './encryption.ts';
import { checksumHeaders } from './fields/body-digests.ts';
import { addDescription } from './fields/object-description.ts';
import { versionHeader } from './version-header.ts';

/** What a read of an object needs: a version by its id has an action of its own. */
export function readGrant(address: Parameters<typeof onVersion>[1]): Grant {
  return onVersion({ current: 's3:GetObject', named: 's3:GetObjectVersion' }, address);
}

/** What reading the tags of an object needs. */
export function tagsGrant(address: Parameters<typeof onVersion>[1]): Grant {
  return onVersion({ current: 's3:GetObjectTagging', named: 's3:GetObjectVersionTagging' }, address);
}

/** How many tags an object has, as a header for those who may read them. */
export async function tagCount(
  { tags }: ObjectVersion,
  access: Access,
  address: Parameters<typeof onVersion>[1],
): Promise<ReplyHeaders | undefined> {
  if (tags.length === 0 || !(await access.allows(tagsGrant(address)))) return undefined;
  return { 'x-amz-tagging-count': tags.length };
}

interface Selection {
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  readonly partNumber: number | undefined;
  readonly checksumMode: string | undefined;
}

interface SelectedBytes {
  readonly status: 200 | 206;
  readonly headers: ReplyHeaders;
  readonly range: { readonly offset: number; readonly length: number };
}

interface ReadObject {
  readonly bucket: BucketRecord;
  readonly version: ObjectVersion;
  readonly parts: readonly ManifestPart[] | undefined;
}

/** Throws PreconditionFailed or NotModified; a 304 repeats what a cache keeps of the object (RFC 9110, section 15.4.5). */
export function checkConditions(conditions: ReadConditions, bucket: BucketRecord, version: ObjectVersion): void {
  if (evaluateReadConditions(conditions, version) !== 'not-modified') {
    checkReadConditions(conditions, version);
    return;
  }
  throw new StorageError('NotModified', {
    headers: {
      ETag: quoteETag(version.etag),
      'Last-Modified': formatHttpDate(version.lastModified),
      ...definedOnly({ 'Cache-Control': version.headers.cacheControl, Expires: version.headers.expires }),
      ...versionHeader(bucket, version),
    },
  });
}

function definedOnly(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** Which bytes GET or HEAD answers, and with which headers: the whole object, a range of it, or one of its parts. */
export function selectBytes({ bucket, version, parts }: ReadObject, selection: Selection): SelectedBytes {
  const headers: ReplyHeaders = {
    'Last-Modified': formatHttpDate(version.lastModified),
    ETag: quoteETag(version.etag),
    'Accept-Ranges': 'bytes',
  };
  addDescription(headers, version);
  if (version.encryption !== undefined) Object.assign(headers, encryptionReply(version.encryption));
  if (version.replication !== undefined) headers['x-amz-replication-status'] = version.replication;
  Object.assign(headers, versionHeader(bucket, version));
  if (selection.partNumber !== undefined) {
    if (selection.range !== undefined) {
      throw new StorageError('InvalidRequest', {
        message: 'Cannot specify both Range header and partNumber query parameter',
      });
    }
    return selectPart({ version, parts, headers }, selection);
  }
  const range = selectRange(selection, version);
  if (range) {
    headers['Content-Range'] = contentRange(range, version.size);
    return { status: 206, headers, range };
  }
  if (wantsChecksum(selection)) Object.assign(headers, checksumHeaders(version.checksum));
  return { status: 200, headers, range: { offset: 0, length: version.size } };
}

function selectRange({ range, ifRange }: Selection, version: ObjectVersion): ObjectRange | undefined {
  if (range === undefined || (ifRange !== undefined && !isRangeOfSubject(ifRange, version))) return undefined;
  return parseRange(range, version.size);
}

function wantsChecksum({ checksumMode }: Pick<Selection, 'checksumMode'>): boolean {
  return checksumMode?.toUpperCase() === 'ENABLED';
}

/** An object that was not uploaded in parts has one, which is all of it. */
function selectPart(
  { version, parts, headers }: Pick<ReadObject, 'version' | 'parts'> & { headers: ReplyHeaders },
  { partNumber, checksumMode }: Selection,
): SelectedBytes {
  const all = parts ?? [{ partNumber: 1, size: version.size, checksum: version.checksum?.value }];
  const index = all.findIndex((part) => part.partNumber === partNumber);
  const part = all[index];
  if (!part) {
    throw new StorageError('InvalidPartNumber', {
      fields: { ActualPartCount: all.length, PartNumberRequested: partNumber ?? 0 },
    });
  }
  if (parts) headers['x-amz-mp-parts-count'] = parts.length;
  if (wantsChecksum({ checksumMode }) && version.checksum && part.checksum !== undefined) {
    Object.assign(headers, checksumHeaders({ ...version.checksum, value: part.checksum }));
  }
  const range = { offset: all.slice(0, index).reduce((sum, { size }) => sum + size, 0), length: part.size };
  if (part.size > 0) headers['Content-Range'] = contentRange(range, version.size);
  return { status: 206, headers, range };
}
