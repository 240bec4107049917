import type { CopySource } from '../domain/copy-source.ts';
import { StorageError } from '../domain/errors.ts';
import { checkCopySourceConditions, type ReadConditions } from '../domain/preconditions.ts';
import type { BucketRecord } from '../records/bucket-record.ts';
import type { ObjectVersion } from '../records/version-record.ts';
import type { RequestHead } from './request-head.ts';
import type { S3Services } from './s3-services.ts';

export interface SourceObject {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly version: ObjectVersion;
}

interface SourceRequest {
  readonly source: CopySource;
  readonly conditions: ReadConditions;
  readonly head: RequestHead;
}

/** Finds what a copy is made from, as its conditions allow. The gate has let the principal read it already. */
export async function readCopySource(
  { source, conditions, head }: SourceRequest,
  { buckets, objects }: S3Services,
): Promise<SourceObject> {
  const bucket = await buckets.get(source.bucket);
  const expectedOwner = head.headers['x-amz-source-expected-bucket-owner'];
  if (expectedOwner !== undefined && expectedOwner !== bucket.ownerAccountId) throw new StorageError('AccessDenied');
  const version = await headSource({ bucket, key: source.key, versionId: source.versionId }, objects);
  checkCopySourceConditions(conditions, version);
  return { bucket, key: source.key, version };
}

/** A delete marker cannot be copied; S3 says so in other words than a read does. */
async function headSource(
  target: Parameters<S3Services['objects']['head']>[0],
  objects: S3Services['objects'],
): Promise<ObjectVersion> {
  try {
    return await objects.head(target);
  } catch (error) {
    if (!(error instanceof StorageError) || error.kind !== 'VersionIsDeleteMarker') throw error;
    throw new StorageError('InvalidRequest', {
      message: 'The source of a copy request may not specifically refer to a delete marker by version id.',
    });
  }
}
