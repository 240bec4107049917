import type { EventType } from './event-type.ts';

/** What of a change decides which event it is. */
export type EventCause = { readonly by: 'request' | 'lifecycle' | 'replication' | 'server' } & (
  | { readonly kind: 'created'; readonly creation: string }
  | { readonly kind: 'marked' }
  | { readonly kind: 'removed' }
  | { readonly kind: 'described'; readonly aspect: string; readonly replication?: string | undefined }
);

const creations: Readonly<Record<string, EventType>> = {
  post: 's3:ObjectCreated:Post',
  copy: 's3:ObjectCreated:Copy',
  // The bytes are those of another key, as with a copy; S3 itself sends no events from buckets that know renaming.
  rename: 's3:ObjectCreated:Copy',
  'complete-multipart-upload': 's3:ObjectCreated:CompleteMultipartUpload',
};

const descriptions: Readonly<Record<string, EventType>> = {
  tags: 's3:ObjectTagging:Put',
  'tags-removed': 's3:ObjectTagging:Delete',
  acl: 's3:ObjectAcl:Put',
  'storage-class': 's3:LifecycleTransition',
  'restore-requested': 's3:ObjectRestore:Post',
  restored: 's3:ObjectRestore:Completed',
  'restore-expired': 's3:ObjectRestore:Delete',
};

/** The event that S3 tells a change by; undefined for those that it is silent about. */
export function eventOfChange(cause: EventCause): EventType | undefined {
  const byLifecycle = cause.by === 'lifecycle';
  switch (cause.kind) {
    case 'created':
      return creations[cause.creation] ?? 's3:ObjectCreated:Put';
    case 'marked':
      return byLifecycle ? 's3:LifecycleExpiration:DeleteMarkerCreated' : 's3:ObjectRemoved:DeleteMarkerCreated';
    case 'removed':
      return byLifecycle ? 's3:LifecycleExpiration:Delete' : 's3:ObjectRemoved:Delete';
    case 'described':
      if (cause.aspect !== 'replication') return descriptions[cause.aspect];
      return cause.replication === 'FAILED' ? 's3:Replication:OperationFailedReplication' : undefined;
  }
}
