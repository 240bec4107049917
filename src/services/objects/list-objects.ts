import { type ListingPage, type ListingPosition, listPage, mapEntries } from '../../domain/listing/list-page.ts';
import type { Entry, Snapshot } from '../../engines/metadata/metadata-engine.ts';
import { compareUtf8 } from '../../foundation/byte-order.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import type { BucketId } from '../../records/keyspace.ts';
import { keyParts, type Walk, walks } from '../../records/keyspace.ts';
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
export async function listObjects(
  { metadata }: ServiceContext,
  query: ListingQuery,
): Promise<ListingPage<ListedObject>> {
  const walk = walks.current(query.bucketId, query.prefix);
  const page = await metadata.snapshot((snapshot) =>
    listPage<StoredEntry>({
      ...query,
      read: (position, limit) => whenReady(snapshot.range(walk(position, limit)), currentEntries),
    }),
  );
  return mapEntries(page, ({ key, value }) => ({ key, version: versionRecordType.decode(value) as ObjectVersion }));
}

/** An entry whose record is decoded only if it comes on the page, and not if it vanishes in a common prefix. */
interface StoredEntry {
  readonly key: string;
  readonly value: Buffer;
}

function currentEntries(entries: readonly Entry[]): StoredEntry[] {
  return entries.map(({ key, value }) => ({ key: keyParts.objectKeyOfCurrent(key), value }));
}

/** Every version and delete marker, by key and newest first. Marks are version tokens. */
export async function listVersions(
  { metadata }: Pick<ServiceContext, 'metadata'>,
  query: ListingQuery<string>,
): Promise<ListingPage<ListedVersion, string>> {
  const page = await metadata.snapshot((snapshot) => {
    const tables = new VersionTables(snapshot, query);
    return listPage<StoredVersion, string>({
      ...query,
      read: (position, limit) => tables.read(position, limit),
      past: (stored) => ({ kind: 'past-mark', key: stored.key, mark: tokenOf(stored) }),
    });
  });
  return mapEntries(page, ({ key, value, isLatest }) => ({ key, version: versionRecordType.decode(value), isLatest }));
}

interface StoredVersion extends StoredEntry {
  readonly isLatest: boolean;
  /** Undefined for a current version, whose key does not tell it. */
  readonly token: string | undefined;
}

/** The two tables that versions are in, as one. */
class VersionTables {
  readonly #snapshot: Snapshot;
  readonly #current: Walk;
  readonly #noncurrent: Walk;

  constructor(snapshot: Snapshot, { bucketId, prefix }: ListingQuery<string>) {
    this.#snapshot = snapshot;
    this.#current = walks.current(bucketId, prefix);
    this.#noncurrent = walks.noncurrent(bucketId, prefix);
  }

  read(position: ListingPosition<string>, limit: number): MaybePromise<StoredVersion[]> {
    return whenReady(this.#readCurrent(position, limit), (current) =>
      whenReady(this.#snapshot.range(this.#noncurrent(position, limit)), (entries) =>
        mergeVersions(current, entries.map(noncurrentEntry), { position, limit }),
      ),
    );
  }

  /**
   * The current versions behind `position`. Behind a mark the key's own may be one of them: whoever deletes a listing
   * page by page makes the version after the mark the current one.
   */
  #readCurrent(position: ListingPosition<string>, limit: number): MaybePromise<StoredVersion[]> {
    if (position.kind !== 'past-mark') {
      return whenReady(this.#snapshot.range(this.#current(position, limit)), (entries) => entries.map(currentVersion));
    }
    const { key, mark } = position;
    const fromKey = this.#current({ kind: 'at-key', key }, limit + 1);
    return whenReady(this.#snapshot.range(fromKey), (entries) => {
      const current = entries.map(currentVersion);
      // Tokens count down: the newest version has the least.
      const isBefore = current[0]?.key === key && tokenOf(current[0]) <= mark;
      return isBefore ? current.slice(1) : current.slice(0, limit);
    });
  }
}

function currentVersion({ key, value }: Entry): StoredVersion {
  return { key: keyParts.objectKeyOfCurrent(key), value, isLatest: true, token: undefined };
}

function noncurrentEntry({ key, value }: Entry): StoredVersion {
  return { key: keyParts.objectKeyOfEnded(key), value, isLatest: false, token: keyParts.tokenOfEnded(key) };
}

function tokenOf({ token, value }: StoredVersion): string {
  return token ?? versionRecordType.decode(value).token;
}

/**
 * By key, and of each key the newest version first: the current one, where there is one. The first is the latest, unless
 * others stand before the mark.
 */
function mergeVersions(
  current: readonly StoredVersion[],
  others: readonly StoredVersion[],
  { position, limit }: { readonly position: ListingPosition<string>; readonly limit: number },
): StoredVersion[] {
  const merged: StoredVersion[] = [];
  let lastKey = position.kind === 'past-mark' ? position.key : undefined;
  let i = 0;
  let j = 0;
  while (merged.length < limit && (i < current.length || j < others.length)) {
    const left = current[i];
    const right = others[j];
    if (right === undefined || (left !== undefined && compareUtf8(left.key, right.key) <= 0)) {
      merged.push(left!);
      i++;
    } else {
      merged.push(right.key === lastKey ? right : { ...right, isLatest: true });
      j++;
    }
    lastKey = merged.at(-1)!.key;
  }
  return merged;
}

/** Uploads in progress, by key and then in the order they were begun. Marks are upload ids. */
export async function listUploads(
  { metadata }: Pick<ServiceContext, 'metadata'>,
  query: ListingQuery<string>,
): Promise<ListingPage<ListedUpload, string>> {
  const walk = walks.uploads(query.bucketId, query.prefix);
  const page = await metadata.snapshot((snapshot) =>
    listPage<StoredUpload, string>({
      ...query,
      read: (position, limit) => whenReady(snapshot.range(walk(position, limit)), uploadEntries),
      past: ({ key, uploadId }) => ({ kind: 'past-mark', key, mark: uploadId }),
    }),
  );
  return mapEntries(page, ({ key, uploadId, value }) => ({ key, uploadId, upload: uploadRecordType.decode(value) }));
}

interface StoredUpload extends StoredEntry {
  readonly uploadId: string;
}

function uploadEntries(entries: readonly Entry[]): StoredUpload[] {
  return entries.map(({ key, value }) => ({
    key: keyParts.objectKeyOfEnded(key),
    uploadId: keyParts.tokenOfEnded(key),
    value,
  }));
}
