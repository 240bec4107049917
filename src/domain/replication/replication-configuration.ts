import { StorageError } from '../errors.ts';
import { parseReplicationTarget, type ReplicationTarget, targetId } from './replication-target.ts';

export type RuleStatus = 'Enabled' | 'Disabled';

/** One rule of a bucket: which objects have copies, and where. */
export interface ReplicationRule {
  readonly id: string;
  /** Undefined in rules of the first form, which choose by prefix alone. */
  readonly priority: number | undefined;
  readonly status: RuleStatus;
  readonly filter: ReplicationFilter;
  /** Undefined in rules of the first form: delete markers that people make are replicated there, as AWS does. */
  readonly deleteMarkers: RuleStatus | undefined;
  readonly existingObjects: RuleStatus | undefined;
  /** Whether what is said anew of a replica goes back to where it came from. */
  readonly replicaModifications: RuleStatus | undefined;
  readonly sseKmsObjects: RuleStatus | undefined;
  readonly destination: ReplicationDestination;
}

/** `first-form`: a rule with a prefix of its own in place of a filter. */
export interface ReplicationFilter {
  readonly form: 'first-form' | 'all' | 'prefix' | 'tag' | 'and';
  readonly prefix: string | undefined;
  readonly tags: readonly (readonly [key: string, value: string])[];
}

export interface ReplicationDestination {
  /** The ARN as it was given. */
  readonly bucketArn: string;
  readonly account: string | undefined;
  readonly storageClass: string | undefined;
  /** Replicas belong to the destination's owner. */
  readonly ownerOverride: boolean;
  readonly replicaKmsKeyId: string | undefined;
  /** Kept and shown, in minutes; nothing depends on them. */
  readonly replicationTime: { readonly status: RuleStatus; readonly minutes: number } | undefined;
  readonly metrics: { readonly status: RuleStatus; readonly minutes: number | undefined } | undefined;
}

export interface ReplicationConfiguration {
  readonly role: string;
  readonly rules: readonly ReplicationRule[];
}

export const replicationLimits = { rules: 1000, idLength: 255, prefixBytes: 1024, priority: 2_147_483_647 } as const;

/** S3 offers one promise: a quarter of an hour. */
const promisedMinutes = 15;

/**
 * Throws InvalidRequest for rules that S3 does not take
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-add-config.html).
 */
export function checkReplication({ rules }: ReplicationConfiguration, bucketName: string): void {
  const isFirstForm = rules[0]?.filter.form === 'first-form';
  if (rules.some(({ filter }) => (filter.form === 'first-form') !== isFirstForm)) {
    throw refused('Rules with a Filter and rules with a Prefix of their own cannot be mixed.');
  }
  const ids = new Set(rules.map(({ id }) => id));
  if (ids.size < rules.length) throw refused('Rule Id must be unique.');
  for (const rule of rules) checkRule(rule, bucketName);
  if (isFirstForm) checkPrefixes(rules);
  const priorities = new Set<number>();
  for (const { priority } of rules) {
    if (priority === undefined) continue;
    if (priorities.has(priority)) throw refused(`Found duplicate priority ${priority}. Priorities must be unique.`);
    priorities.add(priority);
  }
}

function checkRule(rule: ReplicationRule, bucketName: string): void {
  const { filter, destination } = rule;
  if (Buffer.byteLength(filter.prefix ?? '') > replicationLimits.prefixBytes) throw refused('The prefix is too long.');
  if (filter.form !== 'first-form') {
    const missing = rule.deleteMarkers === undefined ? 'DeleteMarkerReplication' : undefined;
    const lacking = missing ?? (rule.priority === undefined ? 'Priority' : undefined);
    if (lacking !== undefined) {
      throw refused(`${lacking} must be specified for this version of the replication configuration schema.`);
    }
  } else if (rule.priority !== undefined || rule.deleteMarkers !== undefined) {
    throw refused('Priority and DeleteMarkerReplication need a Filter.');
  }
  if (filter.tags.length > 0 && rule.deleteMarkers === 'Enabled') {
    throw refused('Delete marker replication is not supported if any Tag filter is specified.');
  }
  if (new Set(filter.tags.map(([key]) => key)).size < filter.tags.length) {
    throw refused('A filter names each tag key once.');
  }
  const target = parseReplicationTarget(destination.bucketArn);
  if (!target) throw refused('The destination bucket must be named by an ARN.');
  if (target.remote === undefined && target.bucket === bucketName) {
    throw refused('Destination bucket cannot be the same as the source bucket.');
  }
  checkDestination(rule);
}

function checkDestination({ destination, sseKmsObjects }: ReplicationRule): void {
  const { account, ownerOverride, replicationTime, metrics, replicaKmsKeyId } = destination;
  if (account !== undefined && !/^\d{12,15}$/.test(account))
    throw refused('The destination account is not an account id.');
  if (ownerOverride && account === undefined) {
    throw refused('Account must be specified when AccessControlTranslation is used.');
  }
  if (sseKmsObjects === 'Enabled' && replicaKmsKeyId === undefined) {
    throw refused('EncryptionConfiguration must be specified if SseKmsEncryptedObjects is enabled.');
  }
  if (replicaKmsKeyId !== undefined && sseKmsObjects === undefined) {
    throw refused('SseKmsEncryptedObjects must be specified if EncryptionConfiguration is present.');
  }
  const minutes = [replicationTime?.minutes, metrics?.minutes].filter((given) => given !== undefined);
  if (minutes.some((given) => given !== promisedMinutes)) throw refused(`The only time is ${promisedMinutes} minutes.`);
  if (replicationTime?.status === 'Enabled' && metrics?.status !== 'Enabled') {
    throw refused('Metrics must be enabled where ReplicationTime is.');
  }
}

/** Of rules of the first form, at most one may choose any object. */
function checkPrefixes(rules: readonly ReplicationRule[]): void {
  const prefixes = rules.map(({ filter }) => filter.prefix ?? '').sort();
  for (const [i, prefix] of prefixes.entries()) {
    if (i > 0 && prefix.startsWith(prefixes[i - 1]!)) {
      throw refused(`Found overlapping prefixes '${prefixes[i - 1]}' and '${prefix}'.`);
    }
  }
}

function refused(message: string): StorageError {
  return new StorageError('InvalidRequest', { message });
}

/** What the rules decide by. */
export interface ReplicationFacts {
  readonly key: string;
  readonly tags: readonly (readonly [key: string, value: string])[];
  readonly kind: 'version' | 'delete-marker';
  /** Made by an earlier replication, and now described anew. */
  readonly isReplica: boolean;
  readonly encryption: 'SSE-S3' | 'SSE-KMS' | 'SSE-C' | undefined;
}

/** Where one version has to go, and by which rule. */
export interface ChosenDestination {
  readonly id: string;
  readonly target: ReplicationTarget;
  readonly rule: ReplicationRule;
}

const nowhere: readonly ChosenDestination[] = [];

/**
 * The destinations of a version. Each gets it at most once: of several rules that lead to the same one, that of the
 * highest priority counts (https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-add-config.html).
 */
export function destinationsOf(
  { rules }: ReplicationConfiguration,
  facts: ReplicationFacts,
): readonly ChosenDestination[] {
  // The key of the customer is nowhere but with the customer.
  if (facts.encryption === 'SSE-C') return nowhere;
  const chosen = new Map<string, ChosenDestination>();
  for (const rule of rules) {
    if (rule.status !== 'Enabled' || !chooses(rule, facts)) continue;
    const target = parseReplicationTarget(rule.destination.bucketArn);
    if (!target) continue;
    const id = targetId(target);
    const known = chosen.get(id);
    if (known && (known.rule.priority ?? 0) >= (rule.priority ?? 0)) continue;
    chosen.set(id, { id, target, rule });
  }
  return chosen.size === 0 ? nowhere : [...chosen.values()].filter(({ rule }) => takes(rule, facts));
}

function chooses({ filter }: ReplicationRule, { key, tags }: ReplicationFacts): boolean {
  if (!key.startsWith(filter.prefix ?? '')) return false;
  return filter.tags.every(([name, value]) => tags.some(([key, given]) => key === name && given === value));
}

/** Whether the rule that counts for an object wants this of it. */
function takes(rule: ReplicationRule, facts: ReplicationFacts): boolean {
  if (facts.isReplica && rule.replicaModifications !== 'Enabled') return false;
  if (facts.kind === 'delete-marker') {
    return rule.filter.form === 'first-form' || rule.deleteMarkers === 'Enabled';
  }
  return facts.encryption !== 'SSE-KMS' || rule.sseKmsObjects === 'Enabled';
}
