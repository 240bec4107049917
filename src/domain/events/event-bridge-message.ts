import type { EventType } from './event-type.ts';
import { type ObjectEvent, sequencerOf } from './object-event.ts';

const detailTypes: Readonly<Record<string, string>> = {
  's3:LifecycleExpiration:Delete': 'Object Deleted',
  's3:LifecycleExpiration:DeleteMarkerCreated': 'Object Deleted',
  's3:LifecycleTransition': 'Object Storage Class Changed',
  's3:ObjectAcl:Put': 'Object ACL Updated',
  's3:ObjectCreated:CompleteMultipartUpload': 'Object Created',
  's3:ObjectCreated:Copy': 'Object Created',
  's3:ObjectCreated:Post': 'Object Created',
  's3:ObjectCreated:Put': 'Object Created',
  's3:ObjectRemoved:Delete': 'Object Deleted',
  's3:ObjectRemoved:DeleteMarkerCreated': 'Object Deleted',
  's3:ObjectRestore:Completed': 'Object Restore Completed',
  's3:ObjectRestore:Delete': 'Object Restore Expired',
  's3:ObjectRestore:Post': 'Object Restore Initiated',
  's3:ObjectTagging:Delete': 'Object Tags Deleted',
  's3:ObjectTagging:Put': 'Object Tags Added',
};

/** Whether EventBridge knows of such events at all. */
export function isBridged(type: EventType): boolean {
  return detailTypes[type] !== undefined;
}

const reasons: Readonly<Record<string, string>> = {
  's3:LifecycleExpiration:Delete': 'Lifecycle Expiration',
  's3:LifecycleExpiration:DeleteMarkerCreated': 'Lifecycle Expiration',
  's3:ObjectCreated:CompleteMultipartUpload': 'CompleteMultipartUpload',
  's3:ObjectCreated:Copy': 'CopyObject',
  's3:ObjectCreated:Post': 'POST Object',
  's3:ObjectCreated:Put': 'PutObject',
  's3:ObjectRemoved:Delete': 'DeleteObject',
  's3:ObjectRemoved:DeleteMarkerCreated': 'DeleteObject',
};

/**
 * An event in the form of Amazon EventBridge
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html). `id` is a UUID that stays the same when the
 * event is delivered again.
 */
export function eventBridgeMessage(event: ObjectEvent, id: string): string {
  const { type, details } = event;
  const reason = reasons[type];
  const isDeletion = detailTypes[type] === 'Object Deleted';
  return JSON.stringify({
    version: '0',
    id,
    'detail-type': detailTypes[type],
    source: 'aws.s3',
    account: event.bucketOwnerId,
    time: new Date(event.at).toISOString().replace(/\.\d+Z$/, 'Z'),
    region: event.region,
    resources: [`arn:aws:s3:::${event.bucket}`],
    detail: {
      version: '0',
      bucket: { name: event.bucket },
      object: {
        key: event.key,
        ...(event.size === undefined ? {} : { size: event.size }),
        ...(event.etag === undefined ? {} : { etag: event.etag }),
        ...(event.versionId === undefined ? {} : { 'version-id': event.versionId }),
        sequencer: sequencerOf(event),
      },
      'request-id': event.requestId ?? '',
      requester: event.accountId ?? 's3.amazonaws.com',
      ...(event.sourceAddress === undefined ? {} : { 'source-ip-address': event.sourceAddress }),
      ...(reason === undefined ? {} : { reason }),
      ...(isDeletion
        ? { 'deletion-type': type.endsWith('MarkerCreated') ? 'Delete Marker Created' : 'Permanently Deleted' }
        : {}),
      ...(type === 's3:LifecycleTransition' ? { 'destination-storage-class': details.storageClass } : {}),
      ...(details.restoredUntil === undefined
        ? {}
        : { 'restore-expiry-time': new Date(details.restoredUntil).toISOString() }),
      ...(type.startsWith('s3:ObjectRestore:') ? { 'source-storage-class': details.storageClass } : {}),
    },
  });
}
