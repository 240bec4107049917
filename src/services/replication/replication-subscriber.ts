import {
  type ChosenDestination,
  destinationsOf,
  type ReplicationConfiguration,
} from '../../domain/replication/replication-configuration.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import { keyspace } from '../../records/keyspace.ts';
import { writeRecord } from '../../records/record-type.ts';
import { destinationHash, type ReplicationRecord } from '../../records/replication-record.ts';
import { replicationSetting } from '../../records/replication-setting.ts';
import {
  type DestinationStatus,
  type ObjectVersion,
  readVersion,
  type VersionRecord,
  versionRecordType,
} from '../../records/version-record.ts';
import type { BucketSettings } from '../buckets/bucket-settings.ts';
import type { ChangeContext, ChangeSubscriber, DescribedAspect, ObjectChange } from '../changes/object-change.ts';
import { enqueue } from './replication-queue.ts';

/** What of a description travels. Encryption, storage class and restores are a store's own affair. */
const replicatedAspects: ReadonlySet<DescribedAspect> = new Set([
  'tags',
  'tags-removed',
  'acl',
  'retention',
  'legal-hold',
  'annotations',
]);

/** Queues changes for the destinations of their bucket, in the very commits that make them. */
export class ReplicationSubscriber implements ChangeSubscriber {
  readonly #settings: BucketSettings;

  constructor(settings: BucketSettings) {
    this.#settings = settings;
  }

  record(tx: Transaction, change: ObjectChange, context: ChangeContext): MaybePromise<void> {
    if (change.bucket.settings[replicationSetting.name] === undefined) return;
    // What came by replication goes no further: two buckets that replicate to each other would never rest.
    if (change.origin.by === 'replication' || change.kind === 'removed') return;
    if (change.kind === 'described' && !replicatedAspects.has(change.aspect)) return;
    return whenReady(this.#settings.read(change.bucket, replicationSetting, tx), (configuration) =>
      configuration === undefined ? undefined : queueChange(tx, { change, configuration, context }),
    );
  }
}

interface Queueing {
  readonly change: Exclude<ObjectChange, { readonly kind: 'removed' }>;
  readonly configuration: ReplicationConfiguration;
  readonly context: ChangeContext;
}

function queueChange(tx: Transaction, { change, configuration, context }: Queueing): MaybePromise<void> {
  const { bucket, key, version } = change;
  const destinations = destinationsOf(configuration, factsOf(key, version));
  if (destinations.length === 0) return;
  const kind =
    change.kind === 'created' ? 'version' : change.kind === 'described' ? 'description' : ('delete-marker' as const);
  queueFor(tx, { bucket, key, version, kind, destinations, isExisting: false, context });
  if (version.kind === 'object') return markPending(tx, { bucketId: bucket.id, key }, { version, destinations });
}

/** What rules see of a version. */
export function factsOf(key: string, version: VersionRecord): Parameters<typeof destinationsOf>[1] {
  const isObject = version.kind === 'object';
  return {
    key,
    tags: isObject ? version.tags : [],
    kind: isObject ? 'version' : 'delete-marker',
    isReplica: isObject && version.replication === 'REPLICA',
    encryption: isObject ? version.encryption?.kind : undefined,
  };
}

interface QueuedVersion {
  readonly bucket: { readonly id: string; readonly name: string };
  readonly key: string;
  readonly version: VersionRecord;
  readonly kind: ReplicationRecord['kind'];
  readonly destinations: readonly ChosenDestination[];
  readonly isExisting: boolean;
  readonly context: Pick<ChangeContext, 'clock' | 'random'>;
}

/** One entry for each destination. */
export function queueFor(tx: Transaction, queued: QueuedVersion): void {
  const { bucket, key, version, kind, destinations, isExisting, context } = queued;
  for (const { id } of destinations) {
    const record: ReplicationRecord = {
      bucket: bucket.name,
      key,
      token: version.token,
      kind,
      target: id,
      size: kind === 'version' && version.kind === 'object' ? version.size : 0,
      queuedAt: context.clock.now(),
      isExisting,
      failure: undefined,
    };
    enqueue(tx, { bucketId: bucket.id, record }, context);
  }
}

/** Says in the version's record that it is on its way. A replica stays one. */
export function markPending(
  tx: Transaction,
  address: { readonly bucketId: string; readonly key: string },
  { version, destinations }: { readonly version: ObjectVersion; readonly destinations: readonly ChosenDestination[] },
): MaybePromise<void> {
  if (version.replication === 'REPLICA') return;
  const pending = () => destinations.map(({ id }): [string, DestinationStatus] => [destinationHash(id), 'PENDING']);
  const marks: Pick<ObjectVersion, 'replication' | 'replicas'> = {
    replication: 'PENDING',
    replicas: destinations.length > 1 ? Object.fromEntries(pending()) : undefined,
  };
  const key = keyspace.current(address);
  const mark = (stored: VersionRecord | undefined, place: Buffer) => {
    if (stored?.kind === 'object') writeRecord(tx, { type: versionRecordType, key: place }, { ...stored, ...marks });
  };
  // What other subscribers wrote into the record, in this commit, stays.
  return whenReady(readVersion(tx, key), (current) => {
    if (current?.token === version.token) return mark(current, key);
    const place = keyspace.noncurrent(address, version.token);
    return whenReady(readVersion(tx, place), (stored) => mark(stored, place));
  });
}
