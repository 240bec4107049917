import { aclAllows } from '../../domain/acl.ts';
import type { ReplicationRule } from '../../domain/replication/replication-configuration.ts';
import { destinationsOf } from '../../domain/replication/replication-configuration.ts';
import type { MetadataEngine, Snapshot, Transaction } from '../../engines/metadata/metadata-engine.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import { accountRecordType } from '../../records/account-record.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { headRecordType } from '../../records/head-record.ts';
import { keyspace, type ObjectAddress } from '../../records/keyspace.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import { destinationHash, type ReplicationRecord } from '../../records/replication-record.ts';
import { replicationSetting } from '../../records/replication-setting.ts';
import {
  type DestinationStatus,
  type ObjectVersion,
  readVersion,
  type VersionRecord,
  versionRecordType,
} from '../../records/version-record.ts';
import type { BucketService } from '../buckets/bucket-service.ts';
import type { BucketSettings } from '../buckets/bucket-settings.ts';
import { ReplicationRefusedError } from './replication-refusal.ts';
import { factsOf } from './replication-subscriber.ts';

/** What an entry of the queue speaks of, as it is now. */
export interface ReplicationSource {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly version: VersionRecord;
  /** The rule that sends it. */
  readonly rule: ReplicationRule;
  /** No newer version or delete marker of the key is there. */
  readonly isNewest: boolean;
  /** The destination may have it already: it is described anew, or was there before the rules. */
  readonly mayBeThere: boolean;
}

interface SourceServices {
  readonly metadata: MetadataEngine;
  readonly buckets: BucketService;
  readonly settings: BucketSettings;
}

/** Undefined where there is nothing left to send: the version, its bucket or the rule is gone. */
export async function findSource(
  { metadata, buckets, settings }: SourceServices,
  bucketId: string,
  record: ReplicationRecord,
): Promise<ReplicationSource | undefined> {
  const bucket = await buckets.find(record.bucket);
  if (bucket?.id !== bucketId) return undefined;
  const configuration = await settings.read(bucket, replicationSetting);
  if (!configuration) return undefined;
  const address = { bucketId, key: record.key };
  const found = await metadata.snapshot((snapshot) => readByToken(snapshot, address, record.token));
  if (!found) return undefined;
  // A replica is on its way because somebody said something new of it: whether a rule wants that was decided then.
  const chosen = destinationsOf(configuration, factsOf(record.key, found.version));
  const rule = chosen.find(({ id }) => id === record.target)?.rule;
  if (!rule) return undefined;
  const mayBeThere = record.kind === 'description' || record.isExisting;
  return { bucket, key: record.key, rule, mayBeThere, ...found };
}

/**
 * Whoever owns the source gets a copy that is its own. Throws ReplicationRefusedError for an object of somebody else's
 * whose ACL does not let it read both: "If the source bucket owner doesn't own the object in the bucket, the object owner
 * must grant the bucket owner READ and READ_ACP permissions with the object access control list (ACL)"
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-requirements.html).
 */
export async function requireOwnersRight(
  { metadata }: Pick<SourceServices, 'metadata'>,
  { bucket, version }: Pick<ReplicationSource, 'bucket' | 'version'>,
): Promise<void> {
  if (version.kind !== 'object' || version.ownerAccountId === bucket.ownerAccountId) return;
  if (bucket.objectOwnership === 'BucketOwnerEnforced') return;
  const account = await readRecord(metadata, accountRecordType, keyspace.account(bucket.ownerAccountId));
  const question = { acl: version.acl, ownerId: '', askerId: account?.canonicalId, ignorePublic: false };
  const isLet = (['READ', 'READ_ACP'] as const).every((permission) => aclAllows({ ...question, permission }));
  if (!isLet) throw new ReplicationRefusedError('the owner of the object does not let the owner of the bucket read it');
}

interface FoundByToken {
  readonly version: VersionRecord;
  readonly isNewest: boolean;
}

function readByToken(
  reader: Snapshot | Transaction,
  address: ObjectAddress,
  token: string,
): MaybePromise<FoundByToken | undefined> {
  return whenReady(readVersion(reader, keyspace.current(address)), (current) => {
    if (current?.token === token) return { version: current, isNewest: true };
    return whenReady(readVersion(reader, keyspace.noncurrent(address, token)), (version) => {
      if (!version) return undefined;
      return whenReady(reader.get(keyspace.head(address)), (head) => ({
        version,
        isNewest: head !== undefined && headRecordType.decode(head).newest === token,
      }));
    });
  });
}

/**
 * Writes into the version's record, inside a commit, how it stands at one destination, and answers the version where it
 * is an object that is still there. `gone`: no rule leads there.
 */
export async function settleStatus(
  tx: Transaction,
  address: ObjectAddress,
  {
    token,
    target,
    status,
  }: { readonly token: string; readonly target: string; readonly status: DestinationStatus | 'gone' },
): Promise<ObjectVersion | undefined> {
  for (const key of [keyspace.current(address), keyspace.noncurrent(address, token)]) {
    const version = await readRecord(tx, versionRecordType, key);
    if (version?.token !== token || version.kind !== 'object') continue;
    const settled = withStatus(version, destinationHash(target), status);
    if (settled !== version) writeRecord(tx, { type: versionRecordType, key }, settled);
    return settled;
  }
  return undefined;
}

/** Of several destinations, the worst counts: FAILED before PENDING before COMPLETED. */
function withStatus(version: ObjectVersion, destination: string, status: DestinationStatus | 'gone'): ObjectVersion {
  const { replication, replicas } = version;
  if (replication === undefined || replication === 'REPLICA') return version;
  const { [destination]: _before, ...others } = replicas ?? {};
  const each: Record<string, DestinationStatus> = status === 'gone' ? others : { ...others, [destination]: status };
  const all = Object.values(each);
  const worst = (['FAILED', 'PENDING', 'COMPLETED'] as const).find((candidate) => all.includes(candidate));
  const isSettled = worst === 'COMPLETED' || all.length < 2;
  return { ...version, replication: worst, replicas: isSettled ? undefined : each };
}
