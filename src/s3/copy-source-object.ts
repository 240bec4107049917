import type { CopySource } from '../domain/copy-source.ts';
import { StorageError } from '../domain/errors.ts';
import { checkCopySourceConditions, type ReadConditions } from '../domain/preconditions.ts';
import type { BucketRecord } from '../records/bucket-record.ts';
import type { ObjectVersion } from '../records/version-record.ts';
import type { Access } from '../services/authorization/access.ts';
import { ContentGoneError } from '../services/content/read-content.ts';
import type { RequestHead } from '../wire/request-head.ts';
import { readGrant } from './object-reply.ts';
import type { S3Services } from './s3-services.ts';

export interface SourceObject {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly version: ObjectVersion;
}

interface SourceRequest {
  readonly source: CopySource;
  readonly conditions: ReadConditions;
  readonly access: Access;
  readonly head: RequestHead;
}

/** Sources that vanish between being read and being used were overwritten: the next try finds the new one. */
const readAttempts = 10;

/**
 * Finds what a copy is made from, as its conditions allow, and gives it to `use`: again when the source was replaced
 * before `use` was done, so that a key that always had an object is never answered as missing. The gate has let the
 * principal read it already.
 */
export async function withCopySource<T>(
  request: SourceRequest,
  services: S3Services,
  use: (source: SourceObject) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const source = await readCopySource(request, services);
    try {
      return await use(source);
    } catch (error) {
      if (!(error instanceof ContentGoneError)) throw error;
      if (attempt === readAttempts) throw new StorageError('OperationAborted', { cause: error });
    }
  }
}

async function readCopySource(
  { source, conditions, access, head }: SourceRequest,
  { objects }: S3Services,
): Promise<SourceObject> {
  const bucket = access.bucket(source.bucket);
  const expectedOwner = head.headers['x-amz-source-expected-bucket-owner'];
  if (expectedOwner !== undefined && expectedOwner !== bucket.ownerAccountId) throw new StorageError('AccessDenied');
  const version = await headSource({ bucket, key: source.key, versionId: source.versionId }, objects);
  await access.confirm(readGrant(source), version);
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
