import { StorageError } from '../domain/errors.ts';
import { onVersion } from '../domain/grant.ts';
import { checkReplicasLock, checkRetentionChange } from '../domain/object-lock.ts';
import type { Clock } from '../foundation/clock.ts';
import type { BucketRecord } from '../records/bucket-record.ts';
import type { ObjectVersion } from '../records/version-record.ts';
import type { Access } from '../services/authorization/access.ts';
import type { ChangeOrigin } from '../services/changes/object-change.ts';
import type { ObjectDescription } from '../services/objects/object-description.ts';
import type { ObjectService } from '../services/objects/object-service.ts';
import type { Replica } from '../services/objects/replica.ts';
import { originOf } from './fields/replica-field.ts';

interface Description {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly replica: Replica;
  readonly description: Pick<ObjectDescription, 'tags' | 'retention' | 'legalHold'>;
  readonly origin: ChangeOrigin;
  readonly access: Access;
}

/**
 * Says anew of a replica what is said of its original now: tags and locks; bytes and headers never change. A lock of
 * mode COMPLIANCE never becomes weaker, one of mode GOVERNANCE for those who may bypass it. Throws NoSuchVersion where
 * there is no such replica, and InvalidRequest for a lock in a bucket that has none.
 */
export async function describeReplica(
  { bucket, key, replica, description, origin, access }: Description,
  { objects, clock }: { readonly objects: ObjectService; readonly clock: Clock },
): Promise<ObjectVersion> {
  const { tags, retention, legalHold } = description;
  checkReplicasLock(description, bucket);
  const target = { bucket: bucket.name, key, versionId: replica.token };
  const named = (action: `s3:${string}`) => onVersion({ current: action, named: action }, target);
  const address = {
    bucket,
    key,
    versionId: replica.token,
    aspect: 'replication',
    origin: originOf(origin, replica),
  } as const;
  const found = await objects.change(address, (version) => version);
  if (!sameRetention(found.retention, retention)) await access.require(named('s3:PutObjectRetention'));
  if ((found.legalHold ?? false) !== (legalHold ?? false)) await access.require(named('s3:PutObjectLegalHold'));
  const mayBypassGovernance = await access.allows(named('s3:BypassGovernanceRetention'));
  return objects.change(address, (version) => {
    // The rights that were asked for are those to change what was found.
    const isAsFound = sameRetention(version.retention, found.retention) && version.legalHold === found.legalHold;
    if (!isAsFound) throw new StorageError('OperationAborted');
    checkRetentionChange(version.retention, retention, { now: clock.now(), mayBypassGovernance });
    return { ...version, tags, retention, legalHold: legalHold ?? (version.legalHold && false) };
  });
}

function sameRetention(a: ObjectVersion['retention'], b: ObjectVersion['retention']): boolean {
  return a?.mode === b?.mode && a?.until === b?.until;
}
