import type { ObjectEvent } from '../domain/events/object-event.ts';
import { digestOf } from '../foundation/digests.ts';
import { recordType } from './record-type.ts';

/** In which form a target gets an event; `test`: the event that S3 sends when a configuration begins to name a target. */
export type EventFormat = 's3' | 'event-bridge' | 'test';

/** An event that waits to be delivered to one target. Whole: it needs nothing of a bucket that is gone. */
export interface EventRecord {
  /** The name of the target. */
  readonly target: string;
  readonly format: EventFormat;
  readonly configurationId: string;
  readonly event: ObjectEvent;
}

/** An event that was given up. */
export interface DeadEventRecord extends EventRecord {
  /** When, in milliseconds since the epoch. */
  readonly diedAt: number;
  /** In words, for people: what the target said last. */
  readonly reason: string;
  /** Where it waited, and would wait again. */
  readonly lane: number;
}

const formats: readonly EventFormat[] = ['s3', 'event-bridge', 'test'];

export function packEvent(event: ObjectEvent): readonly unknown[] {
  const { details } = event;
  return [
    event.type,
    event.at,
    event.sequence,
    event.region,
    event.bucket,
    event.bucketOwnerId,
    event.key,
    event.versionId ?? null,
    event.size ?? null,
    event.etag ?? null,
    event.accountId ?? null,
    event.sourceAddress ?? null,
    event.requestId ?? null,
    details.storageClass ?? null,
    details.restoredUntil ?? null,
  ];
}

export function unpackEvent(fields: readonly unknown[]): ObjectEvent {
  return {
    type: fields[0] as ObjectEvent['type'],
    at: fields[1] as number,
    sequence: fields[2] as number,
    region: fields[3] as string,
    bucket: fields[4] as string,
    bucketOwnerId: fields[5] as string,
    key: fields[6] as string,
    versionId: optional(fields[7]),
    size: optional(fields[8]),
    etag: optional(fields[9]),
    accountId: optional(fields[10]),
    sourceAddress: optional(fields[11]),
    requestId: optional(fields[12]),
    details: { storageClass: optional(fields[13]), restoredUntil: optional(fields[14]) },
  };
}

function optional<T>(field: unknown): T | undefined {
  return (field as T | null) ?? undefined;
}

function packHeader({ target, format, configurationId }: EventRecord): readonly unknown[] {
  return [target, formats.indexOf(format), configurationId];
}

export const eventRecordType = recordType<EventRecord>({
  name: 'event',
  version: 1,
  migrations: [],
  toFields: (record) => [...packHeader(record), packEvent(record.event)],
  fromFields: ([target, format, configurationId, event]) => ({
    target: target as string,
    format: formats[format as number]!,
    configurationId: configurationId as string,
    event: unpackEvent(event as unknown[]),
  }),
});

export const deadEventRecordType = recordType<DeadEventRecord>({
  name: 'dead event',
  version: 1,
  migrations: [],
  toFields: (record) => [...packHeader(record), packEvent(record.event), record.diedAt, record.reason, record.lane],
  fromFields: ([target, format, configurationId, event, diedAt, reason, lane]) => ({
    target: target as string,
    format: formats[format as number]!,
    configurationId: configurationId as string,
    event: unpackEvent(event as unknown[]),
    diedAt: diedAt as number,
    reason: reason as string,
    lane: lane as number,
  }),
});

/** An event for those who listen to a bucket just now. */
export const journalRecordType = recordType<ObjectEvent>({
  name: 'journal',
  version: 1,
  migrations: [],
  toFields: packEvent,
  fromFields: unpackEvent,
});

/**
 * Lanes of a queue. The events of a key are in one of them; more lanes let more keys go on side by side, and make a batch
 * of commits touch more pages of the store.
 */
export const eventLanes = 32;

/** What stands for a target in keys: 16 hex digits. The same for a target that is removed and added again. */
export function eventQueueOf(targetName: string): string {
  return digestOf('SHA256', Buffer.from(targetName)).toString('hex', 0, 8);
}
