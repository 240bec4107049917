import type { EventType } from './event-type.ts';

/** What is told of one change of one key, whoever is told. */
export interface ObjectEvent {
  readonly type: EventType | 's3:TestEvent';
  /** In milliseconds since the epoch. */
  readonly at: number;
  /** Grows with every event of a key; see `sequencerOf`. */
  readonly sequence: number;
  readonly region: string;
  readonly bucket: string;
  readonly bucketOwnerId: string;
  readonly key: string;
  /** Undefined where the bucket never had versioning. */
  readonly versionId: string | undefined;
  /** Undefined for what is gone. */
  readonly size: number | undefined;
  readonly etag: string | undefined;
  /** Of the account that asked for it; undefined for anonymous requests and for what the server does by itself. */
  readonly accountId: string | undefined;
  readonly sourceAddress: string | undefined;
  readonly requestId: string | undefined;
  /** What only some events tell. */
  readonly details: EventDetails;
}

export interface EventDetails {
  /** Of a transition, a restore and its end. */
  readonly storageClass?: string | undefined;
  /** Until when a restored object can be read, in milliseconds since the epoch. */
  readonly restoredUntil?: number | undefined;
}

/**
 * As S3 gives it: hexadecimal, of one length, so that of two events of a key the later one has the greater text
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html).
 */
export function sequencerOf({ sequence }: Pick<ObjectEvent, 'sequence'>): string {
  return sequence.toString(16).toUpperCase().padStart(16, '0');
}
