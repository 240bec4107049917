import { checkDeleteConditions, type DeleteConditions, hasDeleteConditions } from '../../domain/delete-conditions.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { versionIdOf } from '../../records/version-record.ts';
import { openBucket } from '../buckets/open-bucket.ts';
import type { ChangeOrigin } from '../changes/object-change.ts';
import type { ServiceContext } from '../service-context.ts';
import { bringNear } from './bring-near.ts';
import { readNamedVersion, readNewestMarker } from './find-version.ts';
import { insertVersion, type KeyVersions, readKeyVersions, removeVersion } from './key-versions.ts';
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
 * where it never was; with one, that version goes for good: throws ObjectLocked. Deleting what is not there is a success,
 * and makes no marker where conditions were to be met. Throws PreconditionFailed.
 */
export function deleteObject(context: ServiceContext, request: DeleteRequest, target: DeleteTarget): Promise<Deletion> {
  const fetching = bringNear(context, request.bucket, target.key);
  return fetching
    ? fetching.then(() => commitDeletion(context, request, target))
    : commitDeletion(context, request, target);
}

function commitDeletion(context: ServiceContext, request: DeleteRequest, target: DeleteTarget): Promise<Deletion> {
  return context.metadata.transact((tx) =>
    whenReady(openBucket(tx, request.bucket, context), (bucket) =>
      whenReady(readKeyVersions(tx, bucket, target.key), (versions) =>
        deleteInside(tx, { ...request, bucket, versions, context }, target),
      ),
    ),
  );
}

type OpenDelete = DeleteRequest & { readonly versions: KeyVersions; readonly context: ServiceContext };

/** At once where nothing has to be asked but whether the key is there. */
function deleteInside(tx: Transaction, request: OpenDelete, target: DeleteTarget): MaybePromise<Deletion> {
  const { bucket, versions, context, origin } = request;
  const isPlain = bucket.versioning === 'unversioned' && target.versionId === undefined;
  if (!isPlain || hasDeleteConditions(target.conditions)) return deleteWeighed(tx, request, target);
  const { current } = versions;
  return whenReady(current && removeVersion(tx, { bucket, versions, context, origin }, current), () => nothingToTell);
}

const nothingToTell: Deletion = { versionId: undefined, deleteMarker: false };

async function deleteWeighed(tx: Transaction, request: OpenDelete, target: DeleteTarget): Promise<Deletion> {
  const { bucket, versions, context, origin } = request;
  const { mayBypassGovernance } = target;
  if (target.versionId !== undefined) {
    const version = await readNamedVersion(tx, versions.address, target.versionId);
    if (version) {
      checkDeleteConditions(target.conditions, version);
      await removeVersion(tx, { bucket, versions, context, origin, mayBypassGovernance }, version);
    }
    return { versionId: target.versionId, deleteMarker: version?.kind === 'delete-marker' };
  }
  if (hasDeleteConditions(target.conditions)) {
    const newest = versions.current ?? (await readNewestMarker(tx, { bucket, key: target.key, versionId: undefined }));
    if (!newest) return nothingToTell;
    checkDeleteConditions(target.conditions, newest);
  }
  if (bucket.versioning === 'unversioned') {
    if (versions.current) await removeVersion(tx, { bucket, versions, context, origin }, versions.current);
    return nothingToTell;
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
