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

/** Under writes that never pause, a page is as good as the reads were that time. */
const readAttempts = 10;

/**
 * The two tables are read one after the other, and a version may move to the table that was read already: so the first
 * is looked at until it stays as it is.
 */
async function readVersions(
  context: ServiceContext,
  bucketId: BucketId,
  { position, limit }: VersionSpan,
): Promise<ListedVersion[]> {
  let current = await readCurrent(context, bucketId, { position, limit });
  for (let attempt = 1; ; attempt++) {
    const noncurrentEntries = await context.metadata.range(spans.noncurrent(bucketId, position, limit));
    const now = await readCurrent(context, bucketId, { position, limit });
    if (attempt === readAttempts || areSame(current, now)) {
      const others = noncurrentEntries.map(({ key, value }) => ({
        key: keyParts.objectKeyOfEnded(key),
        version: versionRecordType.decode(value),
      }));
      return mergeVersions(now, others, { position, limit });
    }
    current = now;
  }
}

interface VersionSpan {
  readonly position: ListingPosition<string>;
  readonly limit: number;
}

function areSame(some: readonly ListedObject[], others: readonly ListedObject[]): boolean {
  return some.length === others.length && some.every(({ version }, i) => version.token === others[i]!.version.token);
}

/** By key, and of each key the newest version first. */
function mergeVersions(
  current: readonly ListedObject[],
  others: readonly Omit<ListedVersion, 'isLatest'>[],
  { position, limit }: VersionSpan,
): ListedVersion[] {
  const merged: ListedVersion[] = [];
  const markedKey = position.kind === 'past-mark' ? position.key : undefined;
  let i = 0;
  let j = 0;
  while (merged.length < limit && (i < current.length || j < others.length)) {
    const left = current[i];
    const right = others[j];
    const takesCurrent = right === undefined || (left !== undefined && compareListed(left, right) < 0);
    const next = takesCurrent ? left! : right;
    if (takesCurrent) i++;
    else j++;
    // Replaced between the reads, a version was met in both tables.
    const last = merged.at(-1);
    if (next.key === last?.key && next.version.token === last.version.token) continue;
    merged.push({ ...next, isLatest: next.key !== last?.key && (takesCurrent || next.key !== markedKey) });
  }
  return merged;
}

/** Tokens count down: the newest version has the least. */
function compareListed(a: Omit<ListedVersion, 'isLatest'>, b: Omit<ListedVersion, 'isLatest'>): number {
  return compareUtf8(a.key, b.key) || (a.version.token <= b.version.token ? -1 : 1);
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
