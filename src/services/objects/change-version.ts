import { StorageError } from '../../domain/errors.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { invariant } from '../../foundation/invariant.ts';
import { keyspace } from '../../records/keyspace.ts';
import { writeRecord } from '../../records/record-type.ts';
import { type ObjectVersion, readVersion, versionRecordType } from '../../records/version-record.ts';
import { openBucket } from '../buckets/open-bucket.ts';
import { byServer, type ChangeOrigin, type DescribedAspect, recordChange } from '../changes/object-change.ts';
import type { ServiceContext } from '../service-context.ts';
import {
  noSuchKey,
  readNamedVersion,
  readNewestMarker,
  type VersionAddress,
  versionIsDeleteMarker,
} from './find-version.ts';

/**
 * Makes another version of the one that is there. Runs inside a commit, perhaps several times: it may refuse by
 * throwing, and has no other effect. Answering the very version that it was given leaves all as it is.
 */
export type ChangeOfVersion = (version: ObjectVersion) => ObjectVersion;

/** What is said anew, and by whom; left out: by the server itself. */
export interface Description {
  readonly aspect: DescribedAspect;
  readonly origin?: ChangeOrigin | undefined;
}

/**
 * Changes what is said of one version (its ACL, its tags …) in place: it stays the version that it is, as old as it is,
 * and where it stands among the others. Throws NoSuchKey, NoSuchVersion, or VersionIsDeleteMarker; the last also where
 * no version is named and the newest is a delete marker, as S3 does for writes, though not for reads.
 */
export async function changeVersion(
  context: ServiceContext,
  target: VersionAddress & Description,
  change: ChangeOfVersion,
): Promise<ObjectVersion> {
  return context.metadata.transact(async (tx) => {
    const bucket = await openBucket(tx, target.bucket, context);
    const { version, key } = await locateVersion(tx, { ...target, bucket });
    const changed = change(version);
    if (changed === version) return version;
    invariant(changed.token === version.token && changed.isNull === version.isNull, 'a change keeps the version');
    invariant(changed.content === version.content, 'a change moves no bytes');
    writeRecord(tx, { type: versionRecordType, key }, changed);
    const { origin = byServer, aspect } = target;
    await recordChange(tx, { kind: 'described', aspect, bucket, key: target.key, origin, version: changed }, context);
    return changed;
  });
}

/** The version, and where it is stored. All point reads: whatever moves, replaces or removes it meanwhile conflicts. */
export async function locateVersion(
  tx: Transaction,
  target: VersionAddress,
): Promise<{ readonly version: ObjectVersion; readonly key: Buffer }> {
  const { key, versionId } = target;
  const address = { bucketId: target.bucket.id, key };
  const current = await readVersion(tx, keyspace.current(address));
  if (versionId === undefined) {
    if (current?.kind === 'object') return { version: current, key: keyspace.current(address) };
    const marker = await readNewestMarker(tx, target);
    throw marker ? versionIsDeleteMarker(marker, 'PUT') : noSuchKey(key, undefined);
  }
  const version = await readNamedVersion(tx, address, versionId);
  if (!version) throw new StorageError('NoSuchVersion', { fields: { Key: key, VersionId: versionId } });
  if (version.kind === 'delete-marker') throw versionIsDeleteMarker(version, 'PUT');
  const isCurrent = current?.token === version.token;
  return { version, key: isCurrent ? keyspace.current(address) : keyspace.noncurrent(address, version.token) };
}
