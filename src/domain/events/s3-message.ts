import { type ObjectEvent, sequencerOf } from './object-event.ts';

/** `2.1` is what S3 says of most events; those that came later say more. */
function versionOf(type: string): string {
  if (type.startsWith('s3:Replication:')) return '2.2';
  return /^s3:(Object(Created|Removed)|ReducedRedundancy|ObjectRestore:(Post|Completed))/.test(type) ? '2.1' : '2.3';
}

/** Form encoding, as S3 has it in events: a space is `+`, and slashes stay. */
export function encodeEventKey(key: string): string {
  return encodeURIComponent(key)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/')
    .replaceAll(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * An event as an element of `Records`, in S3's form
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html).
 */
export function s3EventRecord(event: ObjectEvent, configurationId: string) {
  const { details } = event;
  const isRestore = event.type.startsWith('s3:ObjectRestore:');
  return {
    eventVersion: versionOf(event.type),
    eventSource: 'aws:s3',
    awsRegion: event.region,
    eventTime: new Date(event.at).toISOString(),
    eventName: event.type.slice('s3:'.length),
    userIdentity: { principalId: event.accountId === undefined ? 's3.amazonaws.com' : `AWS:${event.accountId}` },
    requestParameters: { sourceIPAddress: event.sourceAddress ?? 's3.amazonaws.com' },
    responseElements: { 'x-amz-request-id': event.requestId ?? '', 'x-amz-id-2': '' },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId,
      bucket: {
        name: event.bucket,
        ownerIdentity: { principalId: event.bucketOwnerId },
        arn: `arn:aws:s3:::${event.bucket}`,
      },
      object: {
        key: encodeEventKey(event.key),
        ...(event.size === undefined ? {} : { size: event.size }),
        ...(event.etag === undefined ? {} : { eTag: event.etag }),
        ...(event.versionId === undefined ? {} : { versionId: event.versionId }),
        sequencer: sequencerOf(event),
      },
    },
    ...(isRestore && event.type !== 's3:ObjectRestore:Post' ? { glacierEventData: restoreData(details) } : {}),
    ...(event.type === 's3:LifecycleTransition'
      ? { lifecycleEventData: { transitionEventData: { destinationStorageClass: details.storageClass ?? 'STANDARD' } } }
      : {}),
  };
}

function restoreData({ restoredUntil, storageClass }: ObjectEvent['details']) {
  const expiry = restoredUntil === undefined ? {} : { lifecycleRestorationExpiryTime: iso(restoredUntil) };
  return { restoreEventData: { ...expiry, lifecycleRestoreStorageClass: storageClass ?? 'STANDARD' } };
}

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();

/** The whole message: S3 sends one event in each. */
export function s3Message(event: ObjectEvent, configurationId: string): string {
  return JSON.stringify({ Records: [s3EventRecord(event, configurationId)] });
}

/** What a destination gets when a configuration begins to name it. */
export function s3TestMessage({ bucket, at, requestId }: Pick<ObjectEvent, 'bucket' | 'at' | 'requestId'>): string {
  return JSON.stringify({
    Service: 'Amazon S3',
    Event: 's3:TestEvent',
    Time: iso(at),
    Bucket: bucket,
    RequestId: requestId ?? '',
    HostId: '',
  });
}
