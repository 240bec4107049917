import { eventBridgeTarget } from '../../domain/events/destination-arn.ts';
import { isBridged } from '../../domain/events/event-bridge-message.ts';
import { eventOfChange } from '../../domain/events/event-of-change.ts';
import type { EventType } from '../../domain/events/event-type.ts';
import { type Notification, wantsEvent } from '../../domain/events/notification.ts';
import type { ObjectEvent } from '../../domain/events/object-event.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { Random } from '../../foundation/random.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import {
  type EventFormat,
  eventLanes,
  eventQueueOf,
  eventRecordType,
  journalRecordType,
} from '../../records/event-record.ts';
import { keyspace } from '../../records/keyspace.ts';
import { listeningSetting, notificationSetting } from '../../records/notification-setting.ts';
import { writeRecord } from '../../records/record-type.ts';
import { versionIdOf } from '../../records/version-record.ts';
import type { BucketSettings } from '../buckets/bucket-settings.ts';
import type { ChangeSubscriber, ObjectChange } from '../changes/object-change.ts';

/** One target that gets an event, and in which form. */
interface Destination {
  readonly target: string;
  readonly queue: string;
  readonly format: EventFormat;
  readonly configurationId: string;
}

type OutboxContext = { readonly clock: Clock; readonly random: Random };

/**
 * Writes down, in the commit of a change, each event that somebody is to hear of: one record for each target, and one
 * for those who listen just now. Buckets without either cost a look at two properties.
 */
export function eventOutbox(settings: Pick<BucketSettings, 'read'>): ChangeSubscriber {
  const queues = new QueueNames();
  return {
    record(tx, change, context) {
      const { bucket } = change;
      const named = bucket.settings;
      if (named[notificationSetting.name] === undefined && named[listeningSetting.name] === undefined) return undefined;
      const type = typeOf(change);
      if (type === undefined) return undefined;
      return whenReady(settings.read(bucket, notificationSetting, tx), (notification) =>
        whenReady(settings.read(bucket, listeningSetting, tx), (listeningUntil) => {
          const destinations = notification ? destinationsOf(notification, { type, key: change.key }, queues) : [];
          const isHeard = listeningUntil !== undefined && listeningUntil > context.clock.now();
          if (destinations.length === 0 && !isHeard) return undefined;
          return writeEvent(tx, { event: describe(change, type), bucket, destinations, isHeard }, context);
        }),
      );
    },
  };
}

function typeOf(change: ObjectChange): EventType | undefined {
  const { by } = change.origin;
  if (change.kind === 'created') return eventOfChange({ by, kind: 'created', creation: change.creation });
  if (change.kind !== 'described') return eventOfChange({ by, kind: change.kind });
  const { aspect, version } = change;
  return eventOfChange({ by, kind: 'described', aspect, replication: version.replication });
}

function destinationsOf(
  { rules, eventBridge }: Notification,
  { type, key }: { readonly type: EventType; readonly key: string },
  queues: QueueNames,
): Destination[] {
  const destinations: Destination[] = [];
  for (const rule of rules) {
    if (!wantsEvent(rule, type, key)) continue;
    const { target, id } = rule;
    destinations.push({ target, queue: queues.of(target), format: 's3', configurationId: id });
  }
  if (eventBridge && isBridged(type)) {
    const target = eventBridgeTarget;
    destinations.push({ target, queue: queues.of(target), format: 'event-bridge', configurationId: '' });
  }
  return destinations;
}

/** MD5 of nothing: what S3 tells as the ETag of a delete marker. */
const etagOfNothing = 'd41d8cd98f00b204e9800998ecf8427e';

function describe(change: ObjectChange, type: EventType): Omit<ObjectEvent, 'at' | 'sequence'> {
  const { bucket, key, origin, version } = change;
  const isGone = change.kind === 'removed';
  return {
    type,
    region: bucket.region,
    bucket: bucket.name,
    bucketOwnerId: bucket.ownerAccountId,
    key,
    versionId: bucket.versioning === 'unversioned' ? undefined : versionIdOf(version),
    size: change.kind === 'created' ? change.version.size : undefined,
    etag: isGone ? undefined : version.kind === 'object' ? version.etag : etagOfNothing,
    accountId: origin.accountId,
    sourceAddress: origin.sourceAddress,
    requestId: origin.requestId,
    details:
      change.kind === 'described'
        ? { storageClass: change.version.storageClass, restoredUntil: change.version.restore?.until }
        : {},
  };
}

interface OutgoingEvent {
  readonly event: Omit<ObjectEvent, 'at' | 'sequence'>;
  readonly bucket: BucketRecord;
  readonly destinations: readonly Destination[];
  readonly isHeard: boolean;
}

/**
 * The sequence is above that of every earlier event in the same lanes, whatever the clock says: lanes are read in the
 * order in which their keys' commits were made. The record of a lane's sequence is a point key, so that two commits of
 * one lane cannot both take the same place.
 */
function writeEvent(
  tx: Transaction,
  { event, bucket, destinations, isHeard }: OutgoingEvent,
  { clock, random }: OutboxContext,
): MaybePromise<void> {
  // By its name: whoever hears of a bucket that was deleted and made again knows it by nothing else.
  const lane = laneOf(bucket.name, event.key);
  const sequenceKeys = destinations.map(({ queue }) => keyspace.eventSequence(queue, lane));
  if (isHeard) sequenceKeys.push(keyspace.journalSequence(bucket.id));
  return whenReady(tx.getMany(sequenceKeys), (stored) => {
    const at = clock.now();
    let sequence = at * 1000;
    for (const bytes of stored) if (bytes) sequence = Math.max(sequence, readSequence(bytes) + 1);
    const whole: ObjectEvent = { ...event, at, sequence };
    const newest = packSequence(sequence);
    for (const key of sequenceKeys) tx.put(key, newest);
    for (const { target, queue, format, configurationId } of destinations) {
      const key = keyspace.event({ queue, lane, sequence, id: random.bytes(8).toString('hex') });
      writeRecord(tx, { type: eventRecordType, key }, { target, format, configurationId, event: whole });
      tx.add(keyspace.eventCounters(queue), [1]);
    }
    if (isHeard) writeRecord(tx, { type: journalRecordType, key: keyspace.journal(bucket.id, sequence) }, whole);
  });
}

/** Puts the events that tell new destinations of a configuration that they were found. */
export function writeTestEvents(
  tx: Transaction,
  { bucket, targets, requestId }: TestEvents,
  context: OutboxContext,
): MaybePromise<void> {
  const event = {
    type: 's3:TestEvent',
    region: bucket.region,
    bucket: bucket.name,
    bucketOwnerId: bucket.ownerAccountId,
    key: '',
    versionId: undefined,
    size: undefined,
    etag: undefined,
    accountId: undefined,
    sourceAddress: undefined,
    requestId,
    details: {},
  } as const;
  const destinations = targets.map(
    (target): Destination => ({ target, queue: eventQueueOf(target), format: 'test', configurationId: '' }),
  );
  return writeEvent(tx, { event, bucket, destinations, isHeard: false }, context);
}

interface TestEvents {
  readonly bucket: BucketRecord;
  readonly targets: readonly string[];
  readonly requestId: string | undefined;
}

/** FNV-1a, folded: it only has to spread keys. */
function laneOf(bucketName: string, key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < bucketName.length; at++) hash = Math.imul(hash ^ bucketName.charCodeAt(at), 0x01000193);
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return ((hash ^ (hash >>> 8) ^ (hash >>> 16) ^ (hash >>> 24)) & 0xff) % eventLanes;
}

export function readSequence(bytes: Buffer): number {
  return bytes.readUInt32BE(0) * 2 ** 32 + bytes.readUInt32BE(4);
}

function packSequence(sequence: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeUInt32BE(Math.floor(sequence / 2 ** 32), 0);
  bytes.writeUInt32BE(sequence >>> 0, 4);
  return bytes;
}

/** Hashes of targets' names, of which there are few. */
class QueueNames {
  readonly #known = new Map<string, string>();

  of(target: string): string {
    let queue = this.#known.get(target);
    if (queue === undefined) {
      queue = eventQueueOf(target);
      if (this.#known.size >= 1024) this.#known.clear();
      this.#known.set(target, queue);
    }
    return queue;
  }
}
