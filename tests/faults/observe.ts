import { hash } from 'node:crypto';
import type { ListingPosition } from '../../src/domain/listing/list-page.ts';
import { accessKeyRecordType, accountRecordType } from '../../src/records/account-record.ts';
import type { BucketRecord } from '../../src/records/bucket-record.ts';
import { spans } from '../../src/records/keyspace.ts';
import type { ListedVersion } from '../../src/services/objects/list-objects.ts';
import type { MemoryStore } from '../memory-store.ts';

/**
 * All that clients can see of a store, in full and without anything drawn by chance, so that it can be held against
 * another store's: every version with its bytes, every upload with its parts, accounts and keys.
 */
export async function observe(store: MemoryStore): Promise<unknown> {
  const names = await Array.fromAsync(tableOf(store, 'bucket'), ({ key }) => key.toString('utf8', 1));
  const buckets: Record<string, unknown> = {};
  for (const name of names) {
    const bucket = await store.buckets.get(name);
    const { objects: listed } = pageOf(await store.objects.list({ ...wholeBucket(bucket), after: undefined }));
    buckets[name] = {
      versioning: bucket.versioning,
      listed,
      versions: await observeVersions(store, bucket),
      uploads: await observeUploads(store, bucket),
    };
  }
  const accounts = await Array.fromAsync(tableOf(store, 'account'), ({ value }) => accountRecordType.decode(value));
  const keys = await Array.fromAsync(tableOf(store, 'accessKey'), ({ value }) => accessKeyRecordType.decode(value));
  return {
    buckets,
    accounts: accounts.map(({ displayName }) => displayName).sort(),
    keys: keys.map(({ accessKeyId, status }) => `${accessKeyId} ${status}`),
  };
}

async function* tableOf(store: MemoryStore, table: 'bucket' | 'account' | 'accessKey') {
  yield* await store.metadata.range(spans.table(table, undefined, 1000));
}

const wholeBucket = ({ id }: BucketRecord) => ({ bucketId: id, prefix: '', delimiter: undefined, limit: 1000 });

function pageOf(page: { readonly entries: readonly unknown[] }): { objects: unknown } {
  return { objects: (page.entries as { key?: string }[]).map((entry) => entry.key) };
}

async function observeVersions(store: MemoryStore, bucket: BucketRecord): Promise<unknown[]> {
  const after: ListingPosition<string> | undefined = undefined;
  const { entries } = await store.objects.listVersions({ ...wholeBucket(bucket), after });
  const seen: unknown[] = [];
  for (const { key, version, isLatest } of entries as unknown as ListedVersion[]) {
    if (version.kind === 'delete-marker') {
      seen.push({ key, isLatest, isNull: version.isNull, kind: version.kind });
      continue;
    }
    const versionId = version.isNull ? 'null' : version.token;
    const { content } = await store.objects.open({ bucket, key, versionId });
    const bytes: Buffer[] = [];
    await content.pour({ offset: 0, length: version.size }, (piece) => void bytes.push(Buffer.from(piece)));
    await content.close();
    const { isNull, size, etag, storageClass, headers, userMetadata, checksum, tags } = version;
    const body = hash('sha256', Buffer.concat(bytes));
    seen.push({ key, isLatest, isNull, size, etag, storageClass, headers, userMetadata, checksum, tags, body });
  }
  return seen;
}

async function observeUploads(store: MemoryStore, bucket: BucketRecord): Promise<unknown[]> {
  const { entries } = await store.uploads.list({ ...wholeBucket(bucket), after: undefined });
  const seen: unknown[] = [];
  for (const { key, uploadId, upload } of entries as unknown as { key: string; uploadId: string; upload: unknown }[]) {
    const { parts } = await store.uploads.listParts({ bucket, key, uploadId }, { after: 0, limit: 100 });
    const { headers, checksumAlgorithm } = upload as { headers: unknown; checksumAlgorithm: unknown };
    seen.push({
      key,
      headers,
      checksumAlgorithm,
      parts: parts.map(({ partNumber, size, etag, checksum }) => ({ partNumber, size, etag, checksum })),
    });
  }
  return seen;
}
