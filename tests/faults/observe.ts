import { hash } from 'node:crypto';
import type { ListingPage } from '../../src/domain/listing/list-page.ts';
import type { Entry } from '../../src/engines/metadata/metadata-engine.ts';
import { accessKeyRecordType, accountRecordType } from '../../src/records/account-record.ts';
import type { BucketRecord } from '../../src/records/bucket-record.ts';
import { keyParts, spans } from '../../src/records/keyspace.ts';
import type { ContentReader } from '../../src/services/content/read-content.ts';
import type { MemoryStore } from '../memory-store.ts';

/**
 * All that clients can see of a store, in full and without anything drawn by chance, so that it can be held against
 * another store's: every version with its bytes, every upload with its parts, accounts and keys.
 */
export async function observe(store: MemoryStore): Promise<unknown> {
  const buckets: Record<string, unknown> = {};
  for (const { key } of await tableOf(store, 'bucket')) {
    const bucket = await store.buckets.get(keyParts.afterTable(key));
    const listed = await store.objects.list({ ...wholeBucket(bucket), after: undefined });
    buckets[bucket.name] = {
      versioning: bucket.versioning,
      listed: entriesOf(listed).map(({ key }) => key),
      versions: await observeVersions(store, bucket),
      uploads: await observeUploads(store, bucket),
    };
  }
  const accounts = (await tableOf(store, 'account')).map(({ value }) => accountRecordType.decode(value).displayName);
  const keys = (await tableOf(store, 'accessKey')).map(({ value }) => accessKeyRecordType.decode(value));
  return {
    buckets,
    accounts: accounts.sort(),
    keys: keys.map(({ accessKeyId, status }) => `${accessKeyId} ${status}`),
  };
}

async function tableOf(store: MemoryStore, table: 'bucket' | 'account' | 'accessKey'): Promise<readonly Entry[]> {
  return store.metadata.range(spans.table(table, undefined, 1000));
}

const wholeBucket = ({ id }: BucketRecord) => ({ bucketId: id, prefix: '', delimiter: undefined, limit: 1000 });

/** The entries of a page that has no common prefixes. */
export function entriesOf<T>({ items }: ListingPage<T, never> | ListingPage<T, string>): T[] {
  return items.flatMap((item) => (item.kind === 'entry' ? [item.entry] : []));
}

async function observeVersions(store: MemoryStore, bucket: BucketRecord): Promise<unknown[]> {
  const page = await store.objects.listVersions({ ...wholeBucket(bucket), after: undefined });
  const seen: unknown[] = [];
  for (const { key, version, isLatest } of entriesOf(page)) {
    if (version.kind === 'delete-marker') {
      seen.push({ key, isLatest, isNull: version.isNull, kind: version.kind });
      continue;
    }
    const versionId = version.isNull ? 'null' : version.token;
    const { content } = await store.objects.open({ bucket, key, versionId });
    const { isNull, size, etag, storageClass, headers, userMetadata, checksum, tags } = version;
    const body = hash('sha256', await readAll(content, size));
    seen.push({ key, isLatest, isNull, size, etag, storageClass, headers, userMetadata, checksum, tags, body });
  }
  return seen;
}

/** All bytes of a content, which is closed. */
export async function readAll(content: ContentReader, size: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  try {
    await content.pour({ offset: 0, length: size }, (piece) => {
      pieces.push(Buffer.from(piece));
    });
  } finally {
    await content.close();
  }
  return Buffer.concat(pieces);
}

async function observeUploads(store: MemoryStore, bucket: BucketRecord): Promise<unknown[]> {
  const page = await store.uploads.list({ ...wholeBucket(bucket), after: undefined });
  const seen: unknown[] = [];
  for (const { key, uploadId, upload } of entriesOf(page)) {
    const { parts } = await store.uploads.listParts({ bucket, key, uploadId }, { after: 0, limit: 100 });
    seen.push({
      key,
      headers: upload.headers,
      checksumAlgorithm: upload.checksumAlgorithm,
      parts: parts.map(({ partNumber, size, etag, checksum }) => ({ partNumber, size, etag, checksum })),
    });
  }
  return seen;
}
