/**
 * Types of events that a notification configuration may name
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html). Those of
 * which Cairn never makes one are there because configurations that are moved here name them.
 */
export const eventTypes = [
  's3:IntelligentTiering',
  's3:LifecycleExpiration:Delete',
  's3:LifecycleExpiration:DeleteMarkerCreated',
  's3:LifecycleTransition',
  's3:ObjectAcl:Put',
  's3:ObjectCreated:CompleteMultipartUpload',
  's3:ObjectCreated:Copy',
  's3:ObjectCreated:Post',
  's3:ObjectCreated:Put',
  's3:ObjectRemoved:Delete',
  's3:ObjectRemoved:DeleteMarkerCreated',
  's3:ObjectRestore:Completed',
  's3:ObjectRestore:Delete',
  's3:ObjectRestore:Post',
  's3:ObjectTagging:Delete',
  's3:ObjectTagging:Put',
  's3:ReducedRedundancyLostObject',
  's3:Replication:OperationFailedReplication',
  's3:Replication:OperationMissedThreshold',
  's3:Replication:OperationNotTracked',
  's3:Replication:OperationReplicatedAfterThreshold',
] as const;

export type EventType = (typeof eventTypes)[number];

/** One type, or all of a group: `s3:ObjectCreated:*`. */
export type EventPattern = EventType | `s3:${string}:*`;

/** `s3:ObjectCreated:*` and its like, each standing for the types that begin alike. */
const patterns: ReadonlySet<string> = new Set([
  ...eventTypes,
  ...eventTypes.flatMap((type) => {
    const [service, group, name] = type.split(':');
    return name === undefined ? [] : [`${service}:${group}:*`];
  }),
]);

export function isEventPattern(text: string): text is EventPattern {
  return patterns.has(text);
}

export function matchesEventPattern(pattern: string, type: EventType): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}

/** The types that a pattern stands for. */
export function typesOfPattern(pattern: EventPattern): readonly EventType[] {
  return eventTypes.filter((type) => matchesEventPattern(pattern, type));
}
