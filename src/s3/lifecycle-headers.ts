import { StorageError } from '../domain/errors.ts';
import { formatHttpDate } from '../domain/http-date.ts';
import { compileLifecycle, type FilteredVersion } from '../domain/lifecycle/compiled-lifecycle.ts';
import { abortionOf, expirationOf } from '../domain/lifecycle/decide-lifecycle.ts';
import { wholeDay } from '../domain/lifecycle/lifecycle-days.ts';
import type { BucketRecord } from '../records/bucket-record.ts';
import { lifecycleSetting } from '../records/lifecycle-setting.ts';
import type { ObjectVersion } from '../records/version-record.ts';
import type { BucketSettings } from '../services/buckets/bucket-settings.ts';
import type { ObjectService } from '../services/objects/object-service.ts';
import type { ReplyHeaders } from '../wire/reply.ts';

/** Whether the bucket has rules at all: one look, for those who have nothing to wait for otherwise. */
export function hasLifecycle(bucket: BucketRecord): boolean {
  return bucket.settings[lifecycleSetting.name] !== undefined;
}

type Settings = { readonly bucketSettings: BucketSettings };

/**
 * `x-amz-expiration` of an object that is the newest of its key. Dates are those of whole days, whatever length a day is
 * set to for tests.
 */
export async function expirationHeader(
  bucket: BucketRecord,
  { key, version }: { readonly key: string; readonly version: ObjectVersion },
  { bucketSettings }: Settings,
): Promise<ReplyHeaders | undefined> {
  const configuration = await bucketSettings.read(bucket, lifecycleSetting);
  if (!configuration) return undefined;
  const { size, tags, lastModified } = version;
  const filtered: FilteredVersion = { key, kind: 'object', size, tags };
  const end = expirationOf(compileLifecycle(configuration), { ...filtered, lastModified }, wholeDay);
  if (!end) return undefined;
  return {
    'x-amz-expiration': `expiry-date="${formatHttpDate(end.at)}", rule-id="${encodeURIComponent(end.ruleId)}"`,
  };
}

/** `x-amz-abort-date` and `x-amz-abort-rule-id` of an upload in progress. */
export async function abortHeaders(
  bucket: BucketRecord,
  upload: { readonly key: string; readonly initiatedAt: number },
  { bucketSettings }: Settings,
): Promise<ReplyHeaders | undefined> {
  const configuration = await bucketSettings.read(bucket, lifecycleSetting);
  const end = configuration && abortionOf(compileLifecycle(configuration), upload, wholeDay);
  if (!end) return undefined;
  return { 'x-amz-abort-date': formatHttpDate(end.at), 'x-amz-abort-rule-id': encodeURIComponent(end.ruleId) };
}

/** `x-amz-restore` of an archived object that was asked back. */
export function restoreHeader({ until }: NonNullable<ObjectVersion['restore']>): string {
  if (until === undefined) return 'ongoing-request="true"';
  return `ongoing-request="false", expiry-date="${formatHttpDate(until)}"`;
}

/** `x-amz-expiration` of what an upload was completed to; undefined where it was replaced meanwhile. */
export async function completedExpiration(
  { bucket, key, etag }: { readonly bucket: BucketRecord; readonly key: string; readonly etag: string },
  services: Settings & { readonly objects: Pick<ObjectService, 'head'> },
): Promise<ReplyHeaders | undefined> {
  try {
    const version = await services.objects.head({ bucket, key, versionId: undefined });
    return version.etag === etag ? await expirationHeader(bucket, { key, version }, services) : undefined;
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}
