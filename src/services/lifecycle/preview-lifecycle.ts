import { compileLifecycle } from '../../domain/lifecycle/compiled-lifecycle.ts';
import { abortionOf, type LifecycleAction, type LifecycleTime } from '../../domain/lifecycle/decide-lifecycle.ts';
import type { LifecycleConfiguration } from '../../domain/lifecycle/lifecycle-rules.ts';
import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { type BucketRecord, bucketRecordType } from '../../records/bucket-record.ts';
import { type KeyPosition, keyspace } from '../../records/keyspace.ts';
import { lifecycleSetting } from '../../records/lifecycle-setting.ts';
import { readRecord } from '../../records/record-type.ts';
import { versionIdOf } from '../../records/version-record.ts';
import { noSuchBucket } from '../buckets/open-bucket.ts';
import { listUploads } from '../objects/list-objects.ts';
import { walkVersions } from './lifecycle-walk.ts';

/** One thing that rules would do now. */
export interface PreviewedAction {
  readonly key: string;
  /** Of a version; of an upload, its id. */
  readonly versionId: string;
  readonly action: LifecycleAction['kind'] | 'abort-upload';
  /** What a transition leads to. */
  readonly storageClass: string | undefined;
  readonly ruleId: string;
  readonly bytes: number;
  /** Its bytes go, unless a copy shares them. */
  readonly frees: boolean;
}

type Reader = { readonly metadata: MetadataEngine };

/** Throws NoSuchBucket. */
export async function findBucketToPreview({ metadata }: Reader, name: string): Promise<BucketRecord> {
  const bucket = await readRecord(metadata, bucketRecordType, keyspace.bucket(name));
  if (!bucket) throw noSuchBucket(name);
  return bucket;
}

/** The rules that a bucket has; undefined for none. */
export async function rulesOf({ metadata }: Reader, bucket: BucketRecord): Promise<LifecycleConfiguration | undefined> {
  if (bucket.settings[lifecycleSetting.name] === undefined) return undefined;
  const key = keyspace.bucketSetting(bucket.id, lifecycleSetting.name);
  return (await readRecord(metadata, lifecycleSetting.type, key))?.value;
}

/** What rules would do to a bucket at a time, without doing it. */
export async function* previewLifecycle(
  reader: Reader,
  bucket: BucketRecord,
  { configuration, time }: { readonly configuration: LifecycleConfiguration; readonly time: LifecycleTime },
): AsyncGenerator<PreviewedAction, void> {
  const lifecycle = compileLifecycle(configuration);
  for await (const { due } of walkVersions(reader, bucket, { lifecycle, time, from: '' })) {
    for (const { key, version, action } of due) {
      const isRemoval = action.kind === 'remove' || (action.kind === 'expire' && bucket.versioning === 'unversioned');
      yield {
        key,
        versionId: versionIdOf(version),
        action: action.kind,
        storageClass: action.kind === 'transition' ? action.storageClass : undefined,
        ruleId: action.ruleId,
        bytes: version.kind === 'object' ? version.size : 0,
        frees: isRemoval && version.kind === 'object',
      };
    }
  }
  for (const prefix of lifecycle.uploadPrefixes) {
    let after: KeyPosition | undefined;
    do {
      const query = { bucketId: bucket.id, prefix, delimiter: undefined, after, limit: 1000 };
      const page = await listUploads(reader, query);
      for (const item of page.items) {
        if (item.kind !== 'entry') continue;
        const { key, uploadId, upload } = item.entry;
        const end = abortionOf(lifecycle, { key, initiatedAt: upload.initiatedAt }, time.dayMilliseconds);
        if (!end || end.at > time.now) continue;
        const { ruleId } = end;
        yield {
          key,
          versionId: uploadId,
          action: 'abort-upload',
          storageClass: undefined,
          ruleId,
          bytes: 0,
          frees: false,
        };
      }
      after = page.resume;
    } while (after);
  }
}
