import { checkDeleteConditions, type DeleteConditions } from '../../domain/delete-conditions.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { type VersionRecord, versionIdOf } from '../../records/version-record.ts';
import { openBucket } from '../buckets/open-bucket.ts';
import type { ChangeOrigin } from '../changes/object-change.ts';
import type { ServiceContext } from '../service-context.ts';
import { bringNear } from './bring-near.ts';
import { readNamedVersion } from './find-version.ts';
import { insertVersion, readKeyVersions, removeVersion } from './key-versions.ts';
import type { Replica } from './replica.ts';

export interface DeleteTarget {
  readonly key: string;
  readonly versionId: string | undefined;
  readonly conditions: DeleteConditions;
  /** Whoever deletes may break GOVERNANCE, and wants to. */
  readonly mayBypassGovernance?: boolean | undefined;
}

export interface Deletion {
  /** Of the version that was removed for good, or of the delete marker that was made. */
  readonly versionId: string | undefined;
  /** A marker was made, or the version that was removed was one. */
  readonly deleteMarker: boolean;
}

export interface DeleteRequest {
  readonly bucket: BucketRecord;
  readonly ownerAccountId: string;
  /** Left out: the server itself. */
  readonly origin?: ChangeOrigin | undefined;
  /** The delete marker is the same as one of another bucket. Throws ReplicaKnownError where it is there. */
  readonly replica?: Replica | undefined;
}

/**
 * Deletes as S3 does: without a version id the key gets a delete marker where versioning is or was on, and vanishes
 * where it never was; with one, that version goes for good: throws ObjectLocked. Deleting what is not there is a success.
 */
export async function deleteObject(
  context: ServiceContext,
  request: DeleteRequest,
  target: DeleteTarget,
): Promise<Deletion> {
  const fetching = bringNear(context, request.bucket, target.key);
  if (fetching) await fetching;
  return context.metadata.transact(async (tx) => {
    const bucket = await openBucket(tx, request.bucket, context);
    return deleteInside(tx, { ...request, bucket, context }, target);
  });
}

type OpenDelete = DeleteRequest & { readonly context: ServiceContext };

async function deleteInside(tx: Transaction, request: OpenDelete, target: DeleteTarget): Promise<Deletion> {
  const { bucket, context, origin } = request;
  const versions = await readKeyVersions(tx, bucket, target.key);
  const { mayBypassGovernance } = target;
  if (target.versionId !== undefined) {
    const version = await readNamedVersion(tx, versions.address, target.versionId);
    checkDeleteConditions(target.conditions, asConditioned(version));
    if (version) await removeVersion(tx, { bucket, versions, context, origin, mayBypassGovernance }, version);
    return { versionId: target.versionId, deleteMarker: version?.kind === 'delete-marker' };
  }
  checkDeleteConditions(target.conditions, versions.current);
  if (bucket.versioning === 'unversioned') {
    if (versions.current) await removeVersion(tx, { bucket, versions, context, origin }, versions.current);
    return { versionId: undefined, deleteMarker: false };
  }
  const marker = await insertVersion(
    tx,
    {
      bucket,
      versions,
      ownerAccountId: request.ownerAccountId,
      context,
      origin,
      creation: 'put',
      replica: request.replica,
    },
    { kind: 'delete-marker' },
  );
  return { versionId: versionIdOf(marker), deleteMarker: true };
}

function asConditioned(version: VersionRecord | undefined) {
  return version?.kind === 'object' ? version : undefined;
}
