import { type ListingPage, type ListingPosition, listPage } from '../../domain/listing/list-page.ts';
import { compareUtf8 } from '../../foundation/byte-order.ts';
import type { BucketId } from '../../records/keyspace.ts';
import { keyParts, spans } from '../../records/keyspace.ts';
import { type UploadRecord, uploadRecordType } from '../../records/upload-record.ts';
import { type ObjectVersion, type VersionRecord, versionRecordType } from '../../records/version-record.ts';
import type { ServiceContext } from '../service-context.ts';

export interface ListingQuery<Mark = never> {
  readonly bucketId: BucketId;
  readonly prefix: string;
  readonly delimiter: string | undefined;
  readonly after: ListingPosition<Mark> | undefined;
  readonly limit: number;
}

export interface ListedObject {
  readonly key: string;
  readonly version: ObjectVersion;
}

export interface ListedVersion {
  readonly key: string;
  readonly version: VersionRecord;
  readonly isLatest: boolean;
}

export interface ListedUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly upload: UploadRecord;
}

/** The objects that a bucket shows: no old versions, no delete markers, however many there are. */
export async function listObjects(context: ServiceContext, query: ListingQuery): Promise<ListingPage<ListedObject>> {
  return listPage<ListedObject>({
    ...query,
    read(position, limit) {
      const entries = context.metadata.range(spans.current(query.bucketId, position, limit));
      return entries instanceof Promise ? entries.then(decodeCurrent) : decodeCurrent(entries);
    },
  });
}

type Entries = readonly { readonly key: Buffer; readonly value: Buffer }[];

function decodeCurrent(entries: Entries): ListedObject[] {
  return entries.map(({ key, value }) => ({
    key: keyParts.objectKeyOfCurrent(key),
    version: versionRecordType.decode(value) as ObjectVersion,
  }));
}

/** Every version and delete marker, by key and newest first. Marks are version tokens. */
export async function listVersions(
  context: ServiceContext,
  query: ListingQuery<string>,
): Promise<ListingPage<ListedVersion, string>> {
  return listPage<ListedVersion, string>({
    ...query,
    read: (position, limit) => readVersions(context, query.bucketId, { position, limit }),
    past: ({ key, version }) => ({ kind: 'past-mark', key, mark: version.token }),
  });
}

/** Merges the two tables: of each key the current version comes first, then the others, newest first. */
async function readVersions(
  context: ServiceContext,
  bucketId: BucketId,
  { position, limit }: { position: ListingPosition<string>; limit: number },
): Promise<ListedVersion[]> {
  const current = await readCurrent(context, bucketId, { position, limit });
  const noncurrentEntries = await context.metadata.range(spans.noncurrent(bucketId, position, limit));
  const others = noncurrentEntries.map(({ key, value }) => ({
    key: keyParts.objectKeyOfEnded(key),
    version: versionRecordType.decode(value),
  }));
  const merged: ListedVersion[] = [];
  let lastKey = position.kind === 'past-mark' ? position.key : undefined;
  let i = 0;
  let j = 0;
  while (merged.length < limit && (i < current.length || j < others.length)) {
    const left = current[i];
    const right = others[j];
    const takesCurrent = right === undefined || (left !== undefined && compareUtf8(left.key, right.key) <= 0);
    const next = takesCurrent ? left! : right;
    if (takesCurrent) i++;
    else j++;
    // Replaced between the two reads, a version was met in both tables.
    if (next.key === lastKey && merged.at(-1)?.version.token === next.version.token) continue;
    merged.push({ ...next, isLatest: takesCurrent || next.key !== lastKey });
    lastKey = next.key;
  }
  return merged;
}

/**
 * The current versions behind `position`. Behind a mark the key's own may be one of them: whoever deletes a listing page
 * by page makes the version after the mark the current one.
 */
async function readCurrent(
  context: ServiceContext,
  bucketId: BucketId,
  { position, limit }: { position: ListingPosition<string>; limit: number },
): Promise<readonly ListedObject[]> {
  if (position.kind !== 'past-mark') {
    return decodeCurrent(await context.metadata.range(spans.current(bucketId, position, limit)));
  }
  const { key, mark } = position;
  const fromKey = spans.current(bucketId, { kind: 'at-key', key }, limit + 1);
  const current = decodeCurrent(await context.metadata.range(fromKey));
  // Tokens count down: the newest version has the least.
  const isBefore = current[0]?.key === key && current[0].version.token <= mark;
  return isBefore ? current.slice(1) : current.slice(0, limit);
}

/** Uploads in progress, by key and then in the order they were begun. Marks are upload ids. */
export async function listUploads(
  context: ServiceContext,
  query: ListingQuery<string>,
): Promise<ListingPage<ListedUpload, string>> {
  return listPage<ListedUpload, string>({
    ...query,
    async read(position, limit) {
      const entries = await context.metadata.range(spans.uploads(query.bucketId, position, limit));
      return entries.map(({ key, value }) => ({
        key: keyParts.objectKeyOfEnded(key),
        uploadId: keyParts.tokenOfEnded(key),
        upload: uploadRecordType.decode(value),
      }));
    },
    past: ({ key, uploadId }) => ({ kind: 'past-mark', key, mark: uploadId }),
  });
}
