import type { ChosenEncryption } from '../../domain/encryption.ts';
import { StorageError } from '../../domain/errors.ts';
import { checkReplicasLock, checkRetentionChange } from '../../domain/object-lock.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import type { ObjectVersion } from '../../records/version-record.ts';
import type { BucketService } from '../buckets/bucket-service.ts';
import { byServer, type ChangeOrigin } from '../changes/object-change.ts';
import { defaultEncryption } from '../content/storing-by-default.ts';
import type { ObjectService } from '../objects/object-service.ts';
import { asReplicationFailure, DestinationUnavailableError, ReplicationRefusedError } from './replication-refusal.ts';
import type { ReplicationSource } from './replication-source.ts';

interface LocalServices {
  readonly clock: Clock;
  readonly buckets: BucketService;
  readonly objects: ObjectService;
}

const byReplication: ChangeOrigin = { ...byServer, by: 'replication' };

/** Replicates into a bucket of this server: no bytes are moved. Throws as `requireSuccess` does. */
export async function replicateLocally(
  services: LocalServices,
  bucketName: string,
  source: ReplicationSource,
): Promise<void> {
  const bucket = await services.buckets.find(bucketName);
  if (!bucket) throw new DestinationUnavailableError(`there is no bucket ${bucketName}`);
  // The owner of a bucket that was made anew under the name has not been asked.
  if (bucket.ownerAccountId !== source.bucket.ownerAccountId) {
    throw new ReplicationRefusedError(`the bucket ${bucketName} is of another account`);
  }
  const { key, version, rule } = source;
  const { token, lastModified } = version;
  const replica = { token, lastModified };
  const target = { bucket, key, ownerAccountId: bucket.ownerAccountId, replica, origin: byReplication };
  try {
    if (version.kind === 'delete-marker') {
      await services.objects.delete(target, { key, versionId: undefined, conditions: {} });
      return;
    }
    if (source.mayBeThere && (await describe(services, target, version))) return;
    await services.objects.copy({
      ...target,
      source: { ...source, version },
      description: {
        headers: version.headers,
        userMetadata: version.userMetadata,
        storageClass: rule.destination.storageClass ?? version.storageClass,
        tags: version.tags,
        acl: rule.destination.ownerOverride ? undefined : version.acl,
        retention: version.retention,
        legalHold: version.legalHold,
      },
      conditions: {},
      // With no more rights than the owner of both buckets has.
      bearer: { user: { accountId: source.bucket.ownerAccountId } },
      storing: { encryption: encryptionOfReplica(source, version, bucket) },
      checksumAlgorithm: undefined,
    });
  } catch (error) {
    throw asReplicationFailure(error);
  }
}

/** As its original; under the key that the rule names, where that is one of the key management. */
function encryptionOfReplica(
  { rule }: ReplicationSource,
  { encryption }: ObjectVersion,
  bucket: BucketRecord,
): ChosenEncryption | undefined {
  if (encryption?.kind === 'SSE-S3') return { kind: 'SSE-S3' };
  if (encryption?.kind !== 'SSE-KMS') return defaultEncryption(bucket);
  const { context, bucketKeyEnabled } = encryption;
  const key = rule.destination.replicaKmsKeyId;
  return { kind: 'SSE-KMS', key, account: bucket.ownerAccountId, context, bucketKeyEnabled };
}

type Target = Pick<Parameters<ObjectService['copy']>[0], 'bucket' | 'key'>;

/** Says anew of a replica what is said of its original. False where it is not there yet. */
async function describe({ objects, clock }: LocalServices, target: Target, original: ObjectVersion): Promise<boolean> {
  const { tags, acl, retention, legalHold } = original;
  checkReplicasLock(original, target.bucket);
  const address = { bucket: target.bucket, key: target.key, versionId: original.token };
  try {
    await objects.change({ ...address, aspect: 'replication', origin: byReplication }, (replica) => {
      // Whoever made the original's weaker had the right to; COMPLIANCE nobody has.
      checkRetentionChange(replica.retention, retention, { now: clock.now(), mayBypassGovernance: true });
      return { ...replica, tags, acl: replica.acl && acl, retention, legalHold };
    });
    return true;
  } catch (error) {
    if (error instanceof StorageError && error.kind === 'NoSuchVersion') return false;
    throw error;
  }
}
