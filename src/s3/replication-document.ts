import { StorageError } from '../domain/errors.ts';
import {
  type ReplicationConfiguration,
  type ReplicationDestination,
  type ReplicationFilter,
  type ReplicationRule,
  replicationLimits,
} from '../domain/replication/replication-configuration.ts';
import { tagLimits } from '../domain/tagging.ts';
import { element, enumeration, type Infer, integer, list, optional, text } from '../wire/xml/schema.ts';

const status = enumeration('Enabled', 'Disabled');
const switched = element({ Status: status });
const minutes = element({ Minutes: integer({ min: 1, max: 1440 }) });
const tag = element({
  Key: text({ maxLength: tagLimits.keyLength }),
  Value: text({ maxLength: tagLimits.valueLength }),
});
const prefix = text({ maxLength: replicationLimits.prefixBytes });

const filterElement = element({
  Prefix: optional(prefix),
  Tag: optional(tag),
  And: optional(element({ Prefix: optional(prefix), Tag: list(tag) })),
});

const destinationElement = element({
  Bucket: text(),
  Account: optional(text()),
  StorageClass: optional(
    enumeration(
      'STANDARD',
      'REDUCED_REDUNDANCY',
      'STANDARD_IA',
      'ONEZONE_IA',
      'INTELLIGENT_TIERING',
      'GLACIER',
      'DEEP_ARCHIVE',
      'GLACIER_IR',
    ),
  ),
  AccessControlTranslation: optional(element({ Owner: enumeration('Destination') })),
  EncryptionConfiguration: optional(element({ ReplicaKmsKeyID: optional(text()) })),
  ReplicationTime: optional(element({ Status: status, Time: minutes })),
  Metrics: optional(element({ Status: status, EventThreshold: optional(minutes) })),
});

const ruleElement = element({
  ID: optional(text({ maxLength: replicationLimits.idLength })),
  Priority: optional(integer({ min: 0, max: replicationLimits.priority })),
  Prefix: optional(prefix),
  Filter: optional(filterElement),
  Status: status,
  SourceSelectionCriteria: optional(
    element({ SseKmsEncryptedObjects: optional(switched), ReplicaModifications: optional(switched) }),
  ),
  ExistingObjectReplication: optional(switched),
  Destination: destinationElement,
  DeleteMarkerReplication: optional(element({ Status: optional(status) })),
});

/** A bucket's replication rules, given and taken. */
export const replicationConfiguration = {
  root: 'ReplicationConfiguration',
  schema: element({ Role: text(), Rule: list(ruleElement, { min: 1, max: replicationLimits.rules }) }),
};
type Document = Infer<(typeof replicationConfiguration)['schema']>;
type RuleElement = Infer<typeof ruleElement>;
type DestinationElement = Infer<typeof destinationElement>;

/** `nextId` names a rule that its maker has not named. Throws MalformedXml for a rule that chooses in no way, or in two. */
export function replicationIn({ Role, Rule }: Document, nextId: () => string): ReplicationConfiguration {
  return { role: Role, rules: Rule.map((rule) => readRule(rule, nextId)) };
}

function readRule(rule: RuleElement, nextId: () => string): ReplicationRule {
  const { SourceSelectionCriteria: criteria } = rule;
  return {
    id: rule.ID || nextId(),
    priority: rule.Priority,
    status: rule.Status,
    filter: readFilter(rule),
    deleteMarkers: rule.DeleteMarkerReplication && (rule.DeleteMarkerReplication.Status ?? 'Disabled'),
    existingObjects: rule.ExistingObjectReplication?.Status,
    replicaModifications: criteria?.ReplicaModifications?.Status,
    sseKmsObjects: criteria?.SseKmsEncryptedObjects?.Status,
    destination: readDestination(rule.Destination),
  };
}

function readFilter({ Filter, Prefix }: RuleElement): ReplicationFilter {
  if ((Filter === undefined) === (Prefix === undefined)) throw new StorageError('MalformedXml');
  if (Filter === undefined) return { form: 'first-form', prefix: Prefix, tags: [] };
  const { And, Tag } = Filter;
  if ([Filter.Prefix, Tag, And].filter((given) => given !== undefined).length > 1)
    throw new StorageError('MalformedXml');
  if (And !== undefined) {
    return { form: 'and', prefix: And.Prefix, tags: And.Tag.map(({ Key, Value }) => [Key, Value]) };
  }
  if (Tag !== undefined) return { form: 'tag', prefix: undefined, tags: [[Tag.Key, Tag.Value]] };
  return { form: Filter.Prefix === undefined ? 'all' : 'prefix', prefix: Filter.Prefix, tags: [] };
}

function readDestination(to: DestinationElement): ReplicationDestination {
  const { ReplicationTime: time, Metrics: metrics } = to;
  return {
    bucketArn: to.Bucket,
    account: to.Account,
    storageClass: to.StorageClass,
    ownerOverride: to.AccessControlTranslation !== undefined,
    replicaKmsKeyId: to.EncryptionConfiguration?.ReplicaKmsKeyID,
    replicationTime: time && { status: time.Status, minutes: time.Time.Minutes },
    metrics: metrics && { status: metrics.Status, minutes: metrics.EventThreshold?.Minutes },
  };
}

export function replicationDocumentOf({ role, rules }: ReplicationConfiguration): Document {
  return { Role: role, Rule: rules.map(showRule) };
}

const shownSwitch = (Status: 'Enabled' | 'Disabled' | undefined) => Status && { Status };

function showRule(rule: ReplicationRule): RuleElement {
  const { filter } = rule;
  const kms = shownSwitch(rule.sseKmsObjects);
  const modifications = shownSwitch(rule.replicaModifications);
  const criteria = kms || modifications;
  return {
    ID: rule.id,
    ...(rule.priority !== undefined && { Priority: rule.priority }),
    ...(filter.form === 'first-form' ? { Prefix: filter.prefix ?? '' } : { Filter: showFilter(filter) }),
    Status: rule.status,
    ...(criteria && {
      SourceSelectionCriteria: {
        ...(kms && { SseKmsEncryptedObjects: kms }),
        ...(modifications && { ReplicaModifications: modifications }),
      },
    }),
    ...(rule.existingObjects && { ExistingObjectReplication: { Status: rule.existingObjects } }),
    Destination: showDestination(rule.destination),
    ...(rule.deleteMarkers && { DeleteMarkerReplication: { Status: rule.deleteMarkers } }),
  };
}

function showFilter({ form, prefix, tags }: ReplicationFilter): NonNullable<RuleElement['Filter']> {
  const shownTags = tags.map(([Key, Value]) => ({ Key, Value }));
  if (form === 'and') return { And: { ...(prefix !== undefined && { Prefix: prefix }), Tag: shownTags } };
  if (form === 'tag') return { Tag: shownTags[0]! };
  return prefix === undefined ? {} : { Prefix: prefix };
}

function showDestination(to: ReplicationDestination): DestinationElement {
  const { replicationTime: time, metrics } = to;
  return {
    Bucket: to.bucketArn,
    ...(to.account !== undefined && { Account: to.account }),
    ...(to.storageClass !== undefined && {
      StorageClass: to.storageClass as NonNullable<DestinationElement['StorageClass']>,
    }),
    ...(to.ownerOverride && { AccessControlTranslation: { Owner: 'Destination' as const } }),
    ...(to.replicaKmsKeyId !== undefined && { EncryptionConfiguration: { ReplicaKmsKeyID: to.replicaKmsKeyId } }),
    ...(time && { ReplicationTime: { Status: time.status, Time: { Minutes: time.minutes } } }),
    ...(metrics && {
      Metrics: {
        Status: metrics.status,
        ...(metrics.minutes !== undefined && { EventThreshold: { Minutes: metrics.minutes } }),
      },
    }),
  };
}
